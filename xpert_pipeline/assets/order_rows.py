"""Parses orders of `searchOrders` v2026-01-01 into rows. Grain: one row per order and one per order line.

A field that Amazon did not send is None, never 0. What is missing or malformed is left to the row contract to refuse;
words unknown today are kept and counted.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from xpert_pipeline.assets.order_facts import count, shared, status, times
from xpert_pipeline.assets.payloads import instant, plain, upper

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
        **times(payload.get("createdTime"), payload.get("lastUpdatedTime"), zone),
        "fulfillment_status": status(fulfillment.get("fulfillmentStatus"), signals),
        "fulfilled_by": upper(fulfillment.get("fulfilledBy")),
        "service_level": upper(fulfillment.get("fulfillmentServiceLevel")),
        "sales_channel": channel.get("channelName"),
        "programs": programs,
        "is_prime": _has(programs, "PRIME"),
        "is_business": _has(programs, "AMAZON_BUSINESS"),
        "is_easy_ship": _has(programs, "AMAZON_EASY_SHIP"),
        "order_total": (proceeds.get("grandTotal") or {}).get("amount"),
        "currency": (proceeds.get("grandTotal") or {}).get("currencyCode"),
        "proceeds_breakdowns": plain(proceeds.get("breakdowns")),
        "earliest_ship_at": instant(ship.get("earliestDateTime")),
        "latest_ship_at": instant(ship.get("latestDateTime")),
        "earliest_delivery_at": instant(deliver.get("earliestDateTime")),
        "latest_delivery_at": instant(deliver.get("latestDateTime")),
        "replaced_order_id": _labelled(
            payload.get("associatedOrders"), "associationType", "REPLACEMENT_ORIGINAL_ID", "orderId"
        ),
        "payment_methods": _methods(payload.get("payment")),
    }
    items = [_item(item, order) for item in payload.get("orderItems") or ()]
    count(order, items)
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
        **shared(order),
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
