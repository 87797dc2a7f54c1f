"""customer_metrics: what customers order by week and month, as aggregates only, derived from orders.

Not here, because the pipeline does not hold it: customers who come back, and how many there are (Amazon tells them in
the repeat purchase report, which needs Brand Registry); the state of the account (defects, late shipments). Ratings of
the seller are in `seller_feedback_counts`, refunds in `returns_refunds`.
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
    is_suppressed: Annotated[
        Flag,
        "Whether the figures are withheld: the group has fewer than 10 orders, cancelled ones included. If all such "
        "ASINs of a period together have fewer than 10, the next smallest ASIN is withheld, too, so that they cannot "
        "be found by subtraction.",
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
    currency: Annotated[Currency | None, "ISO 4217 code for all amounts of the row.", NO_AMOUNT]


CUSTOMER_METRICS = Table(
    "customer_metrics",
    CustomerMetricsRow,
    key=("marketplace_id", "period_type", "period_start", "scope"),
    day="period_start",
    about=About(
        grain="the orders of a week or a month, of all products or of an ASIN, without any person",
        source="orders and order_items, by sql/transforms/customer_metrics.sql",
        freshness="Computed after every load of orders, for the weeks and months that changed. The present week and "
        "month have a row, too.",
        restatement="A late order changes its week and its month whenever it arrives; orders of other shops "
        "(NON_AMAZON) do not count. Orders have no customer's id, so returning customers are not counted: "
        "Amazon tells them only in the repeat purchase report, which the pipeline does not load; nor does it load the "
        "health of the account. Refunds are in returns_refunds, ratings in seller_feedback_counts.",
        example="select period_start, orders, aov, units_per_order, cancel_pct, currency from customer_metrics\n"
        "where period_type = 'MONTH' and scope = 'ACCOUNT' and not is_suppressed order by period_start desc;",
    ),
)

SOURCE = Derived(
    table=CUSTOMER_METRICS,
    group="sales",
    after=("orders", "order_items"),
    figures=(
        DayFigure(CUSTOMER_METRICS, "groups with figures", "count(*) filter (where not is_suppressed)"),
        DayFigure(CUSTOMER_METRICS, "groups too small", "count(*) filter (where is_suppressed)"),
    ),
)
