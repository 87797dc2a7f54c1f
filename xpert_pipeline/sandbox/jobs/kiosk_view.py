"""The part of a world that a Data Kiosk query sees."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from xpert_pipeline.sandbox.world.ledger import Ledger, last_day, ledger_of
from xpert_pipeline.sandbox.world.listing_facts import parent_asin, variation_theme
from xpert_pipeline.sandbox.world.records import Listing, World

LAG_DAYS = 3
ALWAYS = 253_402_300_000.0
"""A time after everything, for the truth: it hides nothing."""


@dataclass(frozen=True, slots=True)
class View:
    """A world as one query sees it.

    Attributes:
        world: The seller's world.
        ledger: The sums of that world.
        last: Ordinal of the last day with figures.
        nulls: Whether lists contain nulls.
        faults: Names of the faults that change the world.
    """

    world: World
    ledger: Ledger
    last: int
    nulls: bool = False
    faults: frozenset[str] = frozenset()

    def days(self, first: date, last: date) -> Iterator[int]:
        """Ordinals of the days of a period that have figures."""
        return iter(range(max(first.toordinal(), self.ledger.first), min(last.toordinal(), self.last) + 1))

    def parent(self, listing: Listing) -> str:
        """The parent of a listing's ASIN; outside a variation family, the ASIN itself."""
        head = self.world.shelf.get(listing.asin, [listing])[0]
        return parent_asin(head) if variation_theme(head) else listing.asin


def view_of(
    world: World, now: float, *, lagging: bool = False, nulls: bool = False, faults: frozenset[str] = frozenset()
) -> View:
    """The part of a world that a query sees.

    Args:
        world: The seller's world.
        now: Time of the query, in seconds since 1970.
        lagging: Whether the last three days are still missing.
        nulls: Whether lists contain nulls.
        faults: Names of the faults that change the world.
    """
    last = last_day(world, now) - (LAG_DAYS if lagging else 0)
    return View(world, ledger_of(world, now), last, nulls, faults)
