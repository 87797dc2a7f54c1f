"""velocity_trends: how fast each SKU sells, and how long its stock lasts, derived from sales and stock by day."""

from datetime import date
from decimal import Decimal
from typing import Annotated

from typing_extensions import TypedDict

from xpert_pipeline.sources.day_figures import DayFigure
from xpert_pipeline.sources.derived import Derived
from xpert_pipeline.sources.pictures import Picture
from xpert_pipeline.tables.about import About
from xpert_pipeline.tables.columns import Null, Unit
from xpert_pipeline.tables.contract import Table
from xpert_pipeline.tables.fields import Flag, Id, MarketplaceId, Percent, Quantity, Text

Velocity = Annotated[Decimal, Unit("units per day")]
LEAD_TIME_DAYS = 14
"""Default of XPERT_LEAD_TIME_DAYS."""
SERVICE_LEVEL_PCT = Decimal(95)
"""Default of XPERT_SERVICE_LEVEL_PCT."""
SERVICE_FACTOR = Decimal("1.6449")
"""Standard deviations that cover the default service level."""


def lacking(days: int) -> Null:
    """Say that a window is longer than what is loaded."""
    return Null(f"Fewer than {days} days in a row are loaded.")


class VelocityRow(TypedDict):
    """Sales and stock of one SKU, seen from one marketplace-local day."""

    marketplace_id: MarketplaceId
    as_of_date: Annotated[date, "Marketplace-local day with which all windows end; the partition."]
    sku: Annotated[Id, "The seller's own SKU; '(no SKU)' for order lines without one."]
    asin: Annotated[Text | None, "ASIN of the SKU, from its latest sale of the 90 days, or from its stock."]
    is_complete: Annotated[
        Flag,
        "Whether the orders of as_of_date are loaded to its end. If not, only what was sold until then counts on that "
        "day, so v7 is up to a seventh too low, and v30 up to a thirtieth.",
    ]
    loaded_days: Annotated[
        Quantity,
        "Days in a row, as_of_date being the last one, whose orders are loaded; at most 90, and counted from the first "
        "day with a sale in the marketplace. A window that is longer has no figures.",
    ]
    units_7: Annotated[Quantity | None, "Units ordered in the last 7 days, from sales_data.", lacking(7)]
    units_14: Annotated[Quantity | None, "Units ordered in the last 14 days.", lacking(14)]
    units_30: Annotated[Quantity | None, "Units ordered in the last 30 days.", lacking(30)]
    units_60: Annotated[Quantity | None, "Units ordered in the last 60 days.", lacking(60)]
    units_90: Annotated[Quantity | None, "Units ordered in the last 90 days.", lacking(90)]
    v7: Annotated[Velocity | None, "units_7 / 7.", lacking(7)]
    v14: Annotated[Velocity | None, "units_14 / 14.", lacking(14)]
    v30: Annotated[Velocity | None, "units_30 / 30.", lacking(30)]
    v60: Annotated[Velocity | None, "units_60 / 60.", lacking(60)]
    v90: Annotated[Velocity | None, "units_90 / 90.", lacking(90)]
    stock_known_days_30: Annotated[
        Quantity, "Days of the last 30 on which inventory_levels knows whether the SKU was in stock, in any channel."
    ]
    in_stock_days_30: Annotated[
        Quantity | None,
        "Days of the last 30 on which inventory_levels says that the SKU was in stock.",
        Null("The stock of none of these days is known."),
    ]
    in_stock_v30: Annotated[
        Velocity | None,
        "Units ordered on the days in stock of the last 30, divided by these days. Days without stock do not count, "
        "nor do days whose stock is not known.",
        Null("Fewer than 30 days in a row are loaded, or the SKU is on none of them known to be in stock."),
    ]
    trend_pct: Annotated[
        Percent | None,
        "How much faster the last 7 days sold than the last 30: 100 * (v7 / v30 - 1).",
        Null("Fewer than 30 days in a row are loaded, or nothing was sold in the last 30."),
    ]
    wow_pct: Annotated[
        Percent | None,
        "Week over week: units of the last 7 days against those of the 7 days before, 100 * (a / b - 1).",
        Null("Fewer than 14 days in a row are loaded, or nothing was sold in the earlier week."),
    ]
    slope_28d: Annotated[
        Decimal | None,
        "Slope of the straight line through the units of the last 28 days (least squares).",
        Unit("units per day, per day"),
        lacking(28),
    ]
    cv_30: Annotated[
        Decimal | None,
        "Coefficient of variation: sample standard deviation of the units per day in the last 30 days, divided by v30.",
        Unit("ratio"),
        Null("Fewer than 30 days in a row are loaded, or nothing was sold in the last 30."),
    ]
    available_quantity: Annotated[
        Quantity | None,
        "Units that could be sold at once on as_of_date, over all channels with known stock.",
        Null("No snapshot of the day tells it; the ledger of earlier days does not."),
    ]
    inbound_quantity: Annotated[
        Quantity | None, "Units of inbound shipments on as_of_date.", Null("No snapshot of the day tells it.")
    ]
    stock_quantity: Annotated[
        Quantity | None,
        "The stock that days_of_cover counts: available_quantity; for a day that only the ledger knows, the sellable "
        "units on hand at its end. Inbound units are not part of it.",
        Null("The stock of the day is not known."),
    ]
    velocity_basis: Annotated[
        Id | None,
        "What planning_velocity is: IN_STOCK (in_stock_v30) if the stock of at least 7 of the last 30 days is known, "
        "else ALL_DAYS (v30).",
        lacking(30),
    ]
    planning_velocity: Annotated[
        Velocity | None,
        "The velocity for days_of_cover, reorder_point and velocity_class; see velocity_basis.",
        Null("Fewer than 30 days in a row are loaded, or the SKU was never in stock."),
    ]
    days_of_cover: Annotated[
        Decimal | None,
        "Days until the stock is sold out: stock_quantity / planning_velocity.",
        Unit("days"),
        Null("The stock or planning_velocity is not known, or nothing is sold: the stock would last for ever."),
    ]
    stockout_date_est: Annotated[
        date | None,
        "The day on which the stock is sold out, if nothing arrives: as_of_date + days_of_cover.",
        Null("days_of_cover is not known, or longer than 3,650 days."),
    ]
    lead_time_days: Annotated[
        Quantity, "Days from an order to its arrival (XPERT_LEAD_TIME_DAYS), as reorder_point takes them."
    ]
    service_level_pct: Annotated[
        Percent, "How often stock should last until the order arrives (XPERT_SERVICE_LEVEL_PCT)."
    ]
    reorder_point: Annotated[
        Decimal | None,
        "Order again when stock and inbound units fall to this: planning_velocity * L + z * s * sqrt(L). L is "
        "lead_time_days, s the sample standard deviation of the units per day on the days of planning_velocity, z the "
        "number of standard deviations that covers service_level_pct (95: 1.6449).",
        Unit("units"),
        Null("planning_velocity is not known, is that of a single day, or is negative."),
    ]
    velocity_class: Annotated[
        Id | None,
        "By planning_velocity: FAST from 1 unit a day, STEADY from 1 unit in 5 days, SLOW below, also if nothing was "
        "sold lately but something in the last 90 days; DEAD if nothing was sold in 90 days.",
        Null("planning_velocity is not known; or it is 0, and 90 days in a row are not loaded."),
    ]


VELOCITY_TRENDS = Table(
    "velocity_trends",
    VelocityRow,
    key=("marketplace_id", "as_of_date", "sku"),
    day="as_of_date",
    about=About(
        grain="a SKU's sales in the windows that end with a day, and its stock on that day",
        source="sales_data and inventory_levels, by sql/transforms/velocity_trends.sql",
        freshness="Computed after every load of these tables. A changed day changes the rows of this day and of the 89 "
        "days after it. Today's rows count what was sold until now: they are not complete (is_complete).",
        restatement="A row follows its inputs for as long as it is kept: every day for 90 days, then only Saturdays, "
        "on which Amazon's weeks end. A day has rows if its orders are loaded; a SKU has one if it was in an order in "
        "the 90 days, or has stock. Only sales that are loaded without a gap count: a window with unknown days is "
        "NULL, not smaller.",
        example="select sku, stock_quantity, planning_velocity, days_of_cover, reorder_point, velocity_class\n"
        "from velocity_trends where as_of_date = (select max(as_of_date) from velocity_trends where is_complete)\n"
        "  and stock_quantity + coalesce(inbound_quantity, 0) <= reorder_point order by days_of_cover;",
    ),
)

SOURCE = Derived(
    table=VELOCITY_TRENDS,
    subject="sku",
    group="inventory",
    after=("sales_data", "inventory_levels"),
    parameters={
        "lead_time_days": LEAD_TIME_DAYS,
        "service_level_pct": SERVICE_LEVEL_PCT,
        "service_factor": SERVICE_FACTOR,
    },
    figures=(
        DayFigure(VELOCITY_TRENDS, "SKUs that sell", "count(*) filter (where velocity_class <> 'DEAD')"),
        DayFigure(VELOCITY_TRENDS, "SKUs to reorder", "count(*) filter (where stock_quantity <= reorder_point)"),
    ),
    pictures=(Picture(VELOCITY_TRENDS, "SKUs by days of cover", "bars"),),
)
