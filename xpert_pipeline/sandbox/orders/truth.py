"""The rows that a perfect pipeline would load for orders and their items. Amounts are text, times are UTC."""

from collections.abc import Iterator

from xpert_pipeline.sandbox.domain import Row
from xpert_pipeline.sandbox.orders.payload import (
    cancel_request,
    cancellation,
    channel_name,
    item_programs,
    programs,
    windows,
)
from xpert_pipeline.sandbox.serving.formats import zulu
from xpert_pipeline.sandbox.world import money
from xpert_pipeline.sandbox.world.days import order_date
from xpert_pipeline.sandbox.world.order_charges import (
    COD_FEE,
    DISCOUNT,
    GIFT_WRAP,
    SHIPPING,
    TAX,
    charge,
    line_total,
)
from xpert_pipeline.sandbox.world.records import Item, Order, World


def orders(world: World) -> Iterator[Row]:
    """Yield one row for each order in the seller's stores, including the orders of other shops."""
    for order in _ours(world):
        yield _order_row(order)


def order_items(world: World) -> Iterator[Row]:
    """Yield one row for each item of these orders."""
    for order in _ours(world):
        for item in order.items:
            yield _item_row(order, item)


def _ours(world: World) -> Iterator[Order]:
    return (order for order in world.orders if order.marketplace_id in world.marketplace_ids)


def _order_row(order: Order) -> Row:
    total = money.total(line_total(item) for item in order.items)
    currency = order.items[0].currency if total else None
    promised = windows(order)
    return {
        "marketplace_id": order.marketplace_id,
        "order_id": order.id,
        "seller_order_id": order.id,
        "purchase_date": zulu(order.created),
        "order_date": order_date(order),
        "last_updated_at": zulu(order.updated),
        "fulfillment_status": order.status,
        "fulfilled_by": "AMAZON" if order.fba else "MERCHANT",
        "service_level": order.service.upper(),
        "sales_channel": channel_name(order),
        "programs": programs(order),
        "is_prime": order.is_prime,
        "is_business": order.is_business,
        "is_easy_ship": order.is_easy_ship,
        "order_total": total,
        "currency": currency,
        "earliest_ship_at": zulu(promised["shipByWindow"][0]),
        "latest_ship_at": zulu(promised["shipByWindow"][1]),
        "earliest_delivery_at": zulu(promised["deliverByWindow"][0]),
        "latest_delivery_at": zulu(promised["deliverByWindow"][1]),
        "item_count": len(order.items),
        "units_ordered": sum(item.quantity for item in order.items),
    }


def _item_row(order: Order, item: Item) -> Row:
    cancelled = cancellation(order, item) if item.cancelled else {}
    priced = item.amount is not None and item.quantity > 0
    return {
        "marketplace_id": order.marketplace_id,
        "order_id": order.id,
        "order_item_id": item.id,
        "asin": item.asin,
        "sku": item.sku,
        "title": item.title,
        "condition_type": "NEW",
        "quantity_ordered": item.quantity,
        "quantity_fulfilled": item.shipped,
        "quantity_unfulfilled": 0 if item.cancelled else item.quantity - item.shipped,
        "unit_price": money.share(item.amount, item.quantity) if item.amount is not None and priced else None,
        "currency": item.currency if item.amount is not None else None,
        "price_designation": "BUSINESS_PRICE" if priced and order.is_business else None,
        "item_proceeds": line_total(item),
        "item_subtotal": item.amount,
        "shipping_subtotal": charge(item, SHIPPING),
        "gift_wrap_subtotal": charge(item, GIFT_WRAP),
        "cod_fee": charge(item, COD_FEE),
        "tax_total": charge(item, TAX),
        "discount_total": charge(item, DISCOUNT),
        "promotion_ids": list(item.promotions) or None,
        "is_cancelled": item.cancelled,
        "cancel_requested": cancel_request(order, item) is not None,
        "cancelled_by": cancelled.get("cancelledBy"),
        "cancel_reason": cancelled.get("cancelReason"),
        "programs": item_programs(order, item) or None,
        "purchase_date": zulu(order.created),
        "order_date": order_date(order),
        "last_updated_at": zulu(order.updated),
    }
