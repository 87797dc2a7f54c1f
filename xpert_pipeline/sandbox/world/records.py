"""The records of a world: orders, their items, listings. They are compact, because a world may have 100,000 orders."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from xpert_pipeline.sandbox.marketplaces import INDIA

PENDING = "PENDING"
UNSHIPPED = "UNSHIPPED"
PARTIALLY_SHIPPED = "PARTIALLY_SHIPPED"
SHIPPED = "SHIPPED"
CANCELLED = "CANCELLED"
UNFULFILLABLE = "UNFULFILLABLE"
NON_AMAZON = "Non-Amazon"


class Item(NamedTuple):
    """One line of an order.

    `amount` is the price of all its units as text, or None if it is unknown. `charges` are what comes to the price, by
    Amazon's kind of proceeds (SHIPPING, GIFT_WRAP, COD_FEE, TAX); a DISCOUNT is subtracted.
    """

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
    charges: tuple[tuple[str, str], ...] = ()


class Order(NamedTuple):
    """One order in its current state. Times are seconds since 1970."""

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
        """Whether Amazon counts the order among its own sales; False if it was shipped for another shop."""
        return self.channel.lower().startswith("amazon")


@dataclass(slots=True)
class Listing:
    """The current listing of one SKU in one store. Times are seconds since 1970.

    `quantity` is None for FBA listings, because Amazon counts their stock; see `world/stock.py`. `beside` are the units
    of an FBA listing that the seller itself has in its own channel, None if it has no such channel.
    """

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
    marketplace_id: str = INDIA
    beside: int | None = None

    @property
    def seed(self) -> str:
        """Seed for all random values of this listing.

        India uses the bare SKU, as it did when it was the sandbox's only store, so that its figures never change.
        """
        return self.sku if self.marketplace_id == INDIA else f"{self.marketplace_id}/{self.sku}"


@dataclass(slots=True)
class World:
    """One seller's business in all its stores.

    Attributes:
        seller_id: Amazon's id of the seller.
        name: The seller's name.
        marketplace_ids: The stores in which the seller has listings, in the seller's order.
        orders: Orders of all stores, sorted by creation. Some may belong to stores outside `marketplace_ids`.
        listings: Listings of all stores, by store and SKU.
        end: The last second of the world; nothing happens later.
        ends: The last second of each store that does not end at `end`: a store ends with its own last local day.
        stocked: Units of each SKU that can be sold at the end, from a stock list; the stock of others is invented.
        by_update: Indexes into `orders`, sorted by time of the last change.
        opened: Creation time of the first order, by marketplace id (None for orders of unknown stores).
        shelves: Listings by marketplace id and ASIN.
        figures: Values that were computed once from the whole world, by name.
    """

    seller_id: str
    name: str
    marketplace_ids: tuple[str, ...]
    orders: Sequence[Order]
    listings: Sequence[Listing]
    end: int
    ends: Mapping[str, int] = field(default_factory=dict)
    stocked: Mapping[str, int] = field(default_factory=dict)
    created: array = field(init=False)
    updated: array = field(init=False)
    by_update: array = field(init=False)
    places: dict[str, int] = field(init=False)
    opened: dict[str | None, int] = field(init=False)
    shelves: dict[str, dict[str, list[Listing]]] = field(init=False)
    figures: dict[str, Any] = field(init=False, default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Build the indexes for window queries."""
        orders = self.orders
        self.created = array("q", [order.created for order in orders])
        self.by_update = array("l", sorted(range(len(orders)), key=lambda place: (orders[place].updated, place)))
        self.updated = array("q", [orders[place].updated for place in self.by_update])
        self.places = {order.id: place for place, order in enumerate(orders)}
        self.opened = {order.marketplace_id: order.created for order in reversed(orders)}
        self.shelves = {marketplace_id: {} for marketplace_id in self.marketplace_ids}
        for listing in self.listings:
            self.shelves.setdefault(listing.marketplace_id, {}).setdefault(listing.asin, []).append(listing)

    def end_of(self, marketplace_id: str) -> int:
        """Return the last second of one store."""
        return self.ends.get(marketplace_id, self.end)

    def listings_of(self, marketplace_ids: Collection[str]) -> list[Listing]:
        """Return the listings of some stores, sorted by store and SKU."""
        return [listing for listing in self.listings if listing.marketplace_id in marketplace_ids]

    def shelf(self, marketplace_id: str) -> Mapping[str, list[Listing]]:
        """Return the listings of one store by ASIN."""
        return self.shelves.get(marketplace_id, {})

    def created_between(self, first: float, last: float) -> range:
        """Return the indexes of the orders created in a closed window."""
        return range(bisect_left(self.created, first), bisect_right(self.created, last))

    def updated_between(self, first: float, last: float) -> array:
        """Return the indexes of the orders last changed in a closed window, sorted by time of that change."""
        return self.by_update[bisect_left(self.updated, first) : bisect_right(self.updated, last)]

    def window(self, kind: str, first: float, last: float, now: float) -> Sequence[int]:
        """Return the indexes of the orders in a window, without those that reach their current state after `now`.

        Args:
            kind: `created` or `updated`.
            first: Start, inclusive.
            last: End, inclusive.
            now: Orders changed after this time are hidden.
        """
        places: Sequence[int] = (
            self.created_between(first, last) if kind == "created" else self.updated_between(first, last)
        )
        if self.updated and self.updated[-1] > now:
            places = [place for place in places if self.orders[place].updated <= now]
        return places

    def sales(self, first: float, end: float, now: float) -> Iterator[Order]:
        """Yield the orders created in a half-open window that are Amazon's own sales."""
        for place in self.window("created", first, end, now):
            order = self.orders[place]
            if order.is_sale and order.created < end:
                yield order
