"""The units of each SKU sold, shipped and refunded in a store on each day: the sums behind economics and traffic.

Days are ordinals (`date.toordinal`) of the store's local days. Cancelled items and orders of other shops do not count;
an unknown amount adds nothing. For units on hand see `stock`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from xpert_pipeline.sandbox.marketplaces import STORES, Store
from xpert_pipeline.sandbox.world.records import CANCELLED, Item, Listing, Order, World
from xpert_pipeline.sandbox.world.refunds import refund_day

_NOTHING: Mapping[str, "Sold"] = {}


@dataclass(slots=True)
class Count:
    """Sums over items: ordered on the day, shipped on the day, refunded on the day."""

    items: int = 0
    units: int = 0
    sales: Decimal = Decimal(0)
    shipped: int = 0
    shipped_sales: Decimal = Decimal(0)
    shipped_orders: frozenset[str] = frozenset()
    refunded: int = 0
    refunded_sales: Decimal = Decimal(0)

    def add(self, other: "Count") -> None:
        """Add another sum to this one."""
        self.items += other.items
        self.units += other.units
        self.sales += other.sales
        self.shipped += other.shipped
        self.shipped_sales += other.shipped_sales
        if other.shipped_orders:
            self.shipped_orders |= other.shipped_orders
        self.refunded += other.refunded
        self.refunded_sales += other.refunded_sales


@dataclass(slots=True)
class Sold:
    """Sums of one SKU and day. `business` counts Amazon Business customers; `everyone` includes them."""

    everyone: Count = field(default_factory=Count)
    business: Count | None = None

    def counts(self, order: Order) -> list[Count]:
        """Return the sums to which an order belongs."""
        if not order.is_business:
            return [self.everyone]
        if self.business is None:
            self.business = Count()
        return [self.everyone, self.business]


@dataclass(slots=True)
class Ledger:
    """All sums of a seller's store.

    Attributes:
        store: The store.
        first: The day of the store's first order.
        last: The last day of the store's world.
        listings: Listings by SKU, including SKUs that were sold but are not listed.
        is_own: Whether the seller has listings in the store; fees, advertisements and visits need a listing.
        sells_to_businesses: Whether the store has business customers at all.
        days: Day → SKU → sums.
        derived: Values that other modules computed once from the ledger, by their own keys.
    """

    store: Store
    first: int
    last: int
    listings: dict[str, Listing]
    is_own: bool = True
    sells_to_businesses: bool = False
    days: dict[int, dict[str, Sold]] = field(default_factory=dict)
    derived: dict[Any, Any] = field(default_factory=dict)

    def of(self, day: int) -> Mapping[str, Sold]:
        """Return the sums of a day, by SKU."""
        return self.days.get(day, _NOTHING)

    def is_open(self, day: int) -> bool:
        """Return whether the seller does business in the store on a day, even without a sale."""
        return self.is_own and self.first <= day <= self.last

    def add(self, order: Order) -> None:
        """Count an order."""
        self.sells_to_businesses = self.sells_to_businesses or order.is_business
        for item in order.items:
            if not item.cancelled:
                self._add_item(order, item)

    def _add_item(self, order: Order, item: Item) -> None:
        amount = Decimal(item.amount) if item.amount is not None else Decimal(0)
        for count in self._sold(order, item, self.store.day_of(order.created)).counts(order):
            count.items += 1
            count.units += item.quantity
            count.sales += amount
        if not item.shipped:
            return
        shipped = self.store.day_of(order.updated)
        for count in self._sold(order, item, shipped).counts(order):
            count.shipped += item.shipped
            count.shipped_sales += amount
            count.shipped_orders |= {order.id}
        refunded = refund_day(item, shipped)
        if refunded is not None and refunded <= self.last:
            for count in self._sold(order, item, refunded).counts(order):
                count.refunded += item.shipped
                count.refunded_sales += amount

    def _sold(self, order: Order, item: Item, day: int) -> Sold:
        if item.sku not in self.listings:
            self.listings[item.sku] = _unlisted(order, item, is_own=self.is_own)
        skus = self.days.setdefault(day, {})
        sold = skus.get(item.sku)
        if sold is None:
            sold = skus[item.sku] = Sold()
        return sold


def ledger_of(world: World, marketplace_id: str, now: float) -> Ledger:
    """Return the sums for a store up to now; they are kept if no part of the world is in the future."""
    if world.updated and world.updated[-1] > now:
        return _counted(world, marketplace_id, (order for order in world.orders if order.updated <= now), now)
    key = f"ledger {marketplace_id}"
    if key not in world.figures:
        world.figures[key] = _counted(world, marketplace_id, world.orders, now)
    ledger: Ledger = world.figures[key]
    return ledger


def last_day(world: World, marketplace_id: str, now: float) -> int:
    """Return the last day of a store that can have figures."""
    store = STORES[marketplace_id]
    return min(store.day_of(world.end_of(marketplace_id)), store.day_of(now))


def _counted(world: World, marketplace_id: str, orders: Iterable[Order], now: float) -> Ledger:
    store = STORES[marketplace_id]
    opened = world.opened.get(marketplace_id)
    ledger = Ledger(
        store,
        store.day_of(now) + 1 if opened is None else store.day_of(opened),
        store.day_of(world.end_of(marketplace_id)),
        {listing.sku: listing for listing in world.listings_of((marketplace_id,))},
        is_own=marketplace_id in world.marketplace_ids,
    )
    for order in orders:
        if order.marketplace_id == marketplace_id and order.is_sale and order.status != CANCELLED:
            ledger.add(order)
    return ledger


def _unlisted(order: Order, item: Item, *, is_own: bool) -> Listing:
    assert order.marketplace_id is not None
    return Listing(
        sku=item.sku,
        asin=item.asin,
        title=item.title,
        category="",
        size=None,
        price=None,
        currency=item.currency,
        fba=order.fba,
        quantity=None,
        active=is_own,
        created=order.created,
        updated=order.updated,
        marketplace_id=order.marketplace_id,
    )
