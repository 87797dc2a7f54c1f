"""The stock at Amazon day by day, as the inventory ledger counts it: a balance for each day with units."""

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import NamedTuple

from xpert_pipeline.sandbox.world.movements import (
    ADJUSTMENT,
    CUSTOMER_RETURN,
    DAMAGED,
    FOUND,
    LOST,
    MISPLACED,
    RECEIPT,
    REMOVAL,
    SHIPMENT,
    Movement,
    Stock,
    StockLine,
)

KINDS = (RECEIPT, SHIPMENT, CUSTOMER_RETURN, REMOVAL, FOUND, LOST, DAMAGED, MISPLACED)
"""What a balance adds up: the types of movements, and the reasons of adjustments in place of their type."""


class DayBalance(NamedTuple):
    """One day of the units in one disposition: `closing` is `opening` plus everything that moved, by kind."""

    line: StockLine
    day: int
    disposition: str
    opening: int
    moved: Mapping[str, int]
    closing: int


def day_balances(stock: Stock, first: int, last: int) -> Iterator[DayBalance]:
    """Yield the balances of some days, line by line; a disposition has none while it neither holds nor moves units.

    Args:
        stock: The stock of one store.
        first: The first day.
        last: The last day, which must be over.
    """
    for line in stock.lines:
        yield from _of_line(line, max(first, stock.first), min(last, stock.last))


def _of_line(line: StockLine, first: int, last: int) -> Iterator[DayBalance]:
    units = dict(line.opening)
    by_day = {day: list(moved) for day, moved in groupby(line.movements, key=lambda movement: movement.day)}
    for day in sorted(day for day in by_day if day < first):
        for movement in by_day[day]:
            units[movement.disposition] = units.get(movement.disposition, 0) + movement.quantity
    for day in range(first, last + 1):
        moved = _by_disposition(by_day.get(day, ()))
        for disposition in sorted(units.keys() | moved.keys()):
            opening, kinds = units.get(disposition, 0), moved.get(disposition, {})
            if opening or kinds:
                units[disposition] = opening + sum(kinds.values())
                yield DayBalance(line, day, disposition, opening, kinds, units[disposition])


def _by_disposition(movements: list[Movement] | tuple[()]) -> dict[str, dict[str, int]]:
    sums: dict[str, dict[str, int]] = {}
    for movement in movements:
        kind = movement.reason if movement.type == ADJUSTMENT else movement.type
        kinds = sums.setdefault(movement.disposition, {})
        kinds[kind] = kinds.get(kind, 0) + movement.quantity
    return sums
