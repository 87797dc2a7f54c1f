"""Orders in the shape of Orders v2026-01-01: an order has a data set only if the request includes it."""

from collections.abc import Collection
from typing import Any

from xpert_pipeline.sandbox.marketplaces import STORES
from xpert_pipeline.sandbox.serving.formats import money_of, zulu
from xpert_pipeline.sandbox.world import money
from xpert_pipeline.sandbox.world.digest import fraction
from xpert_pipeline.sandbox.world.order_charges import breakdown, line_total
from xpert_pipeline.sandbox.world.records import CANCELLED, SHIPPED, Item, Order

DATA_SETS = (
    "BUYER",
    "RECIPIENT",
    "PROCEEDS",
    "EXPENSE",
    "PROMOTION",
    "CANCELLATION",
    "FULFILLMENT",
    "PACKAGES",
    "TAX",
    "PAYMENT",
    "FULFILLMENT_ORDERS",
)
DAY = 86_400
SHIP_DAYS = {"expedited": 1, "standard": 2}
SUBSCRIBED_SHARE = 0.1
BUYERS_REASON = "Changed mind about purchase"
DELIVER_DAYS = {"expedited": 3, "standard": 7}


def order_payload(order: Order, included: Collection[str]) -> dict[str, Any]:
    """Return one order.

    Args:
        order: The order.
        included: The requested data sets. BUYER, EXPENSE, TAX and PAYMENT contain nothing, because the sandbox has no
            such data or its roles may not see it.
    """
    payload: dict[str, Any] = {
        "orderId": order.id,
        "orderAliases": [{"aliasId": order.id, "aliasType": "SELLER_ORDER_ID"}],
        "createdTime": zulu(order.created),
        "lastUpdatedTime": zulu(order.updated),
        "programs": programs(order),
        "salesChannel": _channel(order),
        "orderItems": [_item(order, item, included) for item in order.items],
    }
    if "FULFILLMENT" in included:
        payload["fulfillment"] = _fulfillment(order)
    if "PROCEEDS" in included and (proceeds := _order_proceeds(order)):
        payload["proceeds"] = proceeds
    if "RECIPIENT" in included:
        payload["recipient"] = {"deliveryAddress": _address(order)}
    if "PACKAGES" in included and (packages := _packages(order)):
        payload["packages"] = packages
    return payload


def programs(order: Order) -> list[str]:
    """Return the programs to which an order belongs."""
    flags = (
        ("AMAZON_BUSINESS", order.is_business),
        ("AMAZON_EASY_SHIP", order.is_easy_ship),
        ("PRIME", order.is_prime),
    )
    return [name for name, is_set in flags if is_set]


def item_programs(order: Order, item: Item) -> list[str]:
    """Return the programs to which an order line belongs."""
    return ["SUBSCRIBE_AND_SAVE"] if order.fba and fraction("subscribed", item.sku, order.id) < SUBSCRIBED_SHARE else []


def cancel_request(order: Order, item: Item) -> dict[str, str] | None:
    """Return the buyer's request to cancel a line, if there is one: buyers who cancelled asked for it before."""
    if item.cancelled and cancellation(order, item)["cancelledBy"] == "BUYER":
        return {"requester": "BUYER", "cancelReason": BUYERS_REASON}
    return None


def windows(order: Order) -> dict[str, tuple[int, int]]:
    """Return the earliest and latest promised times, as shipByWindow and deliverByWindow."""
    service = order.service.lower()
    ship = order.created + SHIP_DAYS.get(service, 2) * DAY
    deliver = order.created + DELIVER_DAYS.get(service, 7) * DAY
    return {"shipByWindow": (order.created, ship), "deliverByWindow": (ship, deliver)}


def channel_name(order: Order) -> str:
    """Return the sales channel as the Orders API spells it; reports use the store's domain or Non-Amazon."""
    return "AMAZON" if order.is_sale else "NON_AMAZON"


def _channel(order: Order) -> dict[str, str]:
    channel = {"channelName": channel_name(order)}
    if order.marketplace_id is not None:
        channel["marketplaceId"] = order.marketplace_id
        channel["marketplaceName"] = STORES[order.marketplace_id].name
    return channel


def _fulfillment(order: Order) -> dict[str, Any]:
    return {
        "fulfillmentStatus": order.status,
        "fulfilledBy": "AMAZON" if order.fba else "MERCHANT",
        "fulfillmentServiceLevel": order.service.upper(),
        **{
            name: {"earliestDateTime": zulu(first), "latestDateTime": zulu(last)}
            for name, (first, last) in windows(order).items()
        },
    }


def _order_proceeds(order: Order) -> dict[str, Any] | None:
    total = money.total(line_total(item) for item in order.items)
    if total is None:
        return None
    currency = order.items[0].currency
    return {"grandTotal": money_of(total, currency), "breakdowns": _breakdowns(order.items, currency)}


def _breakdowns(items: tuple[Item, ...], currency: str) -> list[dict[str, Any]]:
    return [{"type": kind, "subtotal": money_of(amount, currency)} for kind, amount in breakdown(items)]


def _item(order: Order, item: Item, included: Collection[str]) -> dict[str, Any]:
    product: dict[str, Any] = {
        "asin": item.asin,
        "title": item.title,
        "sellerSku": item.sku,
        "condition": {"conditionType": "NEW", "conditionSubtype": "NEW"},
    }
    payload: dict[str, Any] = {"orderItemId": item.id, "quantityOrdered": item.quantity, "product": product}
    if item_programs(order, item):
        payload["programs"] = item_programs(order, item)
    if "PROCEEDS" in included:
        _add_item_proceeds(order, item, product, payload)
    if "PROMOTION" in included and item.promotions:
        payload["promotion"] = {"breakdowns": [{"promotionId": name} for name in item.promotions]}
    if "CANCELLATION" in included and item.cancelled:
        payload["cancellation"] = {"cancellationExecution": cancellation(order, item)}
        if request := cancel_request(order, item):
            payload["cancellation"]["cancellationRequest"] = request
    if "FULFILLMENT" in included:
        open_units = 0 if item.cancelled else item.quantity - item.shipped
        payload["fulfillment"] = {"quantityFulfilled": item.shipped, "quantityUnfulfilled": open_units}
    return payload


def _add_item_proceeds(order: Order, item: Item, product: dict[str, Any], payload: dict[str, Any]) -> None:
    if item.amount is None:
        return
    total = money_of(line_total(item) or item.amount, item.currency)
    payload["proceeds"] = {"proceedsTotal": total, "breakdowns": _breakdowns((item,), item.currency)}
    if item.quantity > 0:
        product["price"] = {"unitPrice": money_of(money.share(item.amount, item.quantity), item.currency)}
        if order.is_business:
            product["price"]["priceDesignation"] = "BUSINESS_PRICE"


def cancellation(order: Order, item: Item) -> dict[str, str]:
    """Return who cancelled an item, and why. Both are derived from the order's state and the item id."""
    by_buyer = order.status == CANCELLED and int(item.id) % 3 > 0
    if by_buyer:
        return {"cancelledBy": "BUYER", "cancelReason": BUYERS_REASON}
    return {"cancelledBy": "AMAZON" if order.fba else "MERCHANT", "cancelReason": "No inventory"}


def _address(order: Order) -> dict[str, str]:
    """Return the parts of the address that are not personal data; the sandbox's roles may see only these."""
    return {
        "city": order.city,
        "stateOrRegion": order.state,
        "postalCode": order.postal_code,
        "countryCode": order.country,
    }


def _packages(order: Order) -> list[dict[str, Any]]:
    if order.fba or not order.is_sale or order.status != SHIPPED:
        return []
    items = [{"orderItemId": item.id, "quantity": item.shipped} for item in order.items if item.shipped]
    if not items:
        return []
    return [
        {
            "packageReferenceId": "1",
            "createdTime": zulu(order.updated),
            "packageStatus": {"status": "SHIPPED"},
            "shipTime": zulu(order.updated),
            "packageItems": items,
        }
    ]
