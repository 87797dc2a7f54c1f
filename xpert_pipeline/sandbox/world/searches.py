"""What customers searched for in a week, and what they did with the seller's products in the results.

The sandbox's own rules: purchases of a product after searches are the units sold in the week; everything else follows
from hashes. What other sellers' products got is added to the seller's own, so that no share exceeds the whole.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from xpert_pipeline.sandbox.world.digest import number
from xpert_pipeline.sandbox.world.ledger import Ledger
from xpert_pipeline.sandbox.world.records import Listing
from xpert_pipeline.sandbox.world.traffic import seen_skus

MOST_QUERIES = 3
DAYS = 7
LATE_DAYS = 9
"""Days after which Amazon has the figures of a week."""


@dataclass(slots=True)
class Steps:
    """How often something was shown, clicked, put into a cart and purchased."""

    impressions: int = 0
    clicks: int = 0
    cart_adds: int = 0
    purchases: int = 0

    def plus(self, other: "Steps") -> "Steps":
        """Return the sum of two."""
        return Steps(
            self.impressions + other.impressions,
            self.clicks + other.clicks,
            self.cart_adds + other.cart_adds,
            self.purchases + other.purchases,
        )


@dataclass(slots=True)
class Search:
    """One query of a week: its volume, all products' steps, and those of each of the seller's ASINs."""

    query: str
    volume: int
    everyone: Steps
    own: dict[str, Steps] = field(default_factory=dict)


def week_of(day: int) -> int:
    """Return the Sunday of a day's week; both are ordinals."""
    return day - day % DAYS


def searches(ledger: Ledger, sunday: int) -> list[Search]:
    """Return the searches of a week that led to the seller's products, by query."""
    key = f"searches {sunday}"
    if key not in ledger.derived:
        ledger.derived[key] = _searches(ledger, sunday)
    found: list[Search] = ledger.derived[key]
    return found


def price(ledger: Ledger, asin: str) -> Decimal | None:
    """Return the price of a product of the seller; None if it is not known."""
    if "prices" not in ledger.derived:
        ledger.derived["prices"] = {
            listing.asin: listing.price for listing in reversed(ledger.listings.values()) if listing.price
        }
    known = ledger.derived["prices"].get(asin)
    return Decimal(known) if known else None


def share(own: Decimal | int, total: Decimal | int) -> Decimal:
    """Return the part of a whole, to four decimal places; 0 if the whole is 0."""
    return (Decimal(own) / Decimal(total)).quantize(Decimal("0.0001")) if total else Decimal(0)


def _searches(ledger: Ledger, sunday: int) -> list[Search]:
    found: dict[str, Search] = {}
    for asin, (listing, units) in sorted(_seen(ledger, sunday).items()):
        queries = _queries(listing)
        for place, query in enumerate(queries):
            steps = _steps(asin, query, sunday, units // len(queries) + (place < units % len(queries)))
            if query not in found:
                found[query] = Search(query, 200 + number("volume", query, sunday) % 20_000, _others(query, sunday))
            found[query].own[asin] = steps
            found[query].everyone = found[query].everyone.plus(steps)
    return [found[query] for query in sorted(found)]


def _seen(ledger: Ledger, sunday: int) -> Mapping[str, tuple[Listing, int]]:
    """Return the ASINs that customers saw in the week, each with a listing and the units sold."""
    seen: dict[str, tuple[Listing, int]] = {}
    for day in range(max(sunday, ledger.first), min(sunday + DAYS, ledger.last + 1)):
        for sku in seen_skus(ledger, day):
            listing, sold = ledger.listings[sku], ledger.of(day).get(sku)
            first, units = seen.get(listing.asin, (listing, 0))
            seen[listing.asin] = first, units + (sold.everyone.units if sold else 0)
    return seen


def _queries(listing: Listing) -> list[str]:
    """Return what customers search for when they find a listing: words of its title."""
    words = [word.lower() for word in listing.title.split() if word.isalpha()] or [listing.sku.lower()]
    count = 1 + number("queries", listing.asin) % MOST_QUERIES
    return list(dict.fromkeys(" ".join(words[:length]) for length in range(1, count + 1)))


def _steps(asin: str, query: str, sunday: int, purchases: int) -> Steps:
    drawn = number("search", asin, query, sunday)
    cart_adds = purchases + drawn % 4
    clicks = cart_adds + (drawn >> 8) % 20
    return Steps(clicks + (drawn >> 16) % 400, clicks, cart_adds, purchases)


def _others(query: str, sunday: int) -> Steps:
    drawn = number("others", query, sunday)
    purchases = drawn % 50
    cart_adds = purchases + (drawn >> 8) % 100
    clicks = cart_adds + (drawn >> 16) % 500
    return Steps(clicks + (drawn >> 24) % 9000, clicks, cart_adds, purchases)
