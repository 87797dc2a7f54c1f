"""The part of a world that a Data Kiosk query sees."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from xpert_pipeline.sandbox.world.ledger import Ledger, last_day, ledger_of
from xpert_pipeline.sandbox.world.listing_facts import parent_asin, variation_theme
from xpert_pipeline.sandbox.world.records import Listing, World

LAG_DAYS = 3
ALWAYS = 250_000_000_000.0
"""A time after everything (year 9892), so that the truth hides nothing."""


@dataclass(frozen=True, slots=True)
class View:
    """A world as one query sees it.

    Attributes:
        world: The seller's world.
        now: The time of the query; nothing later is visible.
        lag: Number of most recent days that have no figures yet.
        unsold: Number of most recent days whose sales are reported as 0.
        nulls: Whether lists contain nulls.
        faults: Names of the faults that change the world.
    """

    world: World
    now: float
    lag: int = 0
    unsold: int = 0
    nulls: bool = False
    faults: frozenset[str] = frozenset()
    ledgers: dict[str, Ledger] = field(default_factory=dict, compare=False, repr=False)

    def ledger(self, marketplace_id: str) -> Ledger:
        """Return the sums of one store."""
        if marketplace_id not in self.ledgers:
            self.ledgers[marketplace_id] = ledger_of(self.world, marketplace_id, self.now)
        return self.ledgers[marketplace_id]

    def days(self, marketplace_id: str, first: date, last: date) -> Iterator[int]:
        """Return the days of a period that have figures in one store, as ordinals."""
        latest = last_day(self.world, marketplace_id, self.now) - self.lag
        return iter(range(max(first.toordinal(), self.ledger(marketplace_id).first), min(last.toordinal(), latest) + 1))

    def hides_sales(self, marketplace_id: str, day: int) -> bool:
        """Return whether the day's sales are reported as 0."""
        return self.unsold > 0 and day > last_day(self.world, marketplace_id, self.now) - self.unsold

    def parent(self, listing: Listing) -> str:
        """Return the parent of a listing's ASIN, or the ASIN itself if it has no variation family."""
        head = self.world.shelf(listing.marketplace_id).get(listing.asin, [listing])[0]
        return parent_asin(head) if variation_theme(head) else listing.asin


def view_of(
    world: World,
    now: float,
    *,
    lagging: bool = False,
    unsold: bool = False,
    nulls: bool = False,
    faults: frozenset[str] = frozenset(),
) -> View:
    """Return the part of a world that a query sees.

    Args:
        world: The seller's world.
        now: Time of the query, in seconds since 1970.
        lagging: Whether the last three days are still missing.
        unsold: Whether the sales of the last three days are reported as 0.
        nulls: Whether lists contain nulls.
        faults: Names of the faults that change the world.
    """
    return View(world, now, LAG_DAYS if lagging else 0, LAG_DAYS if unsold else 0, nulls, faults)
