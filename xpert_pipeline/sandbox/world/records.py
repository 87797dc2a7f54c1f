"""What a world is made of: orders, their items, listings; compact, because there may be a hundred thousand."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

PENDING = "PENDING"
UNSHIPPED = "UNSHIPPED"
PARTIALLY_SHIPPED = "PARTIALLY_SHIPPED"
SHIPPED = "SHIPPED"
CANCELLED = "CANCELLED"
UNFULFILLABLE = "UNFULFILLABLE"
NON_AMAZON = "Non-Amazon"


class Item(NamedTuple):
    """One line of an order. `amount` is the line's total as text, None when it is not known."""

    id: str
    sku: str
    asin: str
    title: str
    quantity: int
    shipped: int
    amount: str | None
    currency: str
    promotions: tuple[str, ...]
    cancelled: bool


class Order(NamedTuple):
    """One order in its present state. Times are seconds since 1970."""

    id: str
    created: int
    updated: int
    status: str
    fba: bool
    channel: str
    marketplace_id: str | None
    service: str
    is_business: bool
    is_prime: bool
    is_easy_ship: bool
    city: str
    state: str
    postal_code: str
    country: str
    items: tuple[Item, ...]

    @property
    def is_sale(self) -> bool:
        """Whether Amazon counts it among its own sales: not shipped for another shop."""
        return self.channel != NON_AMAZON


@dataclass(slots=True)
class Listing:
    """One SKU as it is listed now. FBA stock is not the seller's to tell: `quantity` is None."""

    sku: str
    asin: str
    title: str
    category: str
    size: str | None
    price: str | None
    currency: str
    fba: bool
    quantity: int | None
    active: bool
    created: int
    updated: int


@dataclass(slots=True)
class World:
    """One seller's business. Orders are sorted by creation; `by_update` sorts their places by change.

    Nothing happened after `end`, the last second of its last day. `stores` are the marketplaces of the orders,
    `shelf` holds the listings of each ASIN, `figures` what was derived from all of it once, by name.
    """

    seller_id: str
    name: str
    marketplace_ids: tuple[str, ...]
    orders: Sequence[Order]
    listings: Sequence[Listing]
    end: int
    created: array = field(init=False)
    updated: array = field(init=False)
    by_update: array = field(init=False)
    places: dict[str, int] = field(init=False)
    stores: frozenset[str | None] = field(init=False)
    shelf: dict[str, list[Listing]] = field(init=False)
    figures: dict[str, Any] = field(init=False, default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Build the indexes that window queries use."""
        orders = self.orders
        self.created = array("q", [order.created for order in orders])
        self.by_update = array("l", sorted(range(len(orders)), key=lambda place: (orders[place].updated, place)))
        self.updated = array("q", [orders[place].updated for place in self.by_update])
        self.places = {order.id: place for place, order in enumerate(orders)}
        self.stores = frozenset(order.marketplace_id for order in orders)
        self.shelf = {}
        for listing in self.listings:
            self.shelf.setdefault(listing.asin, []).append(listing)

    def created_between(self, first: float, last: float) -> range:
        """Places of the orders created in a closed window."""
        return range(bisect_left(self.created, first), bisect_right(self.created, last))

    def updated_between(self, first: float, last: float) -> array:
        """Places of the orders changed in a closed window, in the order of their change."""
        return self.by_update[bisect_left(self.updated, first) : bisect_right(self.updated, last)]

    def window(self, kind: str, first: float, last: float, now: float) -> Sequence[int]:
        """Places of a window, without what has not happened yet.

        Args:
            kind: `created` or `updated`.
            first: Start, included.
            last: End, included.
            now: A state of the future is hidden until its time has come.
        """
        places: Sequence[int] = (
            self.created_between(first, last) if kind == "created" else self.updated_between(first, last)
        )
        if self.updated and self.updated[-1] > now:
            places = [place for place in places if self.orders[place].updated <= now]
        return places

    def sales(self, first: float, end: float, now: float) -> Iterator[Order]:
        """Amazon's own orders created in a half-open window."""
        for place in self.window("created", first, end, now):
            order = self.orders[place]
            if order.is_sale and order.created < end:
                yield order
