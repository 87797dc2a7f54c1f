"""forecasting_data: the demand of each SKU on each of the next 28 days, and what to order, from its sales and stock.

How the forecasts are made is in `xpert_pipeline/forecasting`; `docs/forecasts.md` explains it to users.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from typing_extensions import TypedDict

from xpert_pipeline.assets.inventory.velocity_trends import LEAD_TIME_DAYS, SERVICE_LEVEL_PCT
from xpert_pipeline.forecasting.method import MODEL
from xpert_pipeline.sources.day_figures import DayFigure
from xpert_pipeline.sources.derived import Derived
from xpert_pipeline.sources.pictures import Picture
from xpert_pipeline.tables.about import About
from xpert_pipeline.tables.columns import Null, Unit
from xpert_pipeline.tables.contract import Table
from xpert_pipeline.tables.fields import Flag, Id, MarketplaceId, Percent, Quantity, Text

NONE = Null("There is no forecast; see reason.")
UNTESTED = Null("There is no forecast, or too little history to test one.")
Mean = Annotated[Decimal, Unit("units")]


class ForecastingRow(TypedDict):
    """The demand that is expected of one SKU, or of all together, on one day to come."""

    marketplace_id: MarketplaceId
    scope: Annotated[Id, "SKU, or ACCOUNT for all SKUs of the marketplace together. Never add up both."]
    sku: Annotated[Id, "The seller's own SKU, as in sales_data; '(all)' in the scope ACCOUNT."]
    asin: Annotated[
        Text | None, "ASIN of the SKU, as in velocity_trends.", Null("It is not known, or the scope is ACCOUNT.")
    ]
    forecast_date: Annotated[
        date, "Marketplace-local day that is forecast. A row without a forecast has the first of these days."
    ]
    origin_date: Annotated[
        date,
        "The last day of the history: the newest day whose orders are loaded to its end. Later sales do not count.",
    ]
    is_sufficient: Annotated[Flag, "Whether there is enough history for a forecast. If not, reason says why."]
    reason: Annotated[
        Id | None,
        "Why there is no forecast: SHORT_HISTORY (fewer than 14 days in a row are loaded), NO_RECENT_SALES (no sale "
        "in 56 days, or since the first loaded day), OUT_OF_STOCK (out of stock on all of the last 28 days).",
        Null("There is a forecast."),
    ]
    model: Annotated[Id | None, "The method and its version.", NONE]
    units_mean: Annotated[
        Mean | None,
        "Expected units on the day, if the SKU is in stock. The rows of all SKUs add up to that of ACCOUNT.",
        NONE,
    ]
    units_p10: Annotated[Quantity | None, "With a chance of 10 %, demand on the day is not above this.", NONE]
    units_p50: Annotated[Quantity | None, "Demand is as often below as above this: the median of the day.", NONE]
    units_p90: Annotated[Quantity | None, "With a chance of 90 %, demand on the day is not above this.", NONE]
    total_mean: Annotated[Mean | None, "Expected units from the first forecast day up to this one, it included.", NONE]
    total_p10: Annotated[
        Quantity | None,
        "P10 of the units from the first forecast day up to this one. Quantiles do not add up: it is more than the sum "
        "of the days' P10.",
        NONE,
    ]
    total_p50: Annotated[Quantity | None, "The same for P50.", NONE]
    total_p90: Annotated[Quantity | None, "The same for P90; it is less than the sum of the days' P90.", NONE]
    history_days: Annotated[Quantity, "Days in a row, up to origin_date, whose sales are loaded; at most 90."]
    sold_days: Annotated[Quantity, "Days of them with a sale."]
    stockout_days: Annotated[
        Quantity | None,
        "Days of them that do not count, because the SKU was out of stock and sold nothing.",
        Null("The scope is ACCOUNT."),
    ]
    lead_time_days: Annotated[Quantity, "Days from an order to its arrival (XPERT_LEAD_TIME_DAYS)."]
    service_level_pct: Annotated[
        Percent, "How often stock should last until the order arrives (XPERT_SERVICE_LEVEL_PCT)."
    ]
    lead_time_demand: Annotated[
        Quantity | None,
        "Demand of the next lead_time_days that is not exceeded with a chance of service_level_pct. If these are more "
        "than 28 days, a later day counts as the mean of the 28.",
        Null("There is no forecast, or the scope is ACCOUNT."),
    ]
    stock_quantity: Annotated[
        Quantity | None,
        "Stock at the end of origin_date, as in velocity_trends; if it is not known, that of the day after.",
        Null("It is not known, or the scope is ACCOUNT."),
    ]
    inbound_quantity: Annotated[
        Quantity | None,
        "Units of inbound shipments on origin_date; if they are not known, on the day after.",
        Null("It is not known, or the scope is ACCOUNT."),
    ]
    reorder_quantity: Annotated[
        Quantity | None,
        "Units to order now, so that stock lasts until they arrive: lead_time_demand - stock_quantity - "
        "inbound_quantity (0 if that is not known), at least 0. It covers the lead time alone: add units_mean of the "
        "days that follow.",
        Null("There is no forecast, the stock is not known, or the scope is ACCOUNT."),
    ]
    backtest_weeks: Annotated[
        Quantity | None,
        "Weeks that the backtest compares: forecasts as of 1 to 4 weeks before origin_date with the sales of each week "
        "since. A week counts once for each forecast of it.",
        NONE,
    ]
    wape_pct: Annotated[
        Percent | None,
        "Backtest: sum of |P50 - units| over the sum of units.",
        Null("There is no forecast, or nothing was sold in the weeks of the backtest."),
    ]
    mase: Annotated[
        Decimal | None,
        "Backtest: mean of |P50 - units| over the mean change of units from week to week. Below 1, the forecast is "
        "better than the sales of the week before.",
        Unit("ratio"),
        Null("There is no forecast, no backtest, or every week sold the same."),
    ]
    bias_pct: Annotated[
        Percent | None,
        "Backtest: sum of mean - units over the sum of units; above 0, too much was forecast.",
        Null("There is no forecast, or nothing was sold in the weeks of the backtest."),
    ]
    coverage_pct: Annotated[
        Percent | None,
        "Backtest: share of the weeks whose units were between P10 and P90; about 80 is right, more if units are few.",
        UNTESTED,
    ]


FORECASTING_DATA = Table(
    "forecasting_data",
    ForecastingRow,
    key=("marketplace_id", "scope", "sku", "forecast_date"),
    day=None,
    about=About(
        grain="the demand expected of a SKU, or of all, on one of the 28 days after the newest complete day",
        source="velocity_trends, sales_data, inventory_levels and products, by sql/transforms/forecasting_data.sql and "
        "assets/planning/forecast_rows.py",
        freshness="Computed as a whole when the newest complete day moves on, or when any day of the last 90 changes: "
        "by a late order, a cancellation, or a stock-out that became known. Else no row changes.",
        restatement="Only the newest forecast is kept; its backtest tells how good earlier ones were. A SKU that "
        "was in an order in 90 days, or has stock, has 28 rows, or one that says why there is no forecast. New SKUs "
        "are not forecast before their first sale.",
        example="select sku, total_p50, total_p90, stock_quantity, reorder_quantity from forecasting_data\n"
        "where scope = 'SKU' and is_sufficient and forecast_date = origin_date + 28\n"
        "order by reorder_quantity desc nulls last;",
    ),
)


def compute(rows: Sequence[Mapping[str, Any]], parameters: Mapping[str, Any]) -> Iterable[tuple[Any, ...]]:
    """Return the rows of the table."""
    from xpert_pipeline.assets.planning.forecast_rows import forecast_rows  # noqa: PLC0415  numpy is slow to import

    for row in forecast_rows(rows, parameters, MODEL):
        yield tuple(row[name] for name in FORECASTING_DATA.columns)


SOURCE = Derived(
    table=FORECASTING_DATA,
    group="planning",
    after=("velocity_trends", "sales_data", "inventory_levels", "products"),
    parameters={"lead_time_days": LEAD_TIME_DAYS, "service_level_pct": SERVICE_LEVEL_PCT},
    compute=compute,
    version=MODEL,
    figures=(
        DayFigure(
            FORECASTING_DATA, "SKUs forecast", "count(distinct sku) filter (where is_sufficient and scope = 'SKU')"
        ),
        DayFigure(
            FORECASTING_DATA,
            "units expected in 28 days",
            "sum(units_mean) filter (where scope = 'ACCOUNT')",
        ),
        DayFigure(
            FORECASTING_DATA,
            "SKUs to reorder",
            "count(distinct sku) filter (where reorder_quantity > 0)",
        ),
    ),
    pictures=(Picture(FORECASTING_DATA, "Units sold and expected", "fan"),),
)
