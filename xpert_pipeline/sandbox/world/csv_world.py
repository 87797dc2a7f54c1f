"""Turns the lines of an order export into a world: the same orders, moved forward by whole weeks.

The seller has one store, India; orders of other stores in the file keep their store. The file lacks times of day, item
ids and facts about listings; these are derived from hashes of its values.
"""

from datetime import date, timedelta
from decimal import Decimal
from functools import cache, lru_cache
from pathlib import Path

from xpert_pipeline.sandbox.marketplaces import BY_NAME, INDIA, STORES
from xpert_pipeline.sandbox.world import money
from xpert_pipeline.sandbox.world.digest import fraction, number
from xpert_pipeline.sandbox.world.garbage import no_garbage_collection
from xpert_pipeline.sandbox.world.listings import listings_of, with_stock
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
from xpert_pipeline.sandbox.world.stock_csv import read_stock

HOUR, DAY = 3600, 86_400
LAG_HOURS = {PENDING: (0.0, 0.2), UNSHIPPED: (0.5, 6.0), CANCELLED: (1.0, 30.0), SHIPPED: (6.0, 72.0)}
"""Status → the shortest and longest time between an order's creation and its last change."""


def build(path: Path, seller_id: str, last_day: date, stock_path: Path | None = None) -> World:
    """Build the world from an export.

    Args:
        path: The file.
        seller_id: The id of the seller who owns the orders.
        last_day: The latest possible day of the last order.
        stock_path: The seller's stock list; None to invent the stock.

    Raises:
        NotAnOrderReportError: The message names the file, the line and the problem.
    """
    with no_garbage_collection():
        drafts: dict[str, _Draft] = {}
        days: dict[str, date] = {}
        facts: dict[str, tuple[str, str]] = {}
        for place, line in read_lines(path):
            at = f"{path}, line {place}"
            if line.date not in days:
                days[line.date] = read_day(line.date, at)
            if line.order_id not in drafts:
                drafts[line.order_id] = _Draft(line)
            drafts[line.order_id].add(line, at)
            facts[line.sku] = (_same(line.category), _same(line.size))
        if not days:
            raise NotAnOrderReportError(f"{path} contains no orders")
        weeks = (last_day - max(days.values())).days // 7
        midnights = {text: STORES[INDIA].midnight(day + timedelta(weeks=weeks)) for text, day in days.items()}
        end = STORES[INDIA].midnight(last_day + timedelta(days=1)) - 1
        orders = [draft.order(midnights[draft.date], end) for draft in drafts.values()]
        orders.sort(key=lambda order: (order.created, order.id))
        listings, stock = listings_of(orders, facts, end), read_stock(stock_path) if stock_path else {}
        name = f"Orders of {path.name}" + (f", stock of {stock_path.name}" if stock_path else "")
        units = {sku: one.units for sku, one in stock.items()}
        return World(seller_id, name, (INDIA,), orders, with_stock(listings, stock, end), end, stocked=units)


class _Draft:
    """An order that is not fully read yet: the facts of its first line, and its items so far."""

    __slots__ = ("channel", "date", "easy_ship", "fba", "id", "is_business", "items", "place", "service", "statuses")

    def __init__(self, line: Line) -> None:
        self.id = line.order_id
        self.date = _same(line.date)
        self.fba = line.fulfilment.strip().lower() == "amazon"
        self.channel = _same(line.channel.strip() or STORES[INDIA].name)
        self.service = _same(line.service.strip() or "Standard")
        self.is_business = line.b2b.strip().lower() == "true"
        self.easy_ship = line.fulfilled_by.strip().lower() == "easy ship"
        self.place = tuple(map(_same, (line.city, line.state, line.postal_code.removesuffix(".0"), line.country)))
        self.statuses: list[str] = []
        self.items: list[Item] = []

    def add(self, line: Line, at: str) -> None:
        """Add one line; two identical lines are two items."""
        status = _known_status(line.status)
        if status is None:
            raise NotAnOrderReportError(f"{at}: {line.status!r} is not an order status that the sandbox knows")
        try:
            quantity, amount = _quantity(line.quantity), money.read(line.amount)
        except ArithmeticError:
            raise NotAnOrderReportError(f"{at}: {line.quantity!r} is not a quantity") from None
        except ValueError as error:
            raise NotAnOrderReportError(f"{at}: {error}") from None
        occurrence = 1 + sum(item.sku == line.sku and item.asin == line.asin for item in self.items)
        self.statuses.append(status)
        self.items.append(
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

    def order(self, midnight: int, end: int) -> Order:
        """Return the order, placed on the day that begins at `midnight`."""
        created = midnight + int(fraction("time", self.id) * DAY)
        status = _order_status(self.statuses)
        store = BY_NAME.get(self.channel.lower())
        foreign_store = store is None and self.channel.lower().startswith("amazon")
        city, state, postal_code, country = self.place
        return Order(
            id=self.id,
            created=created,
            updated=_updated(self.id, created, status, end),
            status=status,
            fba=self.fba,
            channel=NON_AMAZON if self.channel.lower() == NON_AMAZON.lower() else self.channel,
            marketplace_id=store.id if store else None if foreign_store else INDIA,
            service=self.service,
            is_business=self.is_business,
            is_prime=self.fba and self.service.lower() == "expedited" and store is not None,
            is_easy_ship=self.easy_ship,
            city=city,
            state=state,
            postal_code=postal_code,
            country=country,
            items=tuple(self.items),
        )


@lru_cache
def _quantity(text: str) -> int:
    """Read a number of units; spreadsheets write them as 1.0."""
    units = Decimal(text.strip() or "0")
    if units != units.to_integral_value():
        raise ArithmeticError
    return int(units)


@lru_cache
def _known_status(text: str) -> str | None:
    status = text.strip().lower()
    if status.startswith("pending -") or status in ("shipping", "unshipped"):
        return UNSHIPPED
    if status in ("partially shipped", "partiallyshipped"):
        return PARTIALLY_SHIPPED
    if status in ("cancelled", "canceled"):
        return CANCELLED
    for known in (SHIPPED, PENDING, UNFULFILLABLE):
        if status.startswith(known.lower()):
            return known
    return None


def _order_status(statuses: list[str]) -> str:
    """Return one status for an order whose lines may differ: a cancelled line does not cancel the others."""
    uncancelled = [status for status in statuses if status != CANCELLED]
    if not uncancelled:
        return CANCELLED
    if SHIPPED in uncancelled and set(uncancelled) != {SHIPPED}:
        return PARTIALLY_SHIPPED
    return uncancelled[0]


def _updated(order_id: str, created: int, status: str, end: int) -> int:
    shortest, longest = LAG_HOURS.get(status, LAG_HOURS[UNSHIPPED])
    drawn = fraction("updated", order_id)
    lag = (shortest + drawn * (longest - shortest)) * HOUR
    return created + int(min(lag, drawn * (end - created)))


@cache
def _title(style: str, category: str, size: str) -> str:
    return f"{category.strip().capitalize()} {style.strip()} (Size {size.strip()})"


@cache
def _promotions(text: str) -> tuple[str, ...]:
    return tuple(_same(part.strip()) for part in text.split(",") if part.strip())


@cache
def _same(text: str) -> str:
    """Return one object for equal texts: thousands of orders go to the same city."""
    return text
