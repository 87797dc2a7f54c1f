"""Parses order payloads of both sources into rows: pages of `searchOrders` and orders of the XML report.

Grain: one row per order and one per order line. A field that Amazon did not send is None, never 0. What is
missing or malformed is left to the row contract to refuse; words unknown today are kept and counted.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

STATUSES = frozenset(
    ("PENDING_AVAILABILITY", "PENDING", "UNSHIPPED", "PARTIALLY_SHIPPED", "SHIPPED", "CANCELLED", "UNFULFILLABLE")
)
REPORT_STATUSES = {
    "PendingAvailability": "PENDING_AVAILABILITY",
    "PartiallyShipped": "PARTIALLY_SHIPPED",
    "Canceled": "CANCELLED",
}
ORDER_FIELDS = frozenset(
    (
        "orderId",
        "orderAliases",
        "createdTime",
        "lastUpdatedTime",
        "programs",
        "associatedOrders",
        "salesChannel",
        "proceeds",
        "payment",
        "tax",
        "fulfillment",
        "orderItems",
        "packages",
        "fulfillmentOrders",
    )
)
BREAKDOWNS = {
    "ITEM": "item_subtotal",
    "SHIPPING": "shipping_subtotal",
    "GIFT_WRAP": "gift_wrap_subtotal",
    "COD_FEE": "cod_fee",
    "TAX": "tax_total",
    "DISCOUNT": "discount_total",
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
"""Columns that the XML report cannot fill: a load from it leaves them as they are."""


def parse_order(
    payload: Mapping[str, Any], marketplace_id: str, zone: ZoneInfo, signals: Counter[str]
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """One order of `searchOrders` v2026-01-01 as an order row and its item rows (all columns)."""
    for field in payload.keys() - ORDER_FIELDS:
        signals[f"unknown order field {field}"] += 1
    channel = payload.get("salesChannel") or {}
    fulfillment = payload.get("fulfillment") or {}
    programs = payload.get("programs")
    proceeds = payload.get("proceeds") or {}
    ship, deliver = fulfillment.get("shipByWindow") or {}, fulfillment.get("deliverByWindow") or {}
    order: dict[str, Any] = {
        "marketplace_id": channel.get("marketplaceId") or marketplace_id,
        "order_id": payload.get("orderId"),
        "seller_order_id": _labelled(payload.get("orderAliases"), "aliasType", "SELLER_ORDER_ID", "aliasId"),
        **_times(payload.get("createdTime"), payload.get("lastUpdatedTime"), zone),
        "fulfillment_status": _status(fulfillment.get("fulfillmentStatus"), signals),
        "fulfilled_by": _upper(fulfillment.get("fulfilledBy")),
        "service_level": _upper(fulfillment.get("fulfillmentServiceLevel")),
        "sales_channel": channel.get("channelName"),
        "programs": programs,
        "is_prime": _has(programs, "PRIME"),
        "is_business": _has(programs, "AMAZON_BUSINESS"),
        "is_easy_ship": _has(programs, "AMAZON_EASY_SHIP"),
        "order_total": (proceeds.get("grandTotal") or {}).get("amount"),
        "currency": (proceeds.get("grandTotal") or {}).get("currencyCode"),
        "proceeds_breakdowns": _plain(proceeds.get("breakdowns")),
        "earliest_ship_at": _instant(ship.get("earliestDateTime")),
        "latest_ship_at": _instant(ship.get("latestDateTime")),
        "earliest_delivery_at": _instant(deliver.get("earliestDateTime")),
        "latest_delivery_at": _instant(deliver.get("latestDateTime")),
        "replaced_order_id": _labelled(
            payload.get("associatedOrders"), "associationType", "REPLACEMENT_ORIGINAL_ID", "orderId"
        ),
        "payment_methods": _methods(payload.get("payment")),
    }
    items = [_item(item, order) for item in payload.get("orderItems") or ()]
    _count(order, items)
    return order, items


def parse_report_order(
    record: Mapping[str, Any], marketplace_id: str, zone: ZoneInfo, signals: Counter[str]
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """One order of the XML all-orders report as rows of the columns that the report carries."""
    status = record.get("status")
    order: dict[str, Any] = dict.fromkeys(REPORT_LACKS) | {
        "marketplace_id": marketplace_id,
        "order_id": record.get("order_id"),
        **_times(record.get("purchase_date"), record.get("last_updated"), zone),
        "fulfillment_status": _status(REPORT_STATUSES.get(status or "", _upper(status)), signals),
        "fulfilled_by": _upper(record.get("fulfillment_channel")),
        "service_level": _upper(record.get("service_level")),
        "sales_channel": record.get("sales_channel"),
        "is_business": record.get("is_business"),
    }
    items = [_report_item(item, order) for item in record.get("items") or ()]
    _count(order, items)
    return order, items


def _item(item: Mapping[str, Any], order: Mapping[str, Any]) -> dict[str, Any]:
    product = item.get("product") or {}
    price = product.get("price") or {}
    unit_price = price.get("unitPrice") or {}
    proceeds = item.get("proceeds") or {}
    total = proceeds.get("proceedsTotal") or {}
    fulfillment = item.get("fulfillment") or {}
    cancellation = item.get("cancellation") or {}
    execution, request = cancellation.get("cancellationExecution"), cancellation.get("cancellationRequest")
    return {
        **_shared(order),
        "order_item_id": item.get("orderItemId"),
        "asin": product.get("asin"),
        "sku": product.get("sellerSku"),
        "title": product.get("title"),
        "condition_type": (product.get("condition") or {}).get("conditionType"),
        "quantity_ordered": item.get("quantityOrdered"),
        "quantity_fulfilled": fulfillment.get("quantityFulfilled"),
        "quantity_unfulfilled": fulfillment.get("quantityUnfulfilled"),
        "unit_price": unit_price.get("amount"),
        "currency": total.get("currencyCode") or unit_price.get("currencyCode"),
        "price_designation": price.get("priceDesignation"),
        "item_proceeds": total.get("amount"),
        **_subtotals(proceeds.get("breakdowns")),
        "promotion_ids": _promotions(item.get("promotion")),
        "is_cancelled": execution is not None or order["fulfillment_status"] == "CANCELLED",
        "cancel_requested": request is not None,
        "cancelled_by": (execution or {}).get("cancelledBy"),
        "cancel_reason": (execution or request or {}).get("cancelReason"),
        "programs": item.get("programs"),
    }


def _report_item(item: Mapping[str, Any], order: Mapping[str, Any]) -> dict[str, Any]:
    amount, currency = item["prices"].get("Principal", (None, None))
    return {
        **dict.fromkeys(REPORT_ITEMS_LACK),
        **_shared(order),
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


def _shared(order: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: order[name] for name in ("marketplace_id", "order_id", "purchase_date", "order_date", "last_updated_at")
    }


def _count(order: dict[str, Any], items: list[dict[str, Any]]) -> None:
    quantities = [item["quantity_ordered"] for item in items]
    order["item_count"] = len(items)
    order["units_ordered"] = sum(int(q) for q in quantities if isinstance(q, int) or str(q).isdigit())


def _times(created: str | None, updated: str | None, zone: ZoneInfo) -> dict[str, datetime | date | None]:
    purchased = _instant(created)
    return {
        "purchase_date": purchased,
        "order_date": purchased.astimezone(zone).date() if purchased and purchased.tzinfo else None,
        "last_updated_at": _instant(updated),
    }


def _instant(text: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if text else None
    except (TypeError, ValueError):
        return None


def _status(word: str | None, signals: Counter[str]) -> str | None:
    if word and word not in STATUSES:
        signals[f"unknown fulfillment status {word}"] += 1
    return word


def _upper(word: str | None) -> str | None:
    return word.upper() if isinstance(word, str) else word


def _has(programs: list[str] | None, program: str) -> bool:
    return program in (programs or ())


def _labelled(entries: list[dict[str, Any]] | None, label: str, wanted: str, value: str) -> Any:
    return next((entry.get(value) for entry in entries or () if entry.get(label) == wanted), None)


def _methods(payment: Mapping[str, Any] | None) -> list[str] | None:
    executions = (payment or {}).get("paymentExecutions")
    return [entry["paymentMethod"] for entry in executions if "paymentMethod" in entry] if executions else None


def _promotions(promotion: Mapping[str, Any] | None) -> list[str] | None:
    found = [entry["promotionId"] for entry in (promotion or {}).get("breakdowns") or () if entry.get("promotionId")]
    return found or None


def _subtotals(breakdowns: list[dict[str, Any]] | None) -> dict[str, Any]:
    found: dict[str, Any] = dict.fromkeys(BREAKDOWNS.values())
    for entry in breakdowns or ():
        if column := BREAKDOWNS.get(entry.get("type", "")):
            found[column] = (entry.get("subtotal") or {}).get("amount")
    return found


def _plain(value: Any) -> Any:
    """Decimals as text, so that JSON keeps every digit."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value
