"""Settlement periods: weeks in which Amazon collects released money and then pays it out, one for each payment rail.

A period is seven days long and begins on the seller's own weekday and time of the store's day; both depend only on
the seller and the store. Each rail of a period is one financial event group, and at its end one settlement. When a
period ends, the rail of cash on delivery may owe money, because it also bears the fees of the account. Then the other
rail pays the debt, in a pair of DebtRecovery postings that add up to 0. A Transfer then pays out what is left, or
collects what is still owed, so that a closed group with its transfer adds up to 0, and without it to the total of its
settlement.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from xpert_pipeline.sandbox.marketplaces import INDIA, Store
from xpert_pipeline.sandbox.world.digest import letters, number
from xpert_pipeline.sandbox.world.order_postings import CASH, ELECTRONIC, STANDARD
from xpert_pipeline.sandbox.world.postings import DEBT, RELEASED, TRANSFER, Leaf, Part, Posting

WEEK = 7
_ID_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


@dataclass(slots=True)
class Period:
    """One rail of a settlement period. `start` is inclusive and `end` exclusive, in seconds since 1970.

    Attributes:
        rail: The payment rail (Amazon's account type).
        group: Id of the financial event group.
        settlement: Id of the settlement.
        is_closed: Whether the period has ended.
        postings: What moved money in it, in order, with its transfer at the end if it is closed.
    """

    start: int
    end: int
    rail: str
    group: str
    settlement: str
    is_closed: bool
    postings: list[Posting] = field(default_factory=list)

    @property
    def cents(self) -> int:
        """The total of the settlement: everything except the transfer."""
        return sum(posting.cents for posting in self.postings if posting.type != TRANSFER)

    @property
    def deposited(self) -> int:
        """When the money reaches the seller's bank."""
        return self.end + 2 * 86_400


class Calendar:
    """The periods of one seller in one store."""

    def __init__(self, seller_id: str, store: Store) -> None:
        self.store, self.seed = store, f"{seller_id}/{store.id}"
        drawn = number("settlement", self.seed)
        self.weekday, self.second = drawn % WEEK, (drawn >> 8) % 86_400
        self.rails = (ELECTRONIC, CASH) if store.id == INDIA else (STANDARD,)

    def start_of(self, seconds: int) -> int:
        """Return the start of the period that contains a time."""
        day = self.store.day_of(seconds)
        day -= (day - self.weekday) % WEEK
        start = self.store.moment(day, self.second)
        return start if start <= seconds else self.store.moment(day - WEEK, self.second)

    def period(self, start: int, rail: str, cut: int) -> Period:
        """Return one rail of the period that begins at `start`, without postings."""
        end = self.store.moment(self.store.day_of(start) + WEEK, self.second)
        name = (self.seed, rail, self.store.day_of(start))
        settlement = str(10**10 + number("settlement id", *name) % (9 * 10**10))
        return Period(start, end, rail, letters(43, _ID_LETTERS, "group", *name), settlement, end <= cut)


def settled(calendar: Calendar, postings: Iterable[Posting], cut: int) -> list[Period]:
    """Return all periods with their postings, in order, each posting with its group and settlement.

    Args:
        calendar: The seller's periods.
        postings: Postings that move money.
        cut: The time after which nothing has happened yet.
    """
    periods: dict[int, dict[str, Period]] = {}
    for posting in postings:
        start = calendar.start_of(posting.posted)
        if start not in periods:
            periods[start] = {rail: calendar.period(start, rail, cut) for rail in calendar.rails}
        periods[start][posting.rail].postings.append(posting)
    for start in sorted(periods):
        rails = list(periods[start].values())
        if rails[0].is_closed:
            _close(rails)
        for period in rails:
            settlement = period.settlement if period.is_closed else None
            period.postings = [
                posting._replace(group=period.group, settlement=settlement) for posting in period.postings
            ]
    return [period for start in sorted(periods) for period in periods[start].values() if period.postings]


def _close(rails: list[Period]) -> None:
    """Settle the debt between the rails, then pay out."""
    for debtor in rails:
        for payer in rails:
            owed = min(-debtor.cents, payer.cents)
            if owed > 0:
                debtor.postings += _debt(debtor, owed)
                payer.postings += _debt(payer, -owed)
    for period in rails:
        if period.cents:
            what = "Disbursement" if period.cents > 0 else "Charge to the seller's card"
            transfer = str(10**11 + number("transfer", period.group) % (9 * 10**11))
            leaf = Leaf(("Transfer", "FundTransfer"), -period.cents)
            period.postings.append(
                _posting(period, TRANSFER, 30, what, leaf, (("DISBURSEMENT_ID", transfer), ("TRANSFER_ID", transfer)))
            )


def _debt(period: Period, amount: int) -> Iterator[Posting]:
    yield _posting(period, DEBT, 60, "Debt adjustment", Leaf(("DebtPayment",), amount))


def _posting(
    period: Period, kind: str, before: int, description: str, leaf: Leaf, identifiers: tuple[tuple[str, str], ...] = ()
) -> Posting:
    """Return a posting some seconds before the end of a period."""
    parts = (Part(None, None, description, None, None, (leaf,)),)
    return Posting(
        f"{kind} {period.group}",
        kind,
        period.end - before,
        RELEASED,
        description,
        period.rail,
        leaf.cents,
        lambda: parts,
        has_items=False,
        identifiers=identifiers,
    )
