"""Parses orders of the XML all-orders report into rows. Grain: one row per order and one per order line.

Columns that the report cannot fill are named here: a load from it leaves them as they are.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from xpert_pipeline.assets.order_facts import count, shared, status, times
from xpert_pipeline.assets.payloads import upper

REPORT_STATUSES = {
    "PendingAvailability": "PENDING_AVAILABILITY",
    "PartiallyShipped": "PARTIALLY_SHIPPED",
    "Canceled": "CANCELLED",
}
REPORT_LACKS = frozenset(
    (
        "seller_order_id",
        "programs",
        "is_prime",
        "is_easy_ship",
        "order_total",
        "currency",
        "proceeds_breakdowns",
        "earliest_ship_at",
        "latest_ship_at",
        "earliest_delivery_at",
        "latest_delivery_at",
        "replaced_order_id",
        "payment_methods",
    )
)
REPORT_ITEMS_LACK = frozenset(
    (
        "condition_type",
        "quantity_fulfilled",
        "quantity_unfulfilled",
        "unit_price",
        "price_designation",
        "item_proceeds",
        "shipping_subtotal",
        "gift_wrap_subtotal",
        "cod_fee",
        "tax_total",
        "discount_total",
        "cancel_requested",
        "cancelled_by",
        "cancel_reason",
        "programs",
    )
)


def parse_report_order(
    record: Mapping[str, Any], marketplace_id: str, zone: ZoneInfo, signals: Counter[str]
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """One order of the XML all-orders report as rows of the columns that the report carries."""
    word = record.get("status")
    order: dict[str, Any] = {
        "marketplace_id": marketplace_id,
        "order_id": record.get("order_id"),
        **times(record.get("purchase_date"), record.get("last_updated"), zone),
        "fulfillment_status": status(REPORT_STATUSES.get(word or "", upper(word)), signals),
        "fulfilled_by": upper(record.get("fulfillment_channel")),
        "service_level": upper(record.get("service_level")),
        "sales_channel": record.get("sales_channel"),
        "is_business": record.get("is_business"),
    }
    items = [_report_item(item, order) for item in record.get("items") or ()]
    count(order, items)
    return order, items


def _report_item(item: Mapping[str, Any], order: Mapping[str, Any]) -> dict[str, Any]:
    amount, currency = item["prices"].get("Principal", (None, None))
    return {
        **shared(order),
        "order_item_id": item.get("item_id"),
        "asin": item.get("asin"),
        "sku": item.get("sku"),
        "title": item.get("title"),
        "quantity_ordered": item.get("quantity"),
        "currency": currency,
        "item_subtotal": amount,
        "promotion_ids": item.get("promotion_ids") or None,
        "is_cancelled": item.get("status") in ("Cancelled", "Canceled") or order["fulfillment_status"] == "CANCELLED",
    }
