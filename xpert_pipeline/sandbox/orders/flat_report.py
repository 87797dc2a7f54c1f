"""Writes the tab-separated all-orders report."""

from collections.abc import Iterable, Iterator

from xpert_pipeline.sandbox.jobs.flat_file import flat_line
from xpert_pipeline.sandbox.orders.xml_report import item_status, status_word
from xpert_pipeline.sandbox.serving.formats import offset
from xpert_pipeline.sandbox.world.order_charges import DISCOUNT, GIFT_WRAP, SHIPPING, TAX, charge
from xpert_pipeline.sandbox.world.records import Item, Order

ORDER_COLUMNS = (
    "amazon-order-id", "merchant-order-id", "purchase-date", "last-updated-date", "order-status",
    "fulfillment-channel", "sales-channel", "order-channel", "ship-service-level", "product-name", "sku", "asin",
    "item-status", "quantity", "currency", "item-price", "item-tax", "shipping-price", "shipping-tax",
    "gift-wrap-price", "gift-wrap-tax", "item-promotion-discount", "ship-promotion-discount", "ship-city",
    "ship-state", "ship-postal-code", "ship-country", "promotion-ids", "is-business-order",
    "purchase-order-number", "price-designation",
)  # fmt: skip


def flat_orders(orders: Iterable[Order]) -> Iterator[str]:
    """Yield the all-orders report line by line."""
    yield "\t".join(ORDER_COLUMNS) + "\r\n"
    for order in orders:
        for item in order.items:
            yield flat_line(_order_fields(order, item), ORDER_COLUMNS, "\r\n")


def _order_fields(order: Order, item: Item) -> dict[str, str]:
    return {
        "amazon-order-id": order.id,
        "merchant-order-id": order.id,
        "purchase-date": offset(order.created) if order.created >= 0 else "",
        "last-updated-date": offset(order.updated),
        "order-status": status_word(order.status),
        "fulfillment-channel": "Amazon" if order.fba else "Merchant",
        "sales-channel": order.channel,
        "ship-service-level": order.service,
        "product-name": item.title,
        "sku": item.sku,
        "asin": item.asin,
        "item-status": item_status(order, item),
        "quantity": str(item.quantity),
        "currency": item.currency if item.amount is not None else "",
        "item-price": item.amount or "",
        "item-tax": charge(item, TAX) or "",
        "shipping-price": charge(item, SHIPPING) or "",
        "gift-wrap-price": charge(item, GIFT_WRAP) or "",
        "item-promotion-discount": charge(item, DISCOUNT) or "",
        "ship-city": order.city,
        "ship-state": order.state,
        "ship-postal-code": order.postal_code,
        "ship-country": order.country,
        "promotion-ids": ",".join(item.promotions),
        "is-business-order": "true" if order.is_business else "false",
        "price-designation": "Business Price" if order.is_business and item.amount else "",
    }
