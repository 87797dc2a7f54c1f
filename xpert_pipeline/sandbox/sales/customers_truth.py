"""What customers ordered by week and month, as a perfect pipeline would tell it: no group below 10 orders."""

import time
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from xpert_pipeline.sandbox.domain import Row
from xpert_pipeline.sandbox.marketplaces import STORES
from xpert_pipeline.sandbox.world import money
from xpert_pipeline.sandbox.world.days import order_date
from xpert_pipeline.sandbox.world.records import CANCELLED, Item, Order, World

LEAST = 10
ACCOUNT = "ACCOUNT"
NAMELESS = ""
"""Scope of the lines without an ASIN, which has no row."""
Placed = tuple[Order, Sequence[Item]]
"""An order with its lines of one scope."""


def customer_metrics(world: World) -> Iterator[Row]:
    """Yield one row for each week and month with an order, for the account and for each ASIN.

    Loaded days, refunds, returns and repeat customers are left out: they depend on which days were asked for.
    """
    for marketplace_id in world.marketplace_ids:
        today = date.fromordinal(STORES[marketplace_id].day_of(time.time()))
        groups: dict[tuple[str, date], dict[str, list[Placed]]] = {}
        for order in world.orders:
            if order.marketplace_id == marketplace_id and order.is_sale and order.items:
                day = date.fromisoformat(order_date(order))
                if day <= today:
                    for period in (("WEEK", day - timedelta(days=day.isoweekday() % 7)), ("MONTH", day.replace(day=1))):
                        _add(groups.setdefault(period, {}), order)
        for (kind, start), scopes in groups.items():
            for row in period_rows(scopes):
                yield {"marketplace_id": marketplace_id, **_period(kind, start), **row}


def _add(scopes: dict[str, list[Placed]], order: Order) -> None:
    scopes.setdefault(ACCOUNT, []).append((order, order.items))
    for asin in {item.asin or NAMELESS for item in order.items}:
        scopes.setdefault(asin, []).append((order, [item for item in order.items if (item.asin or NAMELESS) == asin]))


def _period(kind: str, start: date) -> Row:
    after = start + timedelta(days=7) if kind == "WEEK" else (start + timedelta(days=31)).replace(day=1)
    last = after - timedelta(days=1)
    return {"period_type": kind, "period_start": start.isoformat(), "period_end": last.isoformat()}


def period_rows(scopes: dict[str, list[Placed]]) -> Iterator[Row]:
    """Yield the rows of one period."""
    hidden = {scope for scope, placed in scopes.items() if scope == NAMELESS or len(placed) < LEAST}
    told = sorted((len(placed), scope) for scope, placed in scopes.items() if scope != ACCOUNT and scope not in hidden)
    rest = {order.id for scope in hidden - {ACCOUNT} for order, _ in scopes.get(scope, ())}
    if told and 0 < len(rest) < LEAST:
        hidden.add(told[0][1])
    for scope, placed in scopes.items():
        if scope == NAMELESS:
            continue
        figures = _figures(placed)
        yield {
            "scope": scope,
            "is_suppressed": scope in hidden,
            **(dict.fromkeys(figures) if scope in hidden else figures),
        }


def _figures(placed: list[Placed]) -> Row:
    sold = [(order, _sold(order, items)) for order, items in placed]
    sold = [(order, items) for order, items in sold if items]
    units = sum(item.quantity for _, items in sold for item in items)
    b2b = sum(item.quantity for order, items in sold for item in items if order.is_business)
    business = sum(order.is_business for order, _ in sold)
    priced = [item for _, items in sold for item in items if item.amount is not None]
    known = [items for _, items in sold if all(item.amount is not None for item in items)]
    is_one = len({item.currency for item in priced}) == 1
    whole = sum((Decimal(item.amount) for items in known for item in items if item.amount), Decimal(0))
    small_part = 0 < business < LEAST or 0 < len(sold) - business < LEAST
    return {
        "orders": len(sold),
        "units": units,
        "ops": money.total([item.amount for item in priced]) if is_one else None,
        "aov": _ratio(whole, len(known)) if is_one else None,
        "units_per_order": _ratio(units, len(sold)),
        "b2b_pct": None if small_part else _ratio(100 * b2b, units),
        "cancel_pct": _ratio(100 * (len(placed) - len(sold)), len(placed)),
        "currency": priced[0].currency if is_one else None,
    }


def _sold(order: Order, items: Sequence[Item]) -> list[Item]:
    return [] if order.status == CANCELLED else [item for item in items if not item.cancelled]


def _ratio(part: Decimal | int, whole: int) -> str | None:
    return str((Decimal(part) / whole).quantize(money.FINEST, ROUND_HALF_UP)) if whole else None
