"""Parses records of Data Kiosk sales and traffic (CHILD and DAY) into rows of traffic_daily.

Trends and by-ASIN queries give records of one shape. Percentages stay as received; what is not told is None.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from xpert_pipeline.assets.kiosk_payloads import Asked, Money, day_of, number

TRAFFIC = {
    "sessions": "sessions",
    "sessions_b2b": "sessionsB2B",
    "browser_sessions": "browserSessions",
    "mobile_app_sessions": "mobileAppSessions",
    "page_views": "pageViews",
    "page_views_b2b": "pageViewsB2B",
    "browser_page_views": "browserPageViews",
    "mobile_app_page_views": "mobileAppPageViews",
    "buy_box_pct": "buyBoxPercentage",
    "buy_box_pct_b2b": "buyBoxPercentageB2B",
    "unit_session_pct": "unitSessionPercentage",
}
SALES = {
    "units_ordered": "unitsOrdered",
    "units_ordered_b2b": "unitsOrderedB2B",
    "order_items": "totalOrderItems",
    "order_items_b2b": "totalOrderItemsB2B",
    "units_shipped": "unitsShipped",
    "orders_shipped": "ordersShipped",
    "units_refunded": "unitsRefunded",
    "refund_rate": "refundRate",
}


def parse_traffic(record: Mapping[str, Any], asked: Asked, signals: Counter[str]) -> dict[str, Any]:
    """One record: a child ASIN on a day.

    Raises:
        Unfit: It tells of something else than one day that was asked for, or in several currencies.
    """
    money = Money()
    sales, traffic = record.get("sales") or {}, record.get("traffic") or {}
    for part, found in (("sales", sales), ("traffic", traffic)):
        if not found:
            signals[f"record without {part}"] += 1
    row = {
        "marketplace_id": record["marketplaceId"],
        "business_date": day_of(record, asked),
        "asin": record.get("childAsin"),
        "parent_asin": record.get("parentAsin"),
        **{column: number(traffic.get(name)) for column, name in TRAFFIC.items()},
        **{column: number(sales.get(name)) for column, name in SALES.items()},
        "ops": money.read(sales.get("orderedProductSales")),
        "ops_b2b": money.read(sales.get("orderedProductSalesB2B")),
        "shipped_sales": money.read(sales.get("shippedProductSales")),
    }
    return row | {"currency": money.currency}
