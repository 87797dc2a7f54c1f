"""Sales and visits of a group of SKUs and days: one record of sales and traffic."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache

from xpert_pipeline.sandbox.world.ledger import Count, Ledger, Sold
from xpert_pipeline.sandbox.world.money import CENT
from xpert_pipeline.sandbox.world.visits import NOBODY, Habit, Visits, habit_of, visits

KEPT_DAYS = 16
"""Days whose visits are kept: a client asks for some days, and then downloads them."""


def seen(ledger: Ledger, day: int, sku: str) -> Visits | None:
    """Return the visits to a SKU on a day; None if it was not visited, sold, shipped or refunded."""
    return _seen(ledger, day, (sku,)).get(sku)


def seen_skus(ledger: Ledger, day: int) -> Mapping[str, Visits]:
    """Return the visits to each SKU that was visited, sold, shipped or refunded on a day; sorted by SKU."""
    kept: OrderedDict[int, dict[str, Visits]] = ledger.derived.setdefault("seen", OrderedDict())
    found = kept.pop(day, None)
    if found is None:
        found = _seen_skus(ledger, day)
    kept[day] = found
    while len(kept) > KEPT_DAYS:
        kept.popitem(last=False)
    return found


def _seen_skus(ledger: Ledger, day: int) -> dict[str, Visits]:
    if "visited" not in ledger.derived:
        ledger.derived["visited"] = [sku for sku, habit in _habits(ledger).items() if habit.is_visited]
    return _seen(ledger, day, sorted({*ledger.derived["visited"], *ledger.of(day)}))


def _seen(ledger: Ledger, day: int, skus: Iterable[str]) -> dict[str, Visits]:
    habits, all_sold, is_open = _habits(ledger), ledger.of(day), ledger.is_open(day)
    found: dict[str, Visits] = {}
    for sku in skus:
        sold = all_sold.get(sku)
        if sold is not None or is_open:
            visited = visits(habits[sku], day, sold)
            if sold is not None or visited is not NOBODY:
                found[sku] = visited
    return found


def _habits(ledger: Ledger) -> dict[str, Habit]:
    if "habits" not in ledger.derived:
        ledger.derived["habits"] = {sku: habit_of(listing) for sku, listing in ledger.listings.items()}
    habits: dict[str, Habit] = ledger.derived["habits"]
    return habits


def visits_of(ledger: Ledger, days: Iterable[int]) -> Visits:
    """Return the sum of all visits to the seller's pages on some days."""
    by_day: dict[int, Visits] = ledger.derived.setdefault("visits", {})
    total = NOBODY
    for day in days:
        if day not in by_day:
            visited = seen_skus(ledger, day).values()
            by_day[day] = Visits(*map(sum, zip(*visited, strict=True))) if visited else NOBODY
        total = total.plus(by_day[day])
    return total


@lru_cache(maxsize=10_000)
def percent(part: Decimal | int, whole: Decimal | int) -> Decimal:
    """Return a share in per cent to two decimal places; 0 if the whole is 0, as in Amazon's figures."""
    return (Decimal(part) * 100 / Decimal(whole)).quantize(CENT) if whole else Decimal("0.00")


@dataclass(slots=True)
class Traffic:
    """Sums over SKUs and days."""

    everyone: Count = field(default_factory=Count)
    business: Count = field(default_factory=Count)
    visits: Visits = NOBODY

    def add(self, ledger: Ledger, day: int, sku: str, visited: Visits, *, is_unsold: bool = False) -> None:
        """Add one SKU and day; with `is_unsold`, its visits only, as in a wrong answer of Amazon."""
        self.visits = self.visits.plus(visited)
        sold = None if is_unsold else ledger.of(day).get(sku)
        if sold is not None:
            self.count(sold)

    def count(self, sold: Sold) -> None:
        """Add the sales of one SKU and day."""
        self.everyone.add(sold.everyone)
        if sold.business is not None:
            self.business.add(sold.business)

    @property
    def sessions(self) -> int:
        """Sessions in browser and app."""
        return self.visits.browser_sessions + self.visits.app_sessions

    @property
    def views(self) -> int:
        """Page views in browser and app."""
        return self.visits.browser_views + self.visits.app_views

    @property
    def b2b_sessions(self) -> int:
        """Sessions of business customers in browser and app."""
        return self.visits.b2b_browser_sessions + self.visits.b2b_app_sessions

    @property
    def b2b_views(self) -> int:
        """Page views of business customers in browser and app."""
        return self.visits.b2b_browser_views + self.visits.b2b_app_views

    @property
    def featured(self) -> Decimal:
        """Per cent of the page views with the seller's offer in the buy box."""
        return percent(self.visits.featured, self.views)

    @property
    def b2b_featured(self) -> Decimal:
        """The same for business customers."""
        return percent(self.visits.b2b_featured, self.b2b_views)


def refund_rate(count: Count) -> Decimal:
    """Return the refunded units in per cent of the ordered ones, at most 100."""
    return min(percent(count.refunded, count.units), Decimal("100.00"))
