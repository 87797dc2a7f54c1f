"""What each SKU sold, sent and took back on each day of a store: the sums behind economics and traffic.

Days are ordinals (`date.toordinal`) of marketplace-local days. Cancelled items and other shops' orders do not count;
an amount that is not known adds nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from xpert_pipeline.sandbox.marketplaces import INDIA
from xpert_pipeline.sandbox.world.digest import number
from xpert_pipeline.sandbox.world.records import CANCELLED, Item, Listing, Order, World

EPOCH = date(1970, 1, 1).toordinal()
IST_SECONDS = 19_800
REFUNDED_SHARE = 40
"""Of a thousand items that were sent, so many come back."""
REFUND_DAYS = (3, 10)
"""A refund is asked for so many days after sending: the fewest, and how many more at most."""
_NOTHING: Mapping[str, "Sold"] = {}


def day_of(seconds: float) -> int:
    """Ordinal of the marketplace-local day of a time."""
    return EPOCH + (int(seconds) + IST_SECONDS) // 86_400


@dataclass(slots=True)
class Count:
    """Sums over items: ordered on the day, sent on the day, refunded on the day."""

    items: int = 0
    units: int = 0
    sales: Decimal = Decimal(0)
    shipped: int = 0
    shipped_sales: Decimal = Decimal(0)
    shipped_orders: frozenset[str] = frozenset()
    refunded: int = 0
    refunded_sales: Decimal = Decimal(0)

    def add(self, other: "Count") -> None:
        """Take another sum in."""
        self.items += other.items
        self.units += other.units
        self.sales += other.sales
        self.shipped += other.shipped
        self.shipped_sales += other.shipped_sales
        self.shipped_orders |= other.shipped_orders
        self.refunded += other.refunded
        self.refunded_sales += other.refunded_sales


@dataclass(slots=True)
class Sold:
    """Sums of one SKU and day; `business` are those with Amazon Business customers, which `everyone` includes."""

    everyone: Count = field(default_factory=Count)
    business: Count | None = None

    def counts(self, order: Order) -> list[Count]:
        """The sums that an order belongs to."""
        if not order.is_business:
            return [self.everyone]
        if self.business is None:
            self.business = Count()
        return [self.everyone, self.business]


@dataclass(slots=True)
class Ledger:
    """All sums of a world.

    Attributes:
        first: The day of the first order.
        last: The world's last day.
        listings: By SKU; also of SKUs that are sold but not listed.
        sells_to_businesses: Whether the seller has business customers at all.
        days: Marketplace → day → SKU → sums.
        derived: What others derived from it once, by a key of theirs.
    """

    first: int
    last: int
    listings: dict[str, Listing]
    sells_to_businesses: bool = False
    days: dict[str, dict[int, dict[str, Sold]]] = field(default_factory=dict)
    derived: dict[Any, Any] = field(default_factory=dict)

    def of(self, marketplace_id: str, day: int) -> Mapping[str, Sold]:
        """What was sold on a day, by SKU."""
        return self.days.get(marketplace_id, {}).get(day, _NOTHING)

    def take(self, order: Order) -> None:
        """Count one order in."""
        self.sells_to_businesses = self.sells_to_businesses or order.is_business
        for item in order.items:
            if not item.cancelled:
                self._take_item(order, item)

    def _take_item(self, order: Order, item: Item) -> None:
        amount = Decimal(item.amount) if item.amount is not None else Decimal(0)
        for count in self._sold(order, item, day_of(order.created)).counts(order):
            count.items += 1
            count.units += item.quantity
            count.sales += amount
        if not item.shipped:
            return
        sent = day_of(order.updated)
        for count in self._sold(order, item, sent).counts(order):
            count.shipped += item.shipped
            count.shipped_sales += amount
            count.shipped_orders |= {order.id}
        drawn = number("refund", item.id)
        back = sent + REFUND_DAYS[0] + (drawn >> 16) % (REFUND_DAYS[1] + 1)
        if drawn % 1000 < REFUNDED_SHARE and back <= self.last:
            for count in self._sold(order, item, back).counts(order):
                count.refunded += item.shipped
                count.refunded_sales += amount

    def _sold(self, order: Order, item: Item, day: int) -> Sold:
        if item.sku not in self.listings:
            self.listings[item.sku] = _unlisted(order, item)
        skus = self.days.setdefault(str(order.marketplace_id), {}).setdefault(day, {})
        found = skus.get(item.sku)
        if found is None:
            found = skus[item.sku] = Sold()
        return found


def ledger_of(world: World, now: float) -> Ledger:
    """The sums of what has happened by now; counted once where nothing of the world lies ahead."""
    if world.updated and world.updated[-1] > now:
        return _counted(world, (order for order in world.orders if order.updated <= now), now)
    if "ledger" not in world.figures:
        world.figures["ledger"] = _counted(world, world.orders, now)
    ledger: Ledger = world.figures["ledger"]
    return ledger


def last_day(world: World, now: float) -> int:
    """The last day that there can be figures about."""
    return min(day_of(world.end), day_of(now))


def _counted(world: World, orders: Iterable[Order], now: float) -> Ledger:
    first = day_of(world.orders[0].created) if world.orders else day_of(now) + 1
    ledger = Ledger(first, day_of(world.end), {listing.sku: listing for listing in world.listings})
    for order in orders:
        if order.is_sale and order.status != CANCELLED and order.marketplace_id is not None:
            ledger.take(order)
    return ledger


def _unlisted(order: Order, item: Item) -> Listing:
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
        active=order.marketplace_id == INDIA,
        created=order.created,
        updated=order.updated,
    )
