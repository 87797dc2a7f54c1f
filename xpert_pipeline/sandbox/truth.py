"""The rows that a perfect pipeline would hold, in the tables' column names. Amounts are text, times are UTC."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from xpert_pipeline.sandbox.catalog_payload import catalog_facts
from xpert_pipeline.sandbox.listings_payload import fn_sku, image_url, product_type, status, variation_theme
from xpert_pipeline.sandbox.marketplaces import INDIA, IST
from xpert_pipeline.sandbox.orders_payload import cancellation, programs, windows
from xpert_pipeline.sandbox.report_flat import channel_code
from xpert_pipeline.sandbox.times import zulu
from xpert_pipeline.sandbox.world import money
from xpert_pipeline.sandbox.world.records import CANCELLED, Item, Order, World

Row = dict[str, Any]


def products(world: World) -> Iterator[Row]:
    """One row for each listing."""
    for listing in world.listings:
        yield {
            "marketplace_id": INDIA,
            "sku": listing.sku,
            "asin": listing.asin,
            "fn_sku": fn_sku(listing),
            "item_name": listing.title,
            "product_type": product_type(listing),
            "condition_type": "new_new",
            "status": status(listing),
            "fulfillment_channel": channel_code(listing),
            "price": listing.price,
            "currency": listing.currency if listing.price else None,
            "quantity": listing.quantity,
            "main_image_url": image_url(listing.asin),
            "variation_theme": variation_theme(listing),
            "issues_count": 0,
            **catalog_facts(listing),
            "listing_created_at": zulu(listing.created),
            "listing_updated_at": zulu(listing.updated),
        }


def orders(world: World) -> Iterator[Row]:
    """One row for each order of Amazon.in, other shops' orders included."""
    for order in _ours(world):
        yield _order_row(order)


def order_items(world: World) -> Iterator[Row]:
    """One row for each line of an order."""
    for order in _ours(world):
        for item in order.items:
            yield _item_row(order, item)


@dataclass(slots=True)
class _SkuDay:
    """What one SKU sold on one day."""

    orders: set[str] = field(default_factory=set)
    items: int = 0
    units: int = 0
    units_b2b: int = 0
    units_cancelled: int = 0
    amounts: list[str | None] = field(default_factory=list)
    amounts_b2b: list[str | None] = field(default_factory=list)
    currency: str | None = None

    def add(self, order: Order, item: Item) -> None:
        if item.cancelled or order.status == CANCELLED:
            self.units_cancelled += item.quantity
            return
        self.orders.add(order.id)
        self.items += 1
        self.units += item.quantity
        self.amounts.append(item.amount)
        self.currency = self.currency or (item.currency if item.amount is not None else None)
        if order.is_business:
            self.units_b2b += item.quantity
            self.amounts_b2b.append(item.amount)


def sales_data(world: World) -> Iterator[Row]:
    """One row for each SKU and day with an item that Amazon sold, also where all of them were cancelled."""
    days: dict[tuple[str, str], _SkuDay] = {}
    for order in _ours(world):
        if order.is_sale:
            day = order_date(order.created)
            for item in order.items:
                days.setdefault((day, item.sku), _SkuDay()).add(order, item)
    for (day, sku), sold in sorted(days.items()):
        ops = money.total(sold.amounts)
        yield {
            "marketplace_id": INDIA,
            "sale_date": day,
            "sku": sku,
            "orders": len(sold.orders),
            "order_items": sold.items,
            "units_ordered": sold.units,
            "units_b2b": sold.units_b2b,
            "units_cancelled": sold.units_cancelled,
            "ops": ops,
            "ops_b2b": money.total(sold.amounts_b2b),
            "currency": sold.currency,
            "asp": str((Decimal(ops) / sold.units).quantize(money.FINEST)) if ops and sold.units else None,
        }


def order_date(created: int) -> str:
    """Marketplace-local day of a purchase."""
    return _day((created + 19_800) // 86_400)


@lru_cache(maxsize=4096)
def _day(days: int) -> str:
    return datetime.fromtimestamp(days * 86_400 - 19_800, IST).date().isoformat()


def _ours(world: World) -> Iterator[Order]:
    return (order for order in world.orders if order.marketplace_id == INDIA)


def _order_row(order: Order) -> Row:
    total = money.total(item.amount for item in order.items)
    currency = order.items[0].currency if total else None
    promised = windows(order)
    return {
        "marketplace_id": INDIA,
        "order_id": order.id,
        "seller_order_id": None,
        "purchase_date": zulu(order.created),
        "order_date": order_date(order.created),
        "last_updated_at": zulu(order.updated),
        "fulfillment_status": order.status,
        "fulfilled_by": "AMAZON" if order.fba else "MERCHANT",
        "service_level": order.service.upper(),
        "sales_channel": order.channel,
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
    done = cancellation(order, item) if item.cancelled else {}
    priced = item.amount is not None and item.quantity > 0
    return {
        "marketplace_id": INDIA,
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
        "item_proceeds": item.amount,
        "item_subtotal": item.amount,
        "promotion_ids": list(item.promotions) or None,
        "is_cancelled": item.cancelled,
        "cancelled_by": done.get("cancelledBy"),
        "cancel_reason": done.get("cancelReason"),
        "purchase_date": zulu(order.created),
        "order_date": order_date(order.created),
        "last_updated_at": zulu(order.updated),
    }


TABLES: dict[str, Callable[[World], Iterator[Row]]] = {
    "products": products,
    "orders": orders,
    "order_items": order_items,
    "sales_data": sales_data,
}
