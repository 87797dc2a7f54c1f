"""Sales and visits of a group of SKUs and days: one record of sales and traffic."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from xpert_pipeline.sandbox.marketplaces import INDIA
from xpert_pipeline.sandbox.world.ledger import Count, Ledger
from xpert_pipeline.sandbox.world.money import CENT
from xpert_pipeline.sandbox.world.visits import NOBODY, Visits, is_visited, visits


def seen(ledger: Ledger, marketplace_id: str, day: int, sku: str) -> Visits | None:
    """The visits of a SKU and day; None if it was neither visited nor sold, sent or refunded."""
    sold = ledger.of(marketplace_id, day).get(sku)
    if sold is None and (marketplace_id != INDIA or not ledger.first <= day <= ledger.last):
        return None
    found = visits(ledger.listings[sku], day, sold)
    return found if found is not NOBODY or sold is not None else None


def seen_skus(ledger: Ledger, marketplace_id: str, day: int) -> dict[str, Visits]:
    """The SKUs that were visited, sold, sent or refunded on a day, with their visits; by SKU."""
    if "visited" not in ledger.derived:
        ledger.derived["visited"] = [sku for sku in ledger.listings if is_visited(sku)]
    asked = ((sku, seen(ledger, marketplace_id, day, sku)) for sku in _possible(ledger, marketplace_id, day))
    return {sku: found for sku, found in asked if found is not None}


def _possible(ledger: Ledger, marketplace_id: str, day: int) -> list[str]:
    return sorted({*ledger.derived["visited"], *ledger.of(marketplace_id, day)})


def visits_of(ledger: Ledger, marketplace_id: str, days: Iterable[int]) -> Visits:
    """All visits to the seller's pages on some days."""
    kept: dict[tuple[str, int], Visits] = ledger.derived.setdefault("visits", {})
    total = NOBODY
    for day in days:
        if (marketplace_id, day) not in kept:
            found = seen_skus(ledger, marketplace_id, day).values()
            kept[marketplace_id, day] = Visits(*map(sum, zip(*found, strict=True))) if found else NOBODY
        total = total.plus(kept[marketplace_id, day])
    return total


def percent(part: Decimal | int, whole: Decimal | int) -> Decimal:
    """A share in per cent to two places; 0 of nothing, as Amazon gives it."""
    return (Decimal(part) * 100 / Decimal(whole)).quantize(CENT) if whole else Decimal("0.00")


@dataclass(slots=True)
class Traffic:
    """Sums over SKUs and days."""

    everyone: Count = field(default_factory=Count)
    business: Count = field(default_factory=Count)
    visits: Visits = NOBODY

    def add(self, ledger: Ledger, marketplace_id: str, day: int, sku: str, visited: Visits) -> None:
        """Take one SKU and day in."""
        self.visits = self.visits.plus(visited)
        sold = ledger.of(marketplace_id, day).get(sku)
        if sold is not None:
            self.everyone.add(sold.everyone)
            if sold.business is not None:
                self.business.add(sold.business)

    @property
    def sessions(self) -> int:
        """Of browser and app."""
        return self.visits.browser_sessions + self.visits.app_sessions

    @property
    def views(self) -> int:
        """Of browser and app."""
        return self.visits.browser_views + self.visits.app_views

    @property
    def b2b_sessions(self) -> int:
        """Of business customers."""
        return self.visits.b2b_browser_sessions + self.visits.b2b_app_sessions

    @property
    def b2b_views(self) -> int:
        """Of business customers."""
        return self.visits.b2b_browser_views + self.visits.b2b_app_views

    @property
    def featured(self) -> Decimal:
        """Per cent of the page views with the seller's offer in the buy box."""
        return percent(self.visits.featured, self.views)

    @property
    def b2b_featured(self) -> Decimal:
        """The same of business customers."""
        return percent(self.visits.b2b_featured, self.b2b_views)


def refund_rate(count: Count) -> Decimal:
    """Refunded units in per cent of the ordered ones, at most 100."""
    return min(percent(count.refunded, count.units), Decimal("100.00"))
