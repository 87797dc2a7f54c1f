"""The records of stock at Amazon: movements, balances, inbound shipments. `stock` invents them.

Days are ordinals (`date.toordinal`) of the store's local days, times are seconds since 1970.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from typing import NamedTuple

from xpert_pipeline.sandbox.marketplaces import Store

RECEIPT, SHIPMENT, CUSTOMER_RETURN, ADJUSTMENT, REMOVAL = (
    "Receipts", "Shipments", "CustomerReturns", "Adjustments", "VendorReturns",
)  # fmt: skip
"""Types of movements, in the spelling of Amazon's inventory ledger."""
MISPLACED, FOUND, LOST, DAMAGED = "Misplaced", "Found", "Lost", "Damaged"
"""Reasons for adjustments."""
SELLABLE, RESEARCHING = "SELLABLE", "RESEARCHING"
UNFULFILLABLE = (
    "CUSTOMER_DAMAGED",
    "WAREHOUSE_DAMAGED",
    "DISTRIBUTOR_DAMAGED",
    "CARRIER_DAMAGED",
    "DEFECTIVE",
    "EXPIRED",
)
"""Dispositions, i.e. states of units. Every unit at Amazon has exactly one disposition."""
WORKING, IN_TRANSIT, RECEIVING, CLOSED = "WORKING", "IN_TRANSIT", "RECEIVING", "CLOSED"
"""States of an inbound shipment, in their order."""
NEW, USED = "NewItem", "UsedLikeNew"
"""Conditions of stock, in the spelling of getInventorySummaries."""


class Movement(NamedTuple):
    """One change of the units in one disposition.

    Attributes:
        at: When it happened.
        day: Local day of `at`.
        type: One of the movement types.
        quantity: Units added, or removed if negative.
        disposition: The state of the units.
        reference: Id of the order, inbound shipment, adjustment or removal behind it. A change of state makes two
            movements with the same reference.
        reason: Reason for an adjustment, else empty.
    """

    at: int
    day: int
    type: str
    quantity: int
    disposition: str
    reference: str
    reason: str = ""


class Balance(NamedTuple):
    """One day of one disposition: `closing` is `opening` plus all movements; shipments and removals are negative."""

    day: int
    disposition: str
    opening: int
    receipts: int
    shipments: int
    returns: int
    adjustments: int
    removals: int
    closing: int


@dataclass(slots=True)
class StockLine:
    """The units of one SKU in one condition.

    Attributes:
        sku: The seller's own SKU.
        fn_sku: Amazon's label on the units.
        asin: ASIN of the product.
        title: Title in the store.
        condition: NEW or USED.
        seed: Seed for the random values of the line.
        opening: Units by disposition at the beginning of the world's first day.
        movements: All movements, sorted by time.
        reserved: Units in orders that have not been shipped at the end.
        touched: Time of the last change other than an inbound shipment on its way.
    """

    sku: str
    fn_sku: str
    asin: str
    title: str
    condition: str
    seed: str
    opening: dict[str, int]
    movements: list[Movement] = field(default_factory=list)
    reserved: int = 0
    touched: int = 0

    def units(self) -> dict[str, int]:
        """Return the units by disposition after all movements; dispositions without units may be missing."""
        units = dict(self.opening)
        for movement in self.movements:
            units[movement.disposition] = units.get(movement.disposition, 0) + movement.quantity
        return units

    def balances(self) -> Iterator[Balance]:
        """Yield the balance of each disposition for each day with a movement, sorted by day."""
        units = dict(self.opening)
        for day, moved in groupby(self.movements, key=lambda movement: movement.day):
            sums: dict[str, dict[str, int]] = {}
            for movement in moved:
                types = sums.setdefault(movement.disposition, {})
                types[movement.type] = types.get(movement.type, 0) + movement.quantity
            for disposition in sorted(sums):
                opening = units.get(disposition, 0)
                units[disposition] = opening + sum(sums[disposition].values())
                yield _balance(day, disposition, opening, sums[disposition], units[disposition])


def _balance(day: int, disposition: str, opening: int, types: Mapping[str, int], closing: int) -> Balance:
    return Balance(
        day,
        disposition,
        opening,
        receipts=types.get(RECEIPT, 0),
        shipments=types.get(SHIPMENT, 0),
        returns=types.get(CUSTOMER_RETURN, 0),
        adjustments=types.get(ADJUSTMENT, 0),
        removals=types.get(REMOVAL, 0),
        closing=closing,
    )


class InboundItem(NamedTuple):
    """One SKU in an inbound shipment: the units that the seller sent, and Amazon's receipts as (day, units).

    A few units never arrive, so the receipts may add up to less than `quantity`.
    """

    sku: str
    fn_sku: str
    quantity: int
    receipts: tuple[tuple[int, int], ...]

    def received(self, day: int) -> int:
        """Return the units that Amazon has received by the end of a day."""
        return sum(units for received, units in self.receipts if received <= day)


@dataclass
class InboundShipment:
    """Units on their way from the seller to Amazon. `created`, `shipped`, `receiving` and `closed` are days."""

    id: str
    created: int
    shipped: int
    receiving: int
    closed: int
    items: list[InboundItem] = field(default_factory=list)

    @cached_property
    def days_of_change(self) -> frozenset[int]:
        """The days on which its state or a received quantity changes; call it only once all items are there."""
        days = {day for item in self.items for day, _ in item.receipts}
        return frozenset(days | {self.shipped, self.receiving, self.closed})

    def status(self, day: int) -> str:
        """Return the state at the end of a day on or after its creation."""
        if day < self.shipped:
            return WORKING
        if day < self.receiving:
            return IN_TRANSIT
        return RECEIVING if day < self.closed else CLOSED


@dataclass
class Stock:
    """All stock that a seller has at Amazon for one store, from the first day to the last one.

    Attributes:
        store: The store.
        first: The world's first day.
        last: The last day, which may not be over yet.
        lines: All lines, including those without units, sorted by SKU and condition.
        shipments: Inbound shipments, sorted by creation.
    """

    store: Store
    first: int
    last: int
    lines: list[StockLine]
    shipments: list[InboundShipment]

    @cached_property
    def asins(self) -> dict[str, str]:
        """ASIN of each SKU."""
        return {line.sku: line.asin for line in self.lines}
