"""The lines of a month close, for one marketplace and currency.

There are five steps, each from one sum, over named differences, to the next.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from xpert_pipeline.postgres.month_close import CloseRow, LoadedMonth, MonthClose, OpenRow
from xpert_pipeline.spapi.marketplaces import by_id
from xpert_pipeline.wording import counted

SUMS = ("Orders", "Sales as posted", "Transactions", "Settlements", "Deposits", "Transfers to the bank")
"""The left side of each step, and the right side of the last one."""
STEPS = range(1, len(SUMS))
SUSPICIOUS = ("unknown", "no transaction", "currency", "order not loaded", "cancelled", "unread rows")
"""Kinds of differences that a person must look at."""
NOT_KNOWN = "not known"
OPEN_STATES = {
    "deferred": "Deferred at the month's end",
    "not settled yet": "Not settled at the month's end",
    NOT_KNOWN: "Not known at the month's end",
}
"""The states of what was open at the end of the month, and their names."""
UNKNOWN_CURRENCY = "(unknown)"


@dataclass(frozen=True, slots=True)
class Difference:
    """The differences of one kind in one step.

    Attributes:
        step_number: The step.
        kind: Name of the kind.
        meaning: What it means.
        rows: How many rows there are.
        amount: Sum of the differences.
    """

    step_number: int
    kind: str
    meaning: str
    rows: int
    amount: Decimal


@dataclass(frozen=True)
class Statement:
    """The month of one marketplace, in one currency.

    Attributes:
        marketplace_id: The marketplace.
        currency: Currency of all its amounts.
        rows: Its rows.
        sums: The sums before and after each step; the same sum twice, if both of its sides are known.
        differences: What leads from each sum to the next, by step and size.
        open_rows: The transactions that were not settled at the end of the month, or of which this is not known; none
            if it is not over.
    """

    marketplace_id: str
    currency: str
    rows: Sequence[CloseRow]
    sums: Sequence[tuple[Decimal, Decimal]]
    differences: Sequence[Difference]
    open_rows: Sequence[OpenRow] = ()

    @property
    def store(self) -> str:
        """Amazon's name of the marketplace."""
        return by_id(self.marketplace_id).domain

    def of_step(self, step_number: int) -> list[Difference]:
        """Return the differences of a step."""
        return [each for each in self.differences if each.step_number == step_number]

    def open_states(self) -> list[str]:
        """Return the states at the end of the month to tell: "not known" only if a transaction is in it."""
        found = {row.state for row in self.open_rows}
        return [state for state in OPEN_STATES if found and (state != NOT_KNOWN or state in found)]

    def in_state(self, state: str) -> list[OpenRow]:
        """Return the transactions that were in this state at the end of the month."""
        return [row for row in self.open_rows if row.state == state]

    def open_amount(self, state: str) -> Decimal:
        """Return what was in this state at the end of the month."""
        return sum((row.amount for row in self.in_state(state)), Decimal(0))

    def suspicious(self) -> list[Difference]:
        """Return the differences that a person must look at."""
        return [each for each in self.differences if each.kind in SUSPICIOUS]


def statements(close: MonthClose, marketplace_ids: Sequence[str]) -> list[Statement]:
    """Return a statement for each marketplace and currency with rows, in the seller's order of marketplaces."""
    places: dict[tuple[str, str], list[CloseRow]] = defaultdict(list)
    open_rows: dict[tuple[str, str], list[OpenRow]] = defaultdict(list)
    for row in close.rows:
        places[row.marketplace_id, row.currency or UNKNOWN_CURRENCY].append(row)
    for each in (*close.open_rows, *close.unknown_rows):
        place = each.marketplace_id, each.currency or UNKNOWN_CURRENCY
        places.setdefault(place, [])
        open_rows[place].append(each)
    order = {marketplace_id: number for number, marketplace_id in enumerate(marketplace_ids)}
    ordered = sorted(places.items(), key=lambda entry: (order.get(entry[0][0], len(order)), entry[0]))
    return [_statement(*place, rows, open_rows[place]) for place, rows in ordered]


def _statement(marketplace_id: str, currency: str, rows: Sequence[CloseRow], open_rows: Sequence[OpenRow]) -> Statement:
    zero = Decimal(0)
    left = {step: sum((row.left_amount for row in rows if row.step_number == step), zero) for step in STEPS}
    right = {step: sum((row.right_amount for row in rows if row.step_number == step), zero) for step in STEPS}
    found: dict[tuple[int, str], list[CloseRow]] = defaultdict(list)
    for row in rows:
        if row.is_difference:
            found[row.step_number, row.kind].append(row)
    differences = [
        Difference(step, kind, same[0].meaning, len(same), sum((row.difference for row in same), zero))
        for (step, kind), same in found.items()
    ]
    differences.sort(key=lambda each: (each.step_number, -abs(each.amount), each.kind))
    sums = [(left[step], right[step]) for step in STEPS]
    return Statement(marketplace_id, currency, rows, sums, differences, open_rows)


def notes(close: MonthClose) -> Iterator[str]:
    """Say why the month is not closed yet: it is not over, or days of it are not loaded."""
    for loaded in close.loaded:
        yield from _notes(loaded)
    known = {loaded.marketplace_id for loaded in close.loaded}
    for marketplace_id in sorted({row.marketplace_id for row in close.rows} - known):
        yield f"{by_id(marketplace_id).domain}: none of the month's days is loaded to the end"


def _notes(loaded: LoadedMonth) -> Iterator[str]:
    store = by_id(loaded.marketplace_id).domain
    if not loaded.is_over:
        yield f"{store}: the month is not over; {loaded.past_days} of its {loaded.days} days are past"
    for what, days in (("orders", loaded.order_days), ("transactions", loaded.transaction_days)):
        if days < loaded.past_days:
            missing = counted(loaded.past_days - days, "day")
            yield f"{store}: the {what} of {missing} are not loaded; `xpert report gaps` lists them"
