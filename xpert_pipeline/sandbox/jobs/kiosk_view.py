"""What a Data Kiosk query sees of a world: up to which day, corrected or not, and who belongs to which parent."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from xpert_pipeline.sandbox.world.ledger import Ledger, last_day, ledger_of
from xpert_pipeline.sandbox.world.listing_facts import parent_asin, variation_theme
from xpert_pipeline.sandbox.world.records import Listing, World

LAG_DAYS = 3
ALWAYS = 253_402_300_000.0
"""A time after everything: the truth hides nothing."""


@dataclass(frozen=True, slots=True)
class View:
    """A world as one query sees it.

    Attributes:
        world: The seller's.
        ledger: Its sums.
        last: Ordinal of the last day with figures.
        restated: Whether Amazon has corrected the charges of the last days.
        nulls: Whether lists are full of nulls.
    """

    world: World
    ledger: Ledger
    last: int
    restated: bool = False
    nulls: bool = False

    def days(self, first: date, last: date) -> Iterator[int]:
        """The days of a period that there are figures about."""
        return iter(range(max(first.toordinal(), self.ledger.first), min(last.toordinal(), self.last) + 1))

    def parent(self, listing: Listing) -> str:
        """The parent of a listing's ASIN: the ASIN itself outside a variation family."""
        head = self.world.shelf.get(listing.asin, [listing])[0]
        return parent_asin(head) if variation_theme(head) else listing.asin


def view_of(world: World, now: float, *, lagging: bool = False, restated: bool = False, nulls: bool = False) -> View:
    """What there is to see now."""
    last = last_day(world, now) - (LAG_DAYS if lagging else 0)
    return View(world, ledger_of(world, now), last, restated, nulls)
