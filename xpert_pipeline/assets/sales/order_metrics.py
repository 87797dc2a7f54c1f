"""The check that compares orders, units and sales of each day with Amazon's own order metrics."""

from xpert_pipeline.sources.amazon_checks import daily_check
from xpert_pipeline.spapi.operations.sales import order_metrics_by_day

OURS = """
select i.order_date, count(distinct i.order_id), sum(i.quantity_ordered), coalesce(sum(i.item_subtotal), 0)
  from order_items i
  join orders o using (seller_id, marketplace_id, order_id)
 where i.seller_id = %(seller_id)s and i.marketplace_id = %(marketplace_id)s and i.order_date = any(%(days)s)
   and not i.is_cancelled and o.fulfillment_status <> 'CANCELLED' and o.sales_channel = 'AMAZON'
 group by i.order_date
"""

ORDERS_MATCH_AMAZON = daily_check(
    "sales_data",
    "orders_match_amazon_order_metrics",
    "Each day's orders, units and sales equal Amazon's order metrics (one call per marketplace). A difference is "
    "only a warning: changes may not have reached the change stream yet.",
    complete_by="orders",
    figures=("orders", "units", "sales"),
    ours=OURS,
    theirs=order_metrics_by_day,
)
