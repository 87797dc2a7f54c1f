"""Keeps the books of one SKU's stock: invents what happens on each day and records it as movements.

A day's movements depend only on that day and earlier ones, so a later last day adds movements and changes none. There
are never fewer units than the open orders need: if inbound shipments come too late, an express shipment arrives.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import heapify, heappop, heappush

from xpert_pipeline.sandbox.marketplaces import Store
from xpert_pipeline.sandbox.world.digest import number
from xpert_pipeline.sandbox.world.fba_demand import Demand
from xpert_pipeline.sandbox.world.inbound import InboundPlan
from xpert_pipeline.sandbox.world.listing_facts import stock_label
from xpert_pipeline.sandbox.world.movements import (
    ADJUSTMENT,
    CUSTOMER_RETURN,
    DAMAGED,
    FOUND,
    LOST,
    MISPLACED,
    NEW,
    RECEIPT,
    REMOVAL,
    RESEARCHING,
    SELLABLE,
    SHIPMENT,
    UNFULFILLABLE,
    USED,
    Movement,
    StockLine,
)
from xpert_pipeline.sandbox.world.records import Listing

HOUR = 3600
RUN_DOWN_SHARE, GRADED_SHARE = 12, 10
"""Per cent of the FBA SKUs that the seller no longer replenishes, and of the FBA SKUs whose returned units Amazon sells
as used."""
REVIEW_DAYS, RECENT_DAYS = 14, 28
"""The seller plans a shipment of each SKU every `REVIEW_DAYS` days, for twice the units shipped in `RECENT_DAYS`."""
SMALLEST_PLAN = 5
"""The fewest units of a SKU that are worth a place in an inbound shipment."""
ADJUSTMENT_BLOCK, ADJUSTED_SHARE = 30, 40
"""Days in a block, and per cent of the blocks in which a SKU has an adjustment."""
RESEARCH_DAYS = (8, 20)
"""Days after which Amazon finds or writes off misplaced units: the fewest, and the number of possible values."""
REMOVAL_DAYS = 45
"""Days from one removal of a SKU's unfulfillable units to the next."""


@dataclass(frozen=True, slots=True)
class Books:
    """The facts that the books of all SKUs in one store share.

    Attributes:
        store: The store.
        first: The world's first day.
        last: The last day, which may not be over yet.
        cut: The time after which nothing has happened yet.
        inbound: The store's inbound shipments.
    """

    store: Store
    first: int
    last: int
    cut: int
    inbound: InboundPlan


class Keeper:
    """Keeps the books of one SKU, day by day."""

    def __init__(self, books: Books, listing: Listing, demand: Demand, units_left: int | None = None) -> None:
        self.books, self.listing, self.demand, self.units_left = books, listing, demand, units_left
        self.store, self.seed = books.store, listing.seed
        drawn = number("stock", self.seed)
        self.replenished = listing.fba and listing.active and drawn % 100 >= RUN_DOWN_SHARE
        self.level = 20 + (drawn >> 8) % 60
        self.phase = (drawn >> 16) % REVIEW_DAYS
        self.removal_phase = (drawn >> 24) % REMOVAL_DAYS
        self.new = self._line(NEW, self._opening(drawn >> 32))
        graded = units_left is None and listing.fba and number("graded", self.seed) % 100 < GRADED_SHARE
        self.used = self._line(USED, {SELLABLE: 1 + (drawn >> 48) % 4}) if graded else None
        self.adjusted = set(self._adjusted_days())
        self.units = dict(self.new.opening)
        self.needed = 0
        self.arriving: dict[int, list[tuple[int, str]]] = {}
        self.under_research: dict[int, list[tuple[int, str]]] = {}
        self.recent: list[tuple[int, int]] = []

    def lines(self) -> list[StockLine]:
        """Return the finished lines of the SKU."""
        self.days = list({*self._calendar(), *self.demand.needed, *self.demand.shipped, *self.demand.returned})
        heapify(self.days)
        day = 0
        while self.days:
            if (next_day := heappop(self.days)) != day and next_day <= self.books.last:
                day = next_day
                self._keep(day)
        if self.units_left is not None:
            self._settle(self.units_left + self.demand.reserved)
        lines = [self.new] if self.used is None else [self.new, self.used]
        for line in lines:
            line.movements.sort(key=lambda movement: movement.at)
            opened = self.store.midnight(self.books.first)
            line.touched = max([opened, *(movement.at for movement in line.movements[-1:])])
        self.new.reserved = self.demand.reserved
        self.new.touched = max(self.new.touched, self.demand.touched)
        return lines

    def _settle(self, units: int) -> None:
        """Let the stock end with so many sellable units: by more units from the start, or by a removal at the end."""
        if (lacking := units - self.units[SELLABLE]) > 0:
            self.new.opening[SELLABLE] += lacking
        elif lacking < 0:
            reference = f"R{number('settled', self.seed) % 10**9:09d}"
            at, day = min(self.books.cut, self._moment(self.books.last, 20)), self.books.last
            self.new.movements.append(Movement(at, day, REMOVAL, lacking, SELLABLE, reference))

    def _opening(self, drawn: int) -> dict[str, int]:
        """Return the units by disposition at the beginning of the first day."""
        left_over = 0 if self.listing.fba or drawn % 2 else 1 + (drawn >> 1) % 9
        opening = {SELLABLE: self.level if self.replenished else left_over}
        if opening[SELLABLE] and (drawn >> 8) % 10 == 0:
            opening[UNFULFILLABLE[(drawn >> 12) % len(UNFULFILLABLE)]] = 1 + (drawn >> 16) % 3
        return opening

    def _line(self, condition: str, opening: dict[str, int]) -> StockLine:
        listing = self.listing
        label = stock_label(listing.sku, is_new=condition == NEW)
        seed = f"{self.seed}/{condition}"
        return StockLine(listing.sku, label, listing.asin, listing.title, condition, seed, opening)

    def _calendar(self) -> Iterator[int]:
        """Yield the days on which something may happen without an order."""
        first, last = self.books.first, self.books.last
        yield from range(first + (self.phase - first) % REVIEW_DAYS, last + 1, REVIEW_DAYS)
        yield from range(first + (self.removal_phase - first) % REMOVAL_DAYS, last + 1, REMOVAL_DAYS)
        yield from self.adjusted

    def _keep(self, day: int) -> None:
        """Book everything that happens on one day. Shipments come first, so they cannot use the day's arrivals."""
        self._ship(day)
        for units, reference in self.arriving.pop(day, ()):
            self._move(day, 6, RECEIPT, units, SELLABLE, reference)
        for place, (units, disposition, order_id) in enumerate(self.demand.returned.get(day, ())):
            self._take_back(day, place, units, disposition, order_id)
        self._resolve(day)
        if day in self.adjusted:
            self._adjust(day)
        if day % REMOVAL_DAYS == self.removal_phase:
            self._remove(day)
        if day % REVIEW_DAYS == self.phase and self.replenished:
            self._replenish(day)

    def _ship(self, day: int) -> None:
        """Book the day's shipments, and an express receipt before them if too few units would be left."""
        shipped = self.demand.shipped.get(day, [])
        self.needed += self.demand.needed.get(day, 0)
        shortage = sum(units for _, units, _ in shipped) + self.needed - self.units[SELLABLE]
        if shortage > 0:
            spare = 5 + number("spare", self.seed, day) % 20 if self.replenished else 0
            reference = self.books.inbound.express(day, self.new.sku, self.new.fn_sku, shortage + spare)
            self._move(day, 0, RECEIPT, shortage + spare, SELLABLE, reference)
        for at, units, order_id in shipped:
            self.units[SELLABLE] -= units
            self.new.movements.append(Movement(at, day, SHIPMENT, -units, SELLABLE, order_id))
            self.recent.append((day, units))

    def _take_back(self, day: int, place: int, units: int, disposition: str, order_id: str) -> None:
        if self.used is not None and disposition == SELLABLE:
            at = self._moment(day, 10 + place % 6)
            if at <= self.books.cut:
                self.used.movements.append(Movement(at, day, CUSTOMER_RETURN, units, SELLABLE, order_id))
            return
        self._move(day, 10 + place % 6, CUSTOMER_RETURN, units, disposition, order_id)

    def _adjusted_days(self) -> Iterator[int]:
        """Yield the days with an adjustment: at most one in each block of days."""
        first, last = self.books.first, self.books.last
        for block in range(first // ADJUSTMENT_BLOCK, last // ADJUSTMENT_BLOCK + 1):
            drawn = number("adjusted", self.seed, block)
            day = block * ADJUSTMENT_BLOCK + (drawn >> 8) % ADJUSTMENT_BLOCK
            if drawn % 100 < ADJUSTED_SHARE and first <= day <= last:
                yield day

    def _adjust(self, day: int) -> None:
        """Book the units that Amazon finds, damages or misplaces; it never loses units that open orders need."""
        drawn = number("adjustment", self.seed, day)
        units, kind, reference = 1 + drawn % 2, (drawn >> 8) % 4, f"{drawn % 10**10:010d}"
        if kind == 0 and self.units[SELLABLE]:
            self._move(day, 17, ADJUSTMENT, units, SELLABLE, reference, FOUND)
        elif kind and self.units[SELLABLE] - self.needed >= units:
            reason = MISPLACED if kind < 3 else DAMAGED
            state = RESEARCHING if kind < 3 else ("WAREHOUSE_DAMAGED", "EXPIRED")[(drawn >> 16) % 2]
            self._move(day, 17, ADJUSTMENT, -units, SELLABLE, reference, reason)
            self._move(day, 17, ADJUSTMENT, units, state, reference, reason)
            if reason == MISPLACED:
                resolved = day + RESEARCH_DAYS[0] + (drawn >> 24) % RESEARCH_DAYS[1]
                self.under_research.setdefault(resolved, []).append((units, reference))
                heappush(self.days, resolved)

    def _resolve(self, day: int) -> None:
        """Book the end of Amazon's search for misplaced units."""
        for units, reference in self.under_research.pop(day, ()):
            found = number("resolved", reference) % 10 < 7
            reason = FOUND if found else LOST
            if self._move(day, 16, ADJUSTMENT, -units, RESEARCHING, reference, reason) and found:
                self._move(day, 16, ADJUSTMENT, units, SELLABLE, reference, reason)

    def _remove(self, day: int) -> None:
        """Book the removal of all unfulfillable units; if the SKU is not replenished, also of spare sellable ones."""
        reference = f"R{number('removal', self.seed, day) % 10**9:09d}"
        for disposition in UNFULFILLABLE:
            if units := self.units.get(disposition, 0):
                self._move(day, 18, REMOVAL, -units, disposition, reference)
        if self.listing.fba and not self.replenished and (units := self.units[SELLABLE] - self.needed) > 0:
            self._move(day, 18, REMOVAL, -units, SELLABLE, reference)

    def _replenish(self, day: int) -> None:
        """Plan an inbound shipment if the units at Amazon and on their way are too few."""
        self.recent = [(shipped, units) for shipped, units in self.recent if shipped > day - RECENT_DAYS]
        coming = sum(units for arrivals in self.arriving.values() for units, _ in arrivals)
        target = self.level * 5 // 4 + 2 * sum(units for _, units in self.recent)
        units = target - self.units[SELLABLE] - coming
        if units < SMALLEST_PLAN:
            return
        inbound = self.books.inbound
        item = inbound.plan(day, self.new.sku, self.new.fn_sku, units)
        for arrival, part in item.receipts:
            self.arriving.setdefault(arrival, []).append((part, inbound.id_of(day)))
            heappush(self.days, arrival)

    def _move(
        self, day: int, hour: int, kind: str, units: int, disposition: str, reference: str, reason: str = ""
    ) -> bool:
        """Book one movement of new units; return False if its time has not come yet."""
        at = self._moment(day, hour)
        if at > self.books.cut:
            return False
        self.units[disposition] = self.units.get(disposition, 0) + units
        self.new.movements.append(Movement(at, day, kind, units, disposition, reference, reason))
        return True

    def _moment(self, day: int, hour: int) -> int:
        """Return a time within an hour of a day; hour 0 means the day's first second."""
        return self.store.midnight(day) + (hour * HOUR + number(hour, self.seed, day) % HOUR if hour else 0)
