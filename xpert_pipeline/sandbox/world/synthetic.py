"""Invents a seller's orders: what was bought on a day depends on nothing but the seed and that day.

How far an order has come depends on its age when the world ends: pending, then unshipped, then shipped, or
cancelled on the way. So a later last day adds days and moves states on, and changes nothing else.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from decimal import Decimal
from itertools import accumulate
from random import Random

from xpert_pipeline.sandbox.marketplaces import EMIRATES, INDIA, IST, STORES
from xpert_pipeline.sandbox.world import money
from xpert_pipeline.sandbox.world.catalogue import CITIES, PROMOTIONS, Product, build_products
from xpert_pipeline.sandbox.world.digest import fraction, number
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
CANCELLED_SHARE, BUSINESS_SHARE, NON_AMAZON_SHARE, ABROAD_SHARE = 0.15, 0.03, 0.01, 0.06
CHANGE_SECONDS = 20 * DAY
"""Every listing is edited this often, each on days of its own."""
AED_IN_INR = Decimal("22.5")


@dataclass(frozen=True, slots=True)
class Plan:
    """How large a seller is."""

    seed: str
    days: int
    orders_per_day: float
    skus: int
    other_stores: bool = False


def build(plan: Plan, seller_id: str, name: str, last_day: date) -> World:
    """The world of a plan that ends with `last_day`."""
    end = _midnight(last_day + timedelta(days=1)) - 1
    shop = _Shop(plan, build_products(plan.seed, plan.skus), end)
    days = (last_day - timedelta(days=back) for back in reversed(range(plan.days)))
    orders = [order for day in days for order in shop.orders_of(day)]
    orders.sort(key=lambda order: (order.created, order.id))
    marketplaces = (INDIA, EMIRATES) if plan.other_stores else (INDIA,)
    return World(seller_id, name, marketplaces, orders, shop.listings(), end)


class _Shop:
    """Draws a seller's orders day by day."""

    def __init__(self, plan: Plan, products: list[Product], end: int) -> None:
        self.plan, self.products, self.end = plan, products, end
        self.hours = list(accumulate(HOURS))

    def orders_of(self, day: date) -> Iterator[Order]:
        """All orders of a day in their state at the world's end."""
        draw = Random(f"{self.plan.seed}/{day.isoformat()}")  # noqa: S311  a repeatable draw is wanted
        offered = [product for product in self.products if product.wanted_on(day)] or self.products[:1]
        weights = list(accumulate(product.demand for product in offered))
        expected = self.plan.orders_per_day * WEEKDAYS[day.weekday()]
        amount = max(0, round(draw.gauss(expected, expected**0.5 * 1.3)))
        midnight = _midnight(day)
        for place in range(amount):
            first = offered[min(bisect_right(weights, draw.random() * weights[-1]), len(offered) - 1)]
            yield self._order(draw, f"{day.isoformat()}/{place}", midnight, first, offered)

    def listings(self) -> list[Listing]:
        """All listings as they stand at the end, by SKU."""
        found = []
        for product in self.products:
            phase = number("changed", self.plan.seed, product.listing.sku) % CHANGE_SECONDS
            changed = self.end - (self.end - phase) % CHANGE_SECONDS
            found.append(replace(product.listing, created=product.listed, updated=max(product.listed, changed)))
        return sorted(found, key=lambda listing: listing.sku)

    def _order(self, draw: Random, name: str, midnight: int, first: Product, offered: list[Product]) -> Order:
        seed = self.plan.seed
        order_id = _order_id(seed, name)
        created = midnight + self._second(draw)
        fba = first.listing.fba
        foreign = fba and draw.random() < NON_AMAZON_SHARE
        abroad = self.plan.other_stores and draw.random() < ABROAD_SHARE and not foreign
        store = STORES[EMIRATES if abroad else INDIA]
        business = not foreign and draw.random() < BUSINESS_SHARE
        status, updated = self._state(draw, created, fba=fba)
        city, state, postal_code = CITIES[int(draw.random() * len(CITIES))]
        lines = self._lines(draw, first, offered, business=business)
        promotions = self._promotions(draw)
        never_priced = draw.random() < 0.3  # drawn in every state, or the states would change the orders that follow
        priceless = status == PENDING or foreign or (status == CANCELLED and never_priced)
        express = fba or draw.random() < 0.2
        return Order(
            id=order_id,
            created=created,
            updated=updated,
            status=status,
            fba=fba,
            channel=NON_AMAZON if foreign else store.name,
            marketplace_id=store.id,
            service="Expedited" if express else "Standard",
            is_business=business,
            is_prime=fba and not foreign and draw.random() < 0.7,
            is_easy_ship=not fba and not abroad,
            city="Dubai" if abroad else city,
            state="Dubai" if abroad else state,
            postal_code="" if abroad else postal_code,
            country=store.country,
            items=tuple(
                self._item(order_id, place, line, status, store.currency, promotions, priceless=priceless)
                for place, line in enumerate(lines)
            ),
        )

    def _second(self, draw: Random) -> int:
        hour = bisect_right(self.hours, draw.random() * self.hours[-1])
        return min(hour, 23) * HOUR + int(draw.random() * HOUR)

    def _state(self, draw: Random, created: int, *, fba: bool) -> tuple[str, int]:
        """Status at the world's end, and when it came about. Every order draws the same four numbers."""
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
        """Products and quantities; what is ordered together is sent by the same channel."""
        drawn = draw.random()
        wanted = 1 if drawn < 0.88 else 2 if drawn < 0.97 else 3
        same = [product for product in offered if product.listing.fba == first.listing.fba]
        chosen = [first] + [same[int(draw.random() * len(same))] for _ in range(wanted - 1)]
        lines = []
        for product in chosen:
            drawn = draw.random()
            quantity = 1 if drawn < 0.93 else 2 if drawn < 0.98 else 3
            lines.append((product, quantity * (5 if business else 1)))
        return lines

    def _promotions(self, draw: Random) -> tuple[str, ...]:
        drawn, chosen = draw.random(), draw.random()
        return (PROMOTIONS[int(chosen * len(PROMOTIONS))],) if drawn < 0.35 else ()

    def _item(
        self,
        order_id: str,
        place: int,
        line: tuple[Product, int],
        status: str,
        currency: str,
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
        if currency != listing.currency:
            price = (price / AED_IN_INR).quantize(money.CENT)
        return Item(
            id=str(10**13 + number("item", order_id, listing.sku, place) % (9 * 10**13)),
            sku=listing.sku,
            asin=listing.asin,
            title=listing.title,
            quantity=quantity,
            shipped=quantity if status == SHIPPED else 0,
            amount=None if priceless else money.written(price),
            currency=currency,
            promotions=() if cancelled else promotions,
            cancelled=cancelled,
        )


def _order_id(seed: str, name: str) -> str:
    drawn = number("order", seed, name)
    return f"{402 + drawn % 7}-{drawn // 7 % 10**7:07d}-{drawn // (7 * 10**7) % 10**7:07d}"


def _midnight(day: date) -> int:
    return int(datetime.combine(day, clock(), IST).astimezone(UTC).timestamp())
