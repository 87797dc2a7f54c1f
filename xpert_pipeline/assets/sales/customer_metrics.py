"""customer_metrics: what customers order, return and get back by week and month, as aggregates only.

The state of the account (defects, late shipments) is in `account_health`, and ratings of the seller are in
`seller_feedback_counts`.
"""

from datetime import date
from decimal import Decimal
from typing import Annotated

from typing_extensions import TypedDict

from xpert_pipeline.sources.day_figures import DayFigure
from xpert_pipeline.sources.derived import Derived
from xpert_pipeline.tables.about import About
from xpert_pipeline.tables.columns import Null, Unit
from xpert_pipeline.tables.contract import Table
from xpert_pipeline.tables.fields import Amount, Currency, Flag, Id, MarketplaceId, Percent, Quantity

WITHHELD = Null("The row is suppressed.")
NO_REFUNDS = "refund_state is not KNOWN; or no refund names this ASIN, but one of the period names none"
NO_RETURNS = "return_state is not KNOWN; or no return names this ASIN, but one of the period names none"
UNCLEAR_REFUNDS, UNCLEAR_RETURNS = "a refund does not tell its units", "a return does not tell its units"
STATES = (
    "KNOWN: those that are known are told; a figure that is NULL says why. SUPPRESSED: the row is suppressed. "
    "NOT_LOADED: a loaded day of orders lacks {missing}, or no day is loaded as a whole. FEW: fewer than 10 orders "
    "(but any) are {done}; or those of all such ASINs of the period, and of those without a row, are fewer than 10, "
    "and this is the next smallest ASIN, which is withheld so that they cannot be found by subtraction within the "
    "period. An order of two ASINs counts once. A week and the month around it are not protected against each other."
)
NO_CUSTOMERS = "repeat_state is not KNOWN"
SMALL_PART = "1 to 9 of these customers are repeat customers, or are not"
NO_AMOUNT = Null("The row is suppressed, no amount is known, or the currencies differ.")


class CustomerMetricsRow(TypedDict):
    """What customers ordered in a period, of all products or of one."""

    marketplace_id: MarketplaceId
    period_type: Annotated[Id, "WEEK (Sunday to Saturday) or MONTH."]
    period_start: Annotated[date, "First marketplace-local day of the period; the partition."]
    period_end: Annotated[date, "Last day of the period; it may be yet to come."]
    scope: Annotated[Id, "ACCOUNT for all products, or an ASIN."]
    loaded_days: Annotated[
        Quantity,
        "Days of the period whose orders are loaded as a whole. If they are fewer than the period has, the figures are "
        "those of a part of it.",
    ]
    refund_days: Annotated[
        Quantity,
        "Days of loaded_days whose transactions are loaded as a whole, too. Refunds of other days do not count.",
    ]
    return_days: Annotated[
        Quantity,
        "Days of loaded_days whose returns to Amazon and to the seller are both loaded as a whole, too. Returns of "
        "other days do not count.",
    ]
    is_suppressed: Annotated[
        Flag,
        "Whether the figures are withheld: the group has fewer than 10 orders, cancelled ones included. If all such "
        "ASINs of a period together have fewer than 10, the next smallest ASIN is withheld, too, so that they cannot "
        "be found by subtraction within the period; orders without an ASIN count among them, and an order of two "
        "ASINs counts once. A week and the month around it are not protected against each other.",
    ]
    orders: Annotated[Quantity | None, "Orders with at least one line that is not cancelled.", WITHHELD]
    units: Annotated[Quantity | None, "Units in order lines that are not cancelled.", WITHHELD]
    ops: Annotated[Amount | None, "Ordered product sales: the sum of the known amounts.", NO_AMOUNT]
    aov: Annotated[
        Amount | None,
        "Average order value: ordered product sales of an order, over the orders whose amounts are all known. In the "
        "scope of an ASIN, only its lines count.",
        NO_AMOUNT,
    ]
    units_per_order: Annotated[
        Decimal | None, "Units / orders.", Unit("units"), Null("The row is suppressed, or every order is cancelled.")
    ]
    b2b_pct: Annotated[
        Percent | None,
        "Share of the units that is in business orders.",
        Null("The row is suppressed, nothing was sold, or fewer than 10 orders (but any) are of one of both kinds."),
    ]
    cancel_pct: Annotated[Percent | None, "Share of the orders that are cancelled as a whole.", WITHHELD]
    refund_state: Annotated[
        Id, "Whether refunds are told. " + STATES.format(missing="its transactions", done="refunded")
    ]
    refunded_orders: Annotated[
        Quantity | None,
        "Orders with a refund on one of the refund_days, whenever they were placed. Of an ASIN, the refunds that name "
        "it.",
        Null(f"{NO_REFUNDS}."),
    ]
    units_refunded: Annotated[
        Quantity | None,
        "Units of these refunds, whenever they were ordered, as Amazon counts them.",
        Null(f"{NO_REFUNDS}; or {UNCLEAR_REFUNDS}."),
    ]
    refund_pct: Annotated[
        Percent | None,
        "units_refunded / units, in percent: of what was refunded on the refund_days and what was ordered in the same "
        "period. It can be more than 100.",
        Null(f"{NO_REFUNDS}; or {UNCLEAR_REFUNDS}, or nothing was sold."),
    ]
    return_state: Annotated[Id, "Whether returns are told. " + STATES.format(missing="its returns", done="returned")]
    returned_orders: Annotated[
        Quantity | None,
        "Orders of which units came back to Amazon on one of the return_days, or of which customers asked on them to "
        "return some to the seller, whenever they were placed. Of an ASIN, the returns that name it.",
        Null(f"{NO_RETURNS}."),
    ]
    units_returned: Annotated[
        Quantity | None,
        "Units of these returns and requests. A returned unit is usually refunded, too.",
        Null(f"{NO_RETURNS}; or {UNCLEAR_RETURNS}."),
    ]
    return_pct: Annotated[
        Percent | None,
        "units_returned / units, in percent: of what was returned on the return_days and what was ordered in the same "
        "period. It can be more than 100.",
        Null(f"{NO_RETURNS}; or {UNCLEAR_RETURNS}, or nothing was sold."),
    ]
    repeat_state: Annotated[
        Id,
        "Whether customers are told. KNOWN: by Amazon's report, which repeat_purchases holds. SUPPRESSED: the row is "
        "suppressed. OTHER_GRAIN: the row is of a month or of the account, and Amazon's weekly report tells only weeks "
        "of ASINs, which cannot be added: the same person may be in several. NOT_REPORTED: repeat_purchases has no row "
        "of this ASIN and week: the role or a registered brand is lacking, the ASIN is of another brand, or the week "
        "is not there yet. FEW: fewer than 10 customers, or their number is not known.",
    ]
    unique_customers: Annotated[
        Quantity | None,
        "Customers who ordered the ASIN in the week, each counted once. Amazon's own count of the whole week, also "
        "where loaded_days are fewer than 7.",
        Null(f"{NO_CUSTOMERS}."),
    ]
    repeat_customer_pct: Annotated[
        Percent | None,
        "Share of these customers who are repeat customers, by Amazon.",
        Null(f"{NO_CUSTOMERS}; or {SMALL_PART}."),
    ]
    repeat_revenue: Annotated[
        Amount | None,
        "Ordered revenue from repeat customers, by Amazon; returns are not subtracted.",
        Null(f"{NO_CUSTOMERS}; or {SMALL_PART}; or it is not in the currency of the row."),
    ]
    currency: Annotated[Currency | None, "ISO 4217 code for all amounts of the row.", NO_AMOUNT]


CUSTOMER_METRICS = Table(
    "customer_metrics",
    CustomerMetricsRow,
    key=("marketplace_id", "period_type", "period_start", "scope"),
    day="period_start",
    about=About(
        grain="the orders of a week or a month, of all products or of an ASIN, without any person",
        source="orders, order_items, returns_refunds and repeat_purchases, by sql/transforms/customer_metrics.sql",
        freshness="Computed by every daily sync, for the weeks and months that changed. The present week and month "
        "have a row, too.",
        restatement="A late order changes its week and its month whenever it arrives; orders of other shops "
        "(NON_AMAZON) do not count, nor do their refunds and returns; those of an order that is not in orders do. A "
        "period without an order has no row. Refunds and returns are in the period in which they happened, as in "
        "sales_performance, but only on days that are loaded for them and for orders. "
        "Orders have no customer's id: customers who come back are known only where Amazon's weekly report tells "
        "them, by ASIN, about ten days after the week. The health of the account is in account_health, ratings are in "
        "seller_feedback_counts.",
        example="select period_start, orders, aov, cancel_pct, refund_pct, return_pct, currency from customer_metrics\n"
        "where period_type = 'MONTH' and scope = 'ACCOUNT' and not is_suppressed order by period_start desc;",
    ),
)

SOURCE = Derived(
    table=CUSTOMER_METRICS,
    group="sales",
    after=(
        "orders",
        "order_items",
        "financial_events",
        "fba_returns",
        "merchant_returns",
        "returns_refunds",
        "repeat_purchases",
    ),
    figures=(
        DayFigure(CUSTOMER_METRICS, "groups with figures", "count(*) filter (where not is_suppressed)"),
        DayFigure(CUSTOMER_METRICS, "groups too small", "count(*) filter (where is_suppressed)"),
    ),
)
