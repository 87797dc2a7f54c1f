"""sales_data: each SKU's sales per marketplace-local day, derived from orders and order items."""

from datetime import date
from typing import Annotated

from typing_extensions import TypedDict

from xpert_pipeline.assets.sales.order_metrics import ORDERS_MATCH_AMAZON
from xpert_pipeline.sources.day_figures import DayFigure
from xpert_pipeline.sources.derived import Derived
from xpert_pipeline.sources.pictures import Picture
from xpert_pipeline.sources.source import Pace
from xpert_pipeline.tables.about import About
from xpert_pipeline.tables.columns import Null
from xpert_pipeline.tables.contract import Table
from xpert_pipeline.tables.fields import Amount, Currency, Flag, Id, MarketplaceId, Quantity, Text


class SalesRow(TypedDict):
    """Sales of one SKU on one marketplace-local day."""

    marketplace_id: MarketplaceId
    sale_date: Annotated[date, "Marketplace-local day of the purchase; the partition."]
    sku: Annotated[Id, "The seller's own SKU; '(no SKU)' for order lines without one."]
    asin: Annotated[
        Text | None,
        "ASIN of the SKU, from its latest order line of the day.",
        Null("No order line of the day has one."),
    ]
    orders: Annotated[Quantity, "Orders with at least one line that is not cancelled."]
    order_items: Annotated[Quantity, "Order lines that are not cancelled."]
    units_ordered: Annotated[Quantity, "Units in order lines that are not cancelled."]
    units_b2b: Annotated[Quantity, "The part of units_ordered that is in business orders."]
    units_without_price: Annotated[
        Quantity, "The part of units_ordered whose amount is not known, or not yet; it is not in ops."
    ]
    ops: Annotated[
        Amount | None,
        "Ordered product sales: the sum of the known amounts.",
        Null("No amount is known, or the currencies differ."),
    ]
    ops_b2b: Annotated[
        Amount | None,
        "The part of ops that is in business orders.",
        Null("No amount is known, or the currencies differ."),
    ]
    currency: Annotated[
        Currency | None,
        "ISO 4217 code for all amounts of the row.",
        Null("No amount is known, or the currencies differ."),
    ]
    asp: Annotated[
        Amount | None,
        "Average selling price: ops / (units_ordered - units_without_price).",
        Null("No unit with a price was sold, or ops is not known."),
    ]
    discount_total: Annotated[
        Amount | None,
        "Sum of the known discounts.",
        Null("No discount is known, or the currencies differ."),
    ]
    tax_total: Annotated[
        Amount | None,
        "Sum of the known taxes.",
        Null("No tax is known, or the currencies differ."),
    ]
    units_shipped: Annotated[
        Quantity | None,
        "Units shipped, where known.",
        Null("No shipped quantity is known."),
    ]
    units_cancelled: Annotated[Quantity, "Units in cancelled order lines."]
    is_final: Annotated[Flag, "Whether the day is 14 or more days older than the marketplace's newest order."]


SALES_DATA = Table(
    "sales_data",
    SalesRow,
    key=("marketplace_id", "sale_date", "sku"),
    day="sale_date",
    about=About(
        grain="a SKU's sales on a day",
        source="orders and order_items, by sql/transforms/sales_data.sql",
        freshness="Computed after every load of orders, for each day that changed.",
        restatement="Cancelled lines count only in units_cancelled; orders of other shops (NON_AMAZON) do not count. A "
        "SKU with only cancelled lines on a day has a row with 0 units. A late order changes its day whenever it "
        "arrives.",
        example="select sale_date, currency, sum(ops) as ops, sum(units_ordered) as units from sales_data\n"
        "group by sale_date, currency order by sale_date desc;",
    ),
)

SOURCE = Derived(
    table=SALES_DATA,
    pace=Pace.FIRST,
    group="sales",
    after=("orders", "order_items"),
    complete_when=("orders",),
    checks=(ORDERS_MATCH_AMAZON,),
    figures=(
        DayFigure(SALES_DATA, "units", "sum(units_ordered)"),
        DayFigure(SALES_DATA, "sales", "sum(ops)", "currency"),
    ),
    pictures=(Picture(SALES_DATA, "Sales by day", "lines"),),
)
