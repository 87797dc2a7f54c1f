"""Turns the lines of an order export into a world: the same orders, moved forward by whole weeks.

Time of day, item ids and what the export does not tell about listings come from hashes of what it does tell.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from functools import cache, lru_cache
from pathlib import Path

from xpert_pipeline.sandbox.marketplaces import BY_NAME, INDIA, IST, STORES
from xpert_pipeline.sandbox.world import money
from xpert_pipeline.sandbox.world.digest import fraction, number
from xpert_pipeline.sandbox.world.listings import listings_of
from xpert_pipeline.sandbox.world.orders_csv import Line, NotAnOrderReportError, read_day, read_lines
from xpert_pipeline.sandbox.world.records import (
    CANCELLED,
    NON_AMAZON,
    PARTIALLY_SHIPPED,
    PENDING,
    SHIPPED,
    UNFULFILLABLE,
    UNSHIPPED,
    Item,
    Order,
    World,
)

HOUR = 3600
LAG_HOURS = {PENDING: (0.0, 0.2), UNSHIPPED: (0.5, 6.0), CANCELLED: (1.0, 30.0), SHIPPED: (6.0, 72.0)}
"""How long after its creation an order of some status was last changed."""


def build(path: Path, seller_id: str, last_day: date) -> World:
    """The world of an export.

    Args:
        path: The file.
        seller_id: Of the seller it becomes.
        last_day: No order is younger.

    Raises:
        NotAnOrderReportError: With the file, the line and what is wrong there.
    """
    with _no_garbage_collection():
        by_order: dict[str, list[tuple[int, Line]]] = {}
        days: dict[str, date] = {}
        for place, line in read_lines(path):
            if line.date not in days:
                days[line.date] = read_day(line.date, f"{path}, line {place}")
            by_order.setdefault(line.order_id, []).append((place, line))
        if not days:
            raise NotAnOrderReportError(f"{path} holds no orders")
        weeks = (last_day - max(days.values())).days // 7
        midnights = {text: _midnight(day + timedelta(weeks=weeks)) for text, day in days.items()}
        end = _midnight(last_day + timedelta(days=1)) - 1
        orders = [_order(path, lines, midnights[lines[0][1].date], end) for lines in by_order.values()]
        orders.sort(key=lambda order: (order.created, order.id))
        facts = _listing_facts(line for lines in by_order.values() for _, line in lines)
        listings = listings_of(orders, facts, end)
        return World(seller_id, f"Orders of {path.name}", (INDIA,), orders, listings, end)


def _order(path: Path, lines: list[tuple[int, Line]], midnight: int, end: int) -> Order:
    place, first = lines[0]
    order_id = first.order_id
    created = midnight + int(fraction("time", order_id) * 86_400)
    status = _order_status([_status(path, number, line.status) for number, line in lines])
    fba = first.fulfilment.strip().lower() == "amazon"
    channel = first.channel.strip() or STORES[INDIA].name
    store = BY_NAME.get(channel.lower())
    return Order(
        id=order_id,
        created=created,
        updated=_updated(order_id, created, status, end),
        status=status,
        fba=fba,
        channel=NON_AMAZON if channel.lower() == NON_AMAZON.lower() else channel,
        marketplace_id=store.id if store else INDIA,
        service=_same(first.service.strip() or "Standard"),
        is_business=first.b2b.strip().lower() == "true",
        is_prime=fba and first.service.strip().lower() == "expedited" and store is not None,
        is_easy_ship=first.fulfilled_by.strip().lower() == "easy ship",
        city=_same(first.city),
        state=_same(first.state),
        postal_code=_same(first.postal_code.removesuffix(".0")),
        country=_same(first.country),
        items=_items(path, lines),
    )


def _items(path: Path, lines: list[tuple[int, Line]]) -> tuple[Item, ...]:
    seen: dict[tuple[str, str], int] = {}
    items = []
    for place, line in lines:
        occurrence = seen[line.sku, line.asin] = seen.get((line.sku, line.asin), 0) + 1
        status = _status(path, place, line.status)
        try:
            quantity, amount = int(line.quantity or 0), money.read(line.amount)
        except ValueError as error:
            raise NotAnOrderReportError(f"{path}, line {place}: {error}") from None
        items.append(
            Item(
                id=str(10**13 + number("item", line.order_id, line.sku, line.asin, occurrence) % (9 * 10**13)),
                sku=_same(line.sku),
                asin=_same(line.asin),
                title=_title(line.style, line.category, line.size),
                quantity=quantity,
                shipped=quantity if status == SHIPPED else 0,
                amount=amount,
                currency=_same(line.currency.strip() or STORES[INDIA].currency),
                promotions=_promotions(line.promotions),
                cancelled=status == CANCELLED,
            )
        )
    return tuple(items)


def _status(path: Path, place: int, text: str) -> str:
    found = _known_status(text)
    if found is None:
        raise NotAnOrderReportError(f"{path}, line {place}: {text!r} is no order status that the sandbox knows")
    return found


@lru_cache
def _known_status(text: str) -> str | None:
    word = text.strip().lower()
    if word.startswith("pending -") or word in ("shipping", "unshipped"):
        return UNSHIPPED
    if word in ("partially shipped", "partiallyshipped"):
        return PARTIALLY_SHIPPED
    if word in ("cancelled", "canceled"):
        return CANCELLED
    for known in (SHIPPED, PENDING, UNFULFILLABLE):
        if word.startswith(known.lower()):
            return known
    return None


def _order_status(statuses: list[str]) -> str:
    """One status of an order whose lines may differ: a cancelled line does not cancel the others."""
    living = [status for status in statuses if status != CANCELLED]
    if not living:
        return CANCELLED
    if SHIPPED in living and set(living) != {SHIPPED}:
        return PARTIALLY_SHIPPED
    return living[0]


def _updated(order_id: str, created: int, status: str, end: int) -> int:
    shortest, longest = LAG_HOURS.get(status, LAG_HOURS[UNSHIPPED])
    drawn = fraction("updated", order_id)
    lag = (shortest + drawn * (longest - shortest)) * HOUR
    return created + int(min(lag, drawn * (end - created)))


def _listing_facts(lines: Iterator[Line]) -> dict[str, tuple[str, str]]:
    return {line.sku: (_same(line.category), _same(line.size)) for line in lines}


def _midnight(day: date) -> int:
    return int(datetime.combine(day, clock(), IST).astimezone(UTC).timestamp())


@cache
def _title(style: str, category: str, size: str) -> str:
    return f"{category.strip().capitalize()} {style.strip()} (Size {size.strip()})"


@cache
def _promotions(text: str) -> tuple[str, ...]:
    return tuple(_same(part.strip()) for part in text.split(",") if part.strip())


@cache
def _same(text: str) -> str:
    """One object for equal texts: thousands of orders go to the same city."""
    return text


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Collecting while a million small objects are made takes longer than making them."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
