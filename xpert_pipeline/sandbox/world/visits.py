"""How often customers looked at a SKU on a day, derived from hashes and from the day's sales."""

from operator import add
from typing import NamedTuple

from xpert_pipeline.sandbox.marketplaces import STORES
from xpert_pipeline.sandbox.world.digest import number
from xpert_pipeline.sandbox.world.ledger import Sold
from xpert_pipeline.sandbox.world.records import Listing

VISITED_SHARE, VISITED_DAYS = 50, 70
"""Per cent of the SKUs that have visits even without a sale, and per cent of the days on which they have them."""


class Visits(NamedTuple):
    """Sums of visits. The last five count Amazon Business customers; the first five include them.

    `featured` counts the page views on which the seller's own offer was in the buy box.
    """

    browser_sessions: int = 0
    app_sessions: int = 0
    browser_views: int = 0
    app_views: int = 0
    featured: int = 0
    b2b_browser_sessions: int = 0
    b2b_app_sessions: int = 0
    b2b_browser_views: int = 0
    b2b_app_views: int = 0
    b2b_featured: int = 0

    def plus(self, other: "Visits") -> "Visits":
        """Return the sum of two."""
        return Visits(*map(add, self, other))


NOBODY = Visits()


class Habit(NamedTuple):
    """How often customers look at a listing.

    Attributes:
        seed: Seed of the listing.
        is_visited: Whether they look at it on days without a sale.
        popularity: How often.
        listed: The day on which it was listed.
    """

    seed: str
    is_visited: bool
    popularity: int
    listed: int


def visits(habit: Habit, day: int, sold: Sold | None) -> Visits:
    """Return the visits to a SKU on a day: more than its order items, and sometimes visits without an order."""
    seed, visited, popularity, listed = habit
    if sold is None and (not visited or day < listed):
        return NOBODY
    drawn = number("visits", seed, day)
    items = sold.everyone.items if sold is not None else 0
    passing = (drawn >> 7) % (2 * popularity + 1) if visited and drawn % 100 < VISITED_DAYS else 0
    sessions = passing + items * (2 + (drawn >> 20) % 6)
    if not sessions:
        return NOBODY
    views = sessions + (drawn >> 36) % (sessions + 1)
    app = sessions * (50 + (drawn >> 28) % 40) // 100
    app_views = app + (views - sessions) * app // sessions
    featured = views * (70 + (drawn >> 44) % 31) // 100
    business_items = sold.business.items if sold is not None and sold.business is not None else 0
    business = min(sessions, max(2 * business_items, sessions * ((drawn >> 52) % 8) // 100))
    business_app = min(business // 2, app)
    business_browser = min(business - business_app, sessions - app)
    share = featured * (business_app + business_browser) // views
    return Visits(
        sessions - app,
        app,
        views - app_views,
        app_views,
        featured,
        business_browser,
        business_app,
        business_browser,
        business_app,
        min(share, business_app + business_browser),
    )


def habit_of(listing: Listing) -> Habit:
    """Return how often customers look at a listing."""
    drawn = number("visited", listing.seed)
    listed = STORES[listing.marketplace_id].day_of(listing.created)
    return Habit(listing.seed, drawn % 100 < VISITED_SHARE, 1 + (drawn >> 8) % 40, listed)
