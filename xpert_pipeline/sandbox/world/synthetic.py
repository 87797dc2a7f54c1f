"""Invents a seller's orders, store by store and day by day.

The orders of a day depend only on the seed, the store and that day. The status of an order depends on its age when the
store's world ends: pending, then unshipped, then shipped, or cancelled on the way. So a later last day adds days and
advances statuses, another store adds orders, and neither changes anything else.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import accumulate
from random import Random

from xpert_pipeline.sandbox.marketplaces import INDIA, STORES, Store
from xpert_pipeline.sandbox.world import money
from xpert_pipeline.sandbox.world.catalogue import PROMOTIONS, Product, store_products
from xpert_pipeline.sandbox.world.digest import fraction, number
from xpert_pipeline.sandbox.world.localisation import CITIES
from xpert_pipeline.sandbox.world.order_charges import charges_of
from xpert_pipeline.sandbox.world.records import (
    CANCELLED,
    NON_AMAZON,
    PENDING,
    SHIPPED,
    UNSHIPPED,
    Item,
    Listing,
    Order,
    World,
)

HOUR, DAY = 3600, 86_400
WEEKDAYS = (0.95, 0.92, 0.9, 0.95, 1.0, 1.15, 1.2)
"""Demand by day of the week, Monday first."""
HOURS = (2, 1, 1, 1, 1, 2, 3, 5, 7, 9, 11, 12, 13, 12, 11, 10, 10, 11, 13, 15, 16, 14, 9, 5)
"""Demand by hour of the day."""
CANCELLED_SHARE, BUSINESS_SHARE, NON_AMAZON_SHARE = 0.15, 0.03, 0.01
CHANGE_SECONDS = 20 * DAY
"""How often every listing is edited; each has its own days."""
SMALLEST, LARGEST = 25, 75
"""The fewest and the most orders of a store other than India, in per cent of India's orders."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The size of a seller. Orders and SKUs are those of India; other stores are smaller."""

    seed: str
    days: int
    orders_per_day: float
    skus: int
    marketplaces: tuple[str, ...] = (INDIA,)


def build(plan: Plan, seller_id: str, name: str, last_day: date) -> World:
    """Build the world of a plan; every store ends with its own local `last_day`."""
    shops = [_Shop(plan, STORES[marketplace_id], last_day) for marketplace_id in plan.marketplaces]
    days = [last_day - timedelta(days=back) for back in reversed(range(plan.days))]
    orders = [order for shop in shops for day in days for order in shop.orders_of(day)]
    orders.sort(key=lambda order: (order.created, order.id))
    listings = [listing for shop in shops for listing in shop.listings()]
    ends = {shop.store.id: shop.end for shop in shops}
    return World(seller_id, name, plan.marketplaces, orders, listings, max(ends.values()), ends)


def orders_per_day(plan: Plan, store: Store) -> float:
    """Return how many orders a store of the seller has on an average day."""
    if store.id == INDIA:
        return plan.orders_per_day
    return max(1.0, plan.orders_per_day * (SMALLEST + number("size", store.id) % (LARGEST - SMALLEST)) / 100)


class _Shop:
    """Draws a seller's orders in one store, day by day."""

    def __init__(self, plan: Plan, store: Store, last_day: date) -> None:
        self.store = store
        self.seed = plan.seed if store.id == INDIA else f"{plan.seed}/{store.id}"
        self.products = store_products(plan.seed, plan.skus, store)
        self.orders_per_day = orders_per_day(plan, store)
        self.end = store.midnight(last_day + timedelta(days=1)) - 1
        self.hours = list(accumulate(HOURS))

    def orders_of(self, day: date) -> Iterator[Order]:
        """Yield all orders of a local day, in their state at the end of the store's world."""
        draw = Random(f"{self.seed}/{day.isoformat()}")  # noqa: S311  the draw must be repeatable
        offered = [product for product in self.products if product.sells_on(day)] or self.products[:1]
        weights = list(accumulate(product.demand for product in offered))
        expected = self.orders_per_day * WEEKDAYS[day.weekday()]
        amount = max(0, round(draw.gauss(expected, expected**0.5 * 1.3)))
        for place in range(amount):
            first = offered[min(bisect_right(weights, draw.random() * weights[-1]), len(offered) - 1)]
            yield self._order(draw, day, place, first, offered)

    def listings(self) -> list[Listing]:
        """Return all listings as they are at the end, by SKU."""
        listings = []
        for product in self.products:
            phase = number("changed", self.seed, product.listing.sku) % CHANGE_SECONDS
            changed = self.end - (self.end - phase) % CHANGE_SECONDS
            listings.append(replace(product.listing, created=product.listed, updated=max(product.listed, changed)))
        return sorted(listings, key=lambda listing: listing.sku)

    def _order(self, draw: Random, day: date, place: int, first: Product, offered: list[Product]) -> Order:
        order_id = _order_id(self.seed, f"{day.isoformat()}/{place}")
        created = self.store.moment(day, self._second(draw))
        fba = first.listing.fba
        in_india = self.store.id == INDIA  # only there Amazon ships for other shops and offers Easy Ship
        foreign = in_india and fba and draw.random() < NON_AMAZON_SHARE
        business = not foreign and draw.random() < BUSINESS_SHARE
        status, updated = self._state(draw, created, fba=fba)
        cities = CITIES[self.store.country]
        city, state, postal_code = cities[int(draw.random() * len(cities))]
        lines = self._lines(draw, first, offered, business=business)
        promotions = self._promotions(draw)
        never_priced = draw.random() < 0.3  # drawn for every status; otherwise the status would change later orders
        priceless = status == PENDING or foreign or (status == CANCELLED and never_priced)
        express = fba or draw.random() < 0.2
        order = Order(
            id=order_id,
            created=created,
            updated=updated,
            status=status,
            fba=fba,
            channel=NON_AMAZON if foreign else self.store.name,
            marketplace_id=self.store.id,
            service="Expedited" if express else "Standard",
            is_business=business,
            is_prime=fba and not foreign and draw.random() < 0.7,
            is_easy_ship=in_india and not fba,
            city=city,
            state=state,
            postal_code=postal_code,
            country=self.store.country,
            items=tuple(
                self._item(order_id, position, line, status, promotions, priceless=priceless)
                for position, line in enumerate(lines)
            ),
        )
        return charges_of(order, self.store)

    def _second(self, draw: Random) -> int:
        hour = bisect_right(self.hours, draw.random() * self.hours[-1])
        return min(hour, 23) * HOUR + int(draw.random() * HOUR)

    def _state(self, draw: Random, created: int, *, fba: bool) -> tuple[str, int]:
        """Return the status at the end, and since when. Every order draws four numbers, whatever its status."""
        paid = created + int((0.2 + draw.random() ** 2 * 6) * HOUR)
        shipped = paid + int((3 + draw.random() * (18 if fba else 42)) * HOUR)
        given_up = created + int((0.5 + draw.random() * 36) * HOUR)
        doomed = draw.random() < CANCELLED_SHARE
        if doomed and given_up <= self.end:
            return CANCELLED, given_up
        if not doomed and shipped <= self.end:
            return SHIPPED, shipped
        return (UNSHIPPED, paid) if paid <= self.end and not (doomed and paid > given_up) else (PENDING, created)

    def _lines(
        self, draw: Random, first: Product, offered: list[Product], *, business: bool
    ) -> list[tuple[Product, int]]:
        """Return products and quantities; one order contains products of one fulfilment channel."""
        drawn = draw.random()
        amount = 1 if drawn < 0.88 else 2 if drawn < 0.97 else 3
        same = [product for product in offered if product.listing.fba == first.listing.fba]
        chosen = [first] + [same[int(draw.random() * len(same))] for _ in range(amount - 1)]
        lines = []
        for product in chosen:
            drawn = draw.random()
            quantity = 1 if drawn < 0.93 else 2 if drawn < 0.98 else 3
            lines.append((product, quantity * (5 if business else 1)))
        return lines

    def _promotions(self, draw: Random) -> tuple[str, ...]:
        drawn, chosen = draw.random(), draw.random()
        return (PROMOTIONS[int(chosen * len(PROMOTIONS))].format(self.store.country),) if drawn < 0.35 else ()

    def _item(
        self,
        order_id: str,
        place: int,
        line: tuple[Product, int],
        status: str,
        promotions: tuple[str, ...],
        *,
        priceless: bool,
    ) -> Item:
        product, quantity = line
        listing = product.listing
        cancelled = status == CANCELLED
        if cancelled and fraction("none", order_id, place) < 0.5:
            quantity = 0
        price = Decimal(listing.price or "0") * max(1, quantity)
        return Item(
            id=str(10**13 + number("item", order_id, listing.sku, place) % (9 * 10**13)),
            sku=listing.sku,
            asin=listing.asin,
            title=listing.title,
            quantity=quantity,
            shipped=quantity if status == SHIPPED else 0,
            amount=None if priceless else money.written(price),
            currency=listing.currency,
            promotions=() if cancelled else promotions,
            cancelled=cancelled,
        )


def _order_id(seed: str, name: str) -> str:
    drawn = number("order", seed, name)
    return f"{402 + drawn % 7}-{drawn // 7 % 10**7:07d}-{drawn // (7 * 10**7) % 10**7:07d}"
