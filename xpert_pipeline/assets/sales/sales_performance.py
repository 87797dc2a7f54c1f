"""sales_performance: what became of each SKU's sales: refunds, returns, visits, and Amazon's own figures."""

from datetime import date
from typing import Annotated

from typing_extensions import TypedDict

from xpert_pipeline.sources.day_figures import DayFigure
from xpert_pipeline.sources.derived import Derived
from xpert_pipeline.sources.pictures import Picture
from xpert_pipeline.tables.about import About
from xpert_pipeline.tables.columns import Null
from xpert_pipeline.tables.contract import Table
from xpert_pipeline.tables.fields import Amount, Currency, Flag, Id, MarketplaceId, Percent, Quantity

NO_ORDERS = Null("No order of the day and marketplace is known.")
NO_MONEY = "No transaction of the day and marketplace is known"
NO_VISITS = Null("Told by traffic_state.")
NO_ECONOMICS = "Economics have no row of the SKU and day"


class PerformanceRow(TypedDict):
    """What happened to one SKU on one marketplace-local day."""

    marketplace_id: MarketplaceId
    sale_date: Annotated[date, "Marketplace-local day of purchases, refunds, returns and visits; the partition."]
    sku: Annotated[Id, "The seller's own SKU; '(no SKU)' for order lines and refunds without one."]
    asin: Annotated[Id | None, "ASIN of the SKU on the day.", Null("Nothing of the day names one.")]
    parent_asin: Annotated[
        Id | None,
        "ASIN of the variation parent, as economics or traffic of the day name it.",
        Null("Neither names one."),
    ]
    orders: Annotated[Quantity | None, "Orders, as in sales_data.", NO_ORDERS]
    units_ordered: Annotated[Quantity | None, "Units ordered, as in sales_data.", NO_ORDERS]
    units_refunded: Annotated[
        Quantity | None,
        "Units refunded on this day, whenever they were ordered, as Amazon counts them.",
        Null(f"{NO_MONEY}, or its refunds name no units."),
    ]
    net_units: Annotated[
        Quantity | None, "units_ordered - units_refunded.", Null("Units ordered or refunded are not known.")
    ]
    units_returned: Annotated[
        Quantity | None,
        "Units that came back to Amazon on this day, and units that customers asked on it to return to the seller, "
        "whenever they were ordered. A returned unit is usually refunded, too.",
        Null("No return is known: none came, or the reports of the day are not loaded."),
    ]
    units_without_price: Annotated[
        Quantity | None, "The part of units_ordered whose amount is not known, as in sales_data.", NO_ORDERS
    ]
    ops: Annotated[Amount | None, "Ordered product sales, as in sales_data.", Null("Nothing was sold, or as there.")]
    refunded_sales: Annotated[
        Amount | None,
        "Product sales refunded on this day, without tax, shipping and fees.",
        Null(f"{NO_MONEY}, or refunds are in several currencies or in another one than sales."),
    ]
    net_product_sales: Annotated[
        Amount | None, "ops - refunded_sales.", Null("A part is not known; an SKU without a sale has sales of 0.")
    ]
    currency: Annotated[Currency | None, "ISO 4217 code for all amounts of the row.", Null("No amount has one.")]
    sessions: Annotated[Quantity | None, "Visits of the ASIN's page, as in traffic_daily.", NO_VISITS]
    page_views: Annotated[Quantity | None, "Views of the ASIN's page, as in traffic_daily.", NO_VISITS]
    featured_offer_pct: Annotated[
        Percent | None, "Share of the page views with the seller's offer as the featured one, in percent.", NO_VISITS
    ]
    unit_session_pct: Annotated[
        Percent | None,
        "Conversion: units_ordered / sessions, in percent.",
        Null("Told by traffic_state; or there was no session, or units are negative or not known."),
    ]
    traffic_state: Annotated[
        Id,
        "Amazon counts visits by ASIN. OF_ASIN: the visits are those of the SKU's ASIN. SHARED_ASIN: several SKUs of "
        "the day have this ASIN; its visits are in traffic_daily and are not spread over them. NO_ASIN: nothing names "
        "the ASIN. NO_RECORD: traffic of the day is known, but has no record of the ASIN. NO_DAY: traffic_daily has no "
        "row of the day.",
    ]
    amazon_units_ordered: Annotated[Quantity | None, "Units ordered in economics_daily.", Null(f"{NO_ECONOMICS}.")]
    units_variance: Annotated[
        Quantity | None,
        "units_ordered - amazon_units_ordered; a SKU that economics of the day do not name has 0 there.",
        Null("Economics have no row of the day, or units are not known."),
    ]
    amazon_ops: Annotated[
        Amount | None, "Ordered product sales in economics_daily.", Null(f"{NO_ECONOMICS}, or in another currency.")
    ]
    ops_variance: Annotated[
        Amount | None,
        "ops - amazon_ops; a SKU that economics of the day do not name has 0 there.",
        Null("Economics have no row of the day, sales are not known, or the currencies differ."),
    ]
    amazon_units_refunded: Annotated[Quantity | None, "Units refunded in economics_daily.", Null(f"{NO_ECONOMICS}.")]
    is_final: Annotated[Flag, "Whether the day is 14 or more days older than the marketplace's newest order."]


SALES_PERFORMANCE = Table(
    "sales_performance",
    PerformanceRow,
    key=("marketplace_id", "sale_date", "sku"),
    day="sale_date",
    about=About(
        grain="a SKU's sales, refunds, returns and visits on a day, beside Amazon's own figures",
        source="sales_data, returns_refunds, financial_event_amounts, economics_daily and traffic_daily, by "
        "sql/transforms/sales_performance.sql",
        freshness="Computed after every load of its sources, for each day that changed. sales_data, which it "
        "completes, follows the orders every few minutes.",
        restatement="A SKU has a row on a day on which it was ordered, refunded or returned, or on which Amazon says "
        "so. Refunds and returns are on the day on which they happened, not on that of the order. So the visits of "
        "a product on days without all of these are only in traffic_daily. The view sales_days adds up a marketplace "
        "by day, with all visits, and with Amazon's units and sales from economics and from traffic.",
        example="select sale_date, sku, units_ordered, units_refunded, sessions, unit_session_pct, ops_variance\n"
        "from sales_performance where sale_date >= current_date - 14 order by sale_date desc, ops desc nulls last;",
    ),
)

SOURCE = Derived(
    table=SALES_PERFORMANCE,
    group="sales",
    after=(
        "orders",
        "sales_data",
        "returns_refunds",
        "financial_event_amounts",
        "economics_daily",
        "traffic_daily",
    ),
    complete_when=("orders",),
    figures=(
        DayFigure(SALES_PERFORMANCE, "units refunded", "sum(units_refunded)"),
        DayFigure(SALES_PERFORMANCE, "difference to Amazon's sales", "sum(ops_variance)", "currency"),
    ),
    pictures=(Picture(SALES_PERFORMANCE, "Sales by day, here and at Amazon", "lines"),),
)
