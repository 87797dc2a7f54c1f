"""Writes the tab-separated reports: all orders, and merchant listings. Amazon quotes nothing in them."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from xpert_pipeline.sandbox.marketplaces import IST
from xpert_pipeline.sandbox.report_xml import item_status, status_word
from xpert_pipeline.sandbox.times import offset
from xpert_pipeline.sandbox.world.records import Item, Listing, Order

ORDER_COLUMNS = (
    "amazon-order-id", "merchant-order-id", "purchase-date", "last-updated-date", "order-status",
    "fulfillment-channel", "sales-channel", "order-channel", "ship-service-level", "product-name", "sku", "asin",
    "item-status", "quantity", "currency", "item-price", "item-tax", "shipping-price", "shipping-tax",
    "gift-wrap-price", "gift-wrap-tax", "item-promotion-discount", "ship-promotion-discount", "ship-city",
    "ship-state", "ship-postal-code", "ship-country", "promotion-ids", "is-business-order",
    "purchase-order-number", "price-designation",
)  # fmt: skip
LISTING_COLUMNS = (
    "item-name", "item-description", "listing-id", "seller-sku", "price", "quantity", "open-date", "image-url",
    "item-is-marketplace", "product-id-type", "zshop-shipping-fee", "item-note", "item-condition",
    "zshop-category1", "zshop-browse-path", "zshop-storefront-feature", "asin1", "asin2", "asin3",
    "will-ship-internationally", "expedited-shipping", "zshop-boldface", "product-id",
    "bid-for-featured-placement", "add-delete", "pending-quantity", "fulfillment-channel",
    "merchant-shipping-group", "status",
)  # fmt: skip


def flat_orders(orders: Iterable[Order]) -> Iterator[str]:
    """Yield the all-orders report line by line."""
    yield "\t".join(ORDER_COLUMNS) + "\r\n"
    for order in orders:
        for item in order.items:
            yield _line(_order_fields(order, item), ORDER_COLUMNS, "\r\n")


def merchant_listings(listings: Iterable[Listing]) -> Iterator[str]:
    """Yield the merchant listings report line by line."""
    yield "\t".join(LISTING_COLUMNS) + "\n"
    for listing in listings:
        yield _line(_listing_fields(listing), LISTING_COLUMNS, "\n")


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
        "ship-city": order.city,
        "ship-state": order.state,
        "ship-postal-code": order.postal_code,
        "ship-country": order.country,
        "promotion-ids": ",".join(item.promotions),
        "is-business-order": "true" if order.is_business else "false",
        "price-designation": "Business Price" if order.is_business and item.amount else "",
    }


def _listing_fields(listing: Listing) -> dict[str, str]:
    opened = datetime.fromtimestamp(listing.created, IST).strftime("%d/%m/%Y %H:%M:%S IST")
    return {
        "item-name": listing.title,
        "seller-sku": listing.sku,
        "price": listing.price or "",
        "quantity": "" if listing.quantity is None else str(listing.quantity),
        "open-date": opened,
        "item-is-marketplace": "y",
        "product-id-type": "1",
        "item-condition": "11",
        "asin1": listing.asin,
        "will-ship-internationally": "n",
        "expedited-shipping": "N",
        "product-id": listing.asin,
        "pending-quantity": "" if listing.quantity is None else "0",
        "fulfillment-channel": channel_code(listing),
        "merchant-shipping-group": "Migrated Template",
        "status": "Active" if listing.active else "Inactive",
    }


def channel_code(listing: Listing) -> str:
    """Fulfilment channel as listings spell it."""
    return "AMAZON_IN" if listing.fba else "DEFAULT"


def _line(fields: dict[str, str], columns: tuple[str, ...], ending: str) -> str:
    cells = [fields.get(column, "").replace("\t", " ").replace("\r", " ").replace("\n", " ") for column in columns]
    return "\t".join(cells) + ending
