"""The offers on the product page of each listing, on each local day: the sandbox's own rules, derived from hashes.

No file says what competitors ask, so everything follows from the listing's seed, its own price and the day:

- Most pages have the seller's own offer and up to four others; one page in 25 has 23 others, more than Amazon lists.
- Another seller asks 90 to 110 per cent of the own price, drawn anew for each day.
- On one page in six, the first other seller has the same offer twice.
- The cheapest offer that Amazon fulfils is the featured one, or else the cheapest of all; on one page in eight, the
  cheapest offer of a merchant is featured beside it, for customers without Prime.
- One page in 20 has no offers, for one of Amazon's three reasons. Neither has a listing that is not on sale.
"""

from decimal import Decimal
from typing import NamedTuple

from xpert_pipeline.sandbox.marketplaces import STORES, Store
from xpert_pipeline.sandbox.world.digest import letters, number
from xpert_pipeline.sandbox.world.money import CENT
from xpert_pipeline.sandbox.world.records import Listing

SUCCESS, NO_OFFERS, TOO_SOON, NO_SHIPPING = (
    "Success", "NoBuyableOffers", "ActiveButTooSoonForProcessing", "NoOfferDueToMissingShippingCharge",
)  # fmt: skip
REASONS = (NO_OFFERS, TOO_SOON, NO_SHIPPING)
LISTED = 20
"""Amazon lists at most so many offers of a page."""
SHIPPING = Decimal(40)
"""What some merchants ask for shipping, in rupees."""
_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"


class Offer(NamedTuple):
    """One offer."""

    seller_id: str
    is_own: bool
    fba: bool
    price: Decimal
    shipping: Decimal
    is_featured: bool
    feedback_count: int
    feedback_pct: int
    hours: tuple[int, int]

    @property
    def landed(self) -> Decimal:
        """What the customer pays; there are no points outside Japan."""
        return self.price + self.shipping


class ProductPage(NamedTuple):
    """The offers of a product page.

    Attributes:
        status: Amazon's word for whether there are offers.
        offers: All offers, the cheapest first.
        list_price: The manufacturer's price.
        threshold: The price above which Amazon features no offer; None on half of the pages.
    """

    status: str
    offers: tuple[Offer, ...] = ()
    list_price: Decimal | None = None
    threshold: Decimal | None = None

    @property
    def featured(self) -> Offer | None:
        """The featured offer that Amazon names first."""
        return next((offer for offer in self.offers if offer.is_featured), None)


def product_page(seller_id: str, listing: Listing, day: int) -> ProductPage:
    """Return the offers beside a listing on a local day.

    Args:
        seller_id: The seller of the listing.
        listing: The listing.
        day: Ordinal of the store's local day.
    """
    drawn = number("page", listing.seed)
    if not listing.active or listing.price is None:
        return ProductPage(NO_OFFERS)
    if drawn % 20 == 0:
        return ProductPage(REASONS[(drawn >> 8) % len(REASONS)])
    store, price = STORES[listing.marketplace_id], Decimal(listing.price)
    offers = [_own(store, seller_id, listing, price), *_others(store, listing, price, drawn, day)]
    offers.sort(key=lambda offer: (offer.landed, offer.seller_id))
    return ProductPage(
        SUCCESS,
        tuple(_with_featured(offers, has_two=(drawn >> 40) % 8 == 0)),
        list_price=(price * Decimal("1.25")).quantize(CENT),
        threshold=(price * Decimal("1.05")).quantize(CENT) if (drawn >> 44) % 2 else None,
    )


def _own(store: Store, seller_id: str, listing: Listing, price: Decimal) -> Offer:
    shipping = Decimal(0) if listing.fba else _local(store, SHIPPING)
    return Offer(seller_id, True, listing.fba, price, shipping, False, 250, 96, (0, 24) if listing.fba else (24, 48))


def _others(store: Store, listing: Listing, price: Decimal, drawn: int, day: int) -> list[Offer]:
    count = 23 if (drawn >> 16) % 25 == 0 else (drawn >> 16) % 5
    offers = [_other(store, listing, price, place, day) for place in range(count)]
    return offers + offers[:1] * ((drawn >> 24) % 6 == 0)


def _other(store: Store, listing: Listing, price: Decimal, place: int, day: int) -> Offer:
    fixed, daily = number("competitor", listing.seed, place), number("competitor", listing.seed, place, day)
    fba = fixed % 3 == 0
    name = letters(12, _ALPHABET, "competitor", store.id, number("shop", listing.category, fixed % 30))
    return Offer(
        seller_id=f"A{name}",
        is_own=False,
        fba=fba,
        price=(price * (90 + daily % 21) / 100).quantize(CENT),
        shipping=_local(store, SHIPPING) if not fba and (fixed >> 8) % 2 else Decimal(0),
        is_featured=False,
        feedback_count=(fixed >> 16) % 5_000,
        feedback_pct=80 + (fixed >> 32) % 21,
        hours=(0, 24) if fba else (24, 72),
    )


def _with_featured(offers: list[Offer], *, has_two: bool) -> list[Offer]:
    """Mark the featured offer, and the second one if there is one."""
    fulfilled = next((place for place, offer in enumerate(offers) if offer.fba), None)
    first = 0 if fulfilled is None else fulfilled
    merchants = (place for place, offer in enumerate(offers) if not offer.fba and place != first)
    second = next(merchants, None) if has_two and offers[first].fba else None
    return [offer._replace(is_featured=place in (first, second)) for place, offer in enumerate(offers)]


def _local(store: Store, rupees: Decimal) -> Decimal:
    return (rupees / store.rupees).quantize(CENT)
