"""Compares our sales of each day with Amazon's order metrics of that day."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from datetime import time as clock
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from psycopg_pool import ConnectionPool

from xpert_pipeline.postgres.pool import tenant
from xpert_pipeline.postgres.sellers import Seller
from xpert_pipeline.spapi.operations.sales import get_order_metrics
from xpert_pipeline.spapi.session import SellerApi

OURS = """
select i.order_date, count(distinct i.order_id), sum(i.quantity_ordered), coalesce(sum(i.item_subtotal), 0)
  from order_items i
  join orders o using (seller_id, marketplace_id, order_id)
 where i.seller_id = %(seller_id)s and i.marketplace_id = %(marketplace_id)s and i.order_date = any(%(days)s)
   and not i.is_cancelled and o.fulfillment_status <> 'CANCELLED' and o.sales_channel not ilike 'non-amazon%%'
 group by i.order_date
"""


def compare_with_amazon(
    pool: ConnectionPool, api: SellerApi, seller: Seller, days: Sequence[date]
) -> list[dict[str, Any]]:
    """Days on which our orders, units or sales differ from Amazon's `getOrderMetrics`.

    Returns:
        One entry per differing day: day, and ours and Amazon's (orders, units, sales).
    """
    zone = ZoneInfo(seller.timezone)
    start = datetime.combine(min(days), clock(), zone)
    end = datetime.combine(max(days) + timedelta(days=1), clock(), zone)
    amazons = {
        datetime.fromisoformat(interval["interval"].split("--")[0]).astimezone(zone).date(): (
            int(interval["orderCount"]),
            int(interval["unitCount"]),
            Decimal(str(interval["totalSales"]["amount"])),
        )
        for interval in get_order_metrics(
            api, seller.marketplace_ids[0], start, end, granularity="Day", timezone=seller.timezone
        )
    }
    with tenant(pool, seller.id) as connection:
        # right after a first load the tables have no statistics yet, and a nested loop over them takes minutes
        connection.execute("select set_config('enable_nestloop', 'off', true)")
        rows = connection.execute(
            OURS, {"seller_id": seller.id, "marketplace_id": seller.marketplace_ids[0], "days": list(days)}
        ).fetchall()
    ours = {day: (orders, units, sales) for day, orders, units, sales in rows}
    nothing = (0, 0, Decimal(0))
    return [
        {"day": day.isoformat(), "ours": _shown(ours.get(day, nothing)), "amazon": _shown(amazons.get(day, nothing))}
        for day in days
        if ours.get(day, nothing) != amazons.get(day, nothing)
    ]


def _shown(figures: tuple[int, int, Decimal]) -> dict[str, str | int]:
    return {"orders": figures[0], "units": figures[1], "sales": str(figures[2])}
