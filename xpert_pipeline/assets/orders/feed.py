"""The source of orders and order_items: one fetch fills both tables."""

from datetime import timedelta

from xpert_pipeline.assets.orders.all_orders_report import ALL_ORDERS_REPORT
from xpert_pipeline.assets.orders.order_items import ORDER_ITEMS
from xpert_pipeline.assets.orders.orders import ORDERS, market_of_order, parse_order
from xpert_pipeline.sources.change_spans import Feed
from xpert_pipeline.sources.changes import ChangeFeed
from xpert_pipeline.sources.checks import count_check
from xpert_pipeline.sources.day_figures import DayFigure
from xpert_pipeline.sources.source import Pace
from xpert_pipeline.spapi.operations.orders import search_orders
from xpert_pipeline.spapi.operations.sales import count_orders

ORPHANS = """
select count(*)
from (
  select o.item_count, count(i.id) as items
  from orders as o
  full join order_items as i using (seller_id, marketplace_id, order_id)
  where seller_id = %(seller_id)s
  group by marketplace_id, order_id, o.item_count
  having o.item_count is distinct from count(i.id)
) as differing
"""


SOURCE = ChangeFeed(
    name="orders_and_items",
    pace=Pace.FIRST,
    group="orders",
    roles=("Inventory and Order Tracking",),
    checks=(
        count_check(
            "order_items",
            "no_orphan_items",
            "Every order item belongs to an order, and every order has as many items as its item_count.",
            ORPHANS,
            additional_deps=["orders"],
        ),
    ),
    figures=(
        DayFigure(ORDERS, "orders", "count(*) filter (where fulfillment_status <> 'CANCELLED')"),
        DayFigure(ORDERS, "units", "sum(units_ordered) filter (where fulfillment_status <> 'CANCELLED')"),
        DayFigure(ORDER_ITEMS, "units", "sum(quantity_ordered) filter (where not is_cancelled)"),
        DayFigure(ORDER_ITEMS, "sales", "sum(item_subtotal) filter (where not is_cancelled)", "currency"),
    ),
    feed=Feed(
        tables=(ORDERS, ORDER_ITEMS),
        operation="searchOrders",
        walk=search_orders,
        parse=parse_order,
        place_of=market_of_order,
        settling=timedelta(seconds=150),  # Amazon rejects bounds within 2 minutes of its own clock
        overlap=timedelta(minutes=5),
        bulk=ALL_ORDERS_REPORT,
        count_created=(count_orders, "Amazon's order metrics"),
        noun="order",
    ),
)
