"""How Amazon would judge the account in a store. All rules here are the sandbox's own, not Amazon's.

Everything counts up to the last complete day. The orders are those of the world: whether one is late or cancelled
follows from it, and negative feedback from `opinions`. What the world does not have, such as parcels, invoices and
complaints, hashes decide.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from xpert_pipeline.sandbox.marketplaces import STORES
from xpert_pipeline.sandbox.world.digest import number
from xpert_pipeline.sandbox.world.opinions import ratings
from xpert_pipeline.sandbox.world.records import CANCELLED, SHIPPED, Order, World

LATE_SECONDS = 48 * 3600
"""An order that the seller ships is late if it is shipped more than two days after it was placed."""
JUDGED_FROM = 300
"""A rate of fewer orders than this is not judged (NONE)."""
RATE_PLACES = Decimal("0.0001")
VIOLATIONS = (
    "listingPolicyViolations", "receivedIntellectualPropertyComplaints", "suspectedIntellectualPropertyViolations",
    "productAuthenticityCustomerComplaints", "productConditionCustomerComplaints", "productSafetyCustomerComplaints",
    "foodAndProductSafetyIssues", "restrictedProductPolicyViolations", "otherPolicyViolations", "documentRequests",
)  # fmt: skip
ONE_IN = 200
"""One product in so many has a violation of each kind."""
FULL_SCORE, POINTS, WARNED_BELOW = 1000, 8, 200
"""The rating: all points, those that a violation costs, and where the word changes."""


class Rate(NamedTuple):
    """One rate: what it counts, how many of them are meant, its target, and whether more is better."""

    first: date
    last: date
    counted: int
    meant: int
    target: Decimal
    is_good: bool

    @property
    def rate(self) -> Decimal:
        """The rate as a fraction; 0 if nothing was counted."""
        return (Decimal(self.meant) / self.counted).quantize(RATE_PLACES) if self.counted else Decimal(0)

    @property
    def status(self) -> str:
        """How it is judged."""
        if self.counted < JUDGED_FROM:
            return "NONE"
        meets = self.rate > self.target if self.is_good else self.rate < self.target
        return "GOOD" if meets else "BAD"


class Health(NamedTuple):
    """The account in one store: its rates by name, and its violations by Amazon's name."""

    first: date
    last: date
    rates: Mapping[str, Rate]
    violations: Mapping[str, int]

    @property
    def status(self) -> str:
        """AT_RISK if too many orders have a defect."""
        is_bad = any(self.rates[name].status == "BAD" for name in ("fba defects", "merchant defects"))
        return "AT_RISK" if is_bad else "NORMAL"

    @property
    def score(self) -> int:
        """Points of the rating."""
        return max(0, FULL_SCORE - POINTS * sum(self.violations.values()))

    @property
    def rating(self) -> str:
        """The rating in a word."""
        return "WARNED" if self.score < WARNED_BELOW else "GREAT"


def health(world: World, marketplace_id: str, now: float) -> Health:
    """Return how the account is judged in a store at a time: the day's first and last moment have the same figures."""
    store = STORES[marketplace_id]
    last = min(store.day_of(now) - 1, store.day_of(world.end_of(marketplace_id)))
    key = f"health {marketplace_id} {last}"
    if key not in world.figures:
        world.figures[key] = _Judge(world, marketplace_id, last).health()
    found: Health = world.figures[key]
    return found


class _Judge:
    """Counts the orders of one store up to a day."""

    def __init__(self, world: World, marketplace_id: str, last: int) -> None:
        self.world, self.store, self.last = world, STORES[marketplace_id], last
        self.end = self.store.midnight(last + 1)

    def health(self) -> Health:
        defects = self._defects()
        by_seller: dict[str, Rate] = {
            "fba defects": self._rate(60, "0.01", _is_shipped(fba=True), lambda order: order.id in defects),
            "merchant defects": self._rate(60, "0.01", _is_shipped(fba=False), lambda order: order.id in defects),
            "late": self._rate(30, "0.04", _is_shipped(fba=False), _is_late),
            "cancelled": self._rate(7, "0.025", lambda order: not order.fba, self._is_own_cancellation),
            "delivered": self._rate(30, "0.9", _is_tracked, _one_in(25, "delivered late", is_not=True), is_good=True),
            "tracked": self._rate(30, "0.95", _is_shipped(fba=False), _is_tracked, is_good=True),
            "invoiced": self._rate(7, "0.05", lambda order: order.is_business, _one_in(50, "no invoice")),
        }
        asins = self.world.shelf(self.store.id)
        violations = {
            kind: sum(number("violation", kind, self.store.id, asin) % ONE_IN == 0 for asin in asins)
            for kind in VIOLATIONS
        }
        return Health(self._day(180), date.fromordinal(self.last), by_seller, violations)

    def _day(self, days: int) -> date:
        return date.fromordinal(self.last - days + 1)

    def _rate(
        self,
        days: int,
        target: str,
        counts: Callable[[Order], bool],
        is_meant: Callable[[Order], bool],
        *,
        is_good: bool = False,
    ) -> Rate:
        """One rate over the orders that were placed in the last days, as they were at the end of the last one."""
        orders = [order for order in self._orders(days) if counts(order)]
        meant = sum(is_meant(order) for order in orders)
        return Rate(self._day(days), date.fromordinal(self.last), len(orders), meant, Decimal(target), is_good)

    def _orders(self, days: int) -> Iterator[Order]:
        for order in self.world.sales(self.store.midnight(self.last - days + 1), self.end, self.end - 1):
            if order.marketplace_id == self.store.id:
                yield order

    def _defects(self) -> set[str]:
        """Orders with one star. Only one rating in twenty counts, as if Amazon had struck out the others."""
        return {
            rating.order_id
            for rating in ratings(self.world, self.end - 1)
            if rating.marketplace_id == self.store.id and rating.stars == 1 and not number("kept", rating.order_id) % 20
        }

    def _is_own_cancellation(self, order: Order) -> bool:
        """The seller cancels one of twenty cancelled orders; customers cancel the others."""
        return order.status == CANCELLED and not number("by the seller", order.id) % 20


def _is_shipped(*, fba: bool) -> Callable[[Order], bool]:
    return lambda order: order.status == SHIPPED and order.fba is fba


def _is_late(order: Order) -> bool:
    return order.updated - order.created > LATE_SECONDS


def _is_tracked(order: Order) -> bool:
    """All parcels of the seller but one in fifty have a valid tracking number."""
    return order.status == SHIPPED and not order.fba and number("no tracking", order.id) % 50 != 0


def _one_in(many: int, what: str, *, is_not: bool = False) -> Callable[[Order], bool]:
    return lambda order: (number(what, order.id) % many == 0) is not is_not
