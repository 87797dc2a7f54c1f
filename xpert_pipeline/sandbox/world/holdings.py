"""The units of each SKU that Amazon holds now: the sum of its movements, split as in getInventorySummaries."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from xpert_pipeline.sandbox.world.digest import number
from xpert_pipeline.sandbox.world.movements import (
    CLOSED,
    NEW,
    RESEARCHING,
    SELLABLE,
    UNFULFILLABLE,
    Stock,
    StockLine,
)

SHORT_TERM, MID_TERM = 10, 20
"""The most days of a short-term and of a mid-term search for misplaced units; a longer search is long term."""


@dataclass(frozen=True, slots=True)
class Holding:
    """The units of one line now. All numbers are units.

    Attributes:
        line: The line.
        inbound: Units on their way by state of the shipment: WORKING, IN_TRANSIT, RECEIVING.
        customer_orders: Units reserved for orders that have not been shipped yet.
        transshipment: Units reserved because they travel from one fulfilment centre to another.
        fc_processing: Units reserved for processing in a fulfilment centre.
        fulfillable: Units that can be sold now.
        researching: Misplaced units by the length of the search: short, mid and long term.
        unfulfillable: Units that cannot be sold, by disposition.
    """

    line: StockLine
    inbound: Mapping[str, int]
    customer_orders: int
    transshipment: int
    fc_processing: int
    fulfillable: int
    researching: tuple[int, int, int]
    unfulfillable: Mapping[str, int]

    @property
    def reserved(self) -> int:
        """All reserved units."""
        return self.customer_orders + self.transshipment + self.fc_processing

    @property
    def total(self) -> int:
        """All units in Amazon's fulfilment centres and on their way there."""
        outside = sum(self.inbound.values())
        return outside + self.fulfillable + self.reserved + sum(self.researching) + sum(self.unfulfillable.values())


def holdings(stock: Stock) -> Iterator[Holding]:
    """Yield the units of each line that Amazon holds, sorted by SKU and condition."""
    inbound = Inbound(stock)
    return (inbound.holding(line) for line in stock.lines)


class Inbound:
    """The units on their way at the end of a stock's last day, by SKU and state of the shipment."""

    def __init__(self, stock: Stock) -> None:
        self.day = stock.last
        self.units: dict[str, dict[str, int]] = {}
        for shipment in stock.shipments:
            status = shipment.status(self.day)
            for item in shipment.items if status != CLOSED else ():
                states = self.units.setdefault(item.sku, {})
                states[status] = states.get(status, 0) + item.quantity - item.received(self.day)

    def holding(self, line: StockLine) -> Holding:
        """Return the units of a line that Amazon holds."""
        units = line.units()
        free = units.get(SELLABLE, 0) - line.reserved
        transshipment, fc_processing = _elsewhere(line, free, self.day)
        return Holding(
            line,
            self.units.get(line.sku, {}) if line.condition == NEW else {},
            line.reserved,
            transshipment,
            fc_processing,
            free - transshipment - fc_processing,
            _researching(line, self.day),
            {disposition: units.get(disposition, 0) for disposition in UNFULFILLABLE},
        )


def _elsewhere(line: StockLine, free: int, day: int) -> tuple[int, int]:
    """Return how many of the free units travel between fulfilment centres and how many are being processed."""
    drawn = number("elsewhere", line.seed, day)
    transshipment = min(free, drawn % 4) if (drawn >> 8) % 3 == 0 else 0
    processing = min(free - transshipment, (drawn >> 16) % 3) if (drawn >> 24) % 4 == 0 else 0
    return transshipment, processing


def _researching(line: StockLine, day: int) -> tuple[int, int, int]:
    """Return the misplaced units by how long Amazon has been looking for them."""
    searches: dict[str, list[int]] = {}
    for movement in line.movements:
        if movement.disposition == RESEARCHING:
            search = searches.setdefault(movement.reference, [movement.day, 0])
            search[1] += movement.quantity
    terms = [0, 0, 0]
    for began, units in searches.values():
        terms[(day - began > SHORT_TERM) + (day - began > MID_TERM)] += units
    return terms[0], terms[1], terms[2]
