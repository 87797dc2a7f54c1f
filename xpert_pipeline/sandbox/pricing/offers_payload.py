"""Offers in the shape of Product Pricing v0: the payload of one SKU in a batch."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from xpert_pipeline.sandbox.marketplaces import STORES
from xpert_pipeline.sandbox.serving.formats import zulu
from xpert_pipeline.sandbox.world.listing_facts import sales_rank
from xpert_pipeline.sandbox.world.offers import LISTED, TOO_SOON, Offer, ProductPage
from xpert_pipeline.sandbox.world.records import Listing

CHANNELS = {True: "Amazon", False: "Merchant"}
PROCESSED_AFTER = 3 * 3600
"""A page that is too new is processed this many seconds later."""


def offers_payload(listing: Listing, page: ProductPage, condition: str, now: float) -> dict[str, Any]:
    """Return the payload about one SKU. Like Amazon's examples, it names the SKU and no ASIN."""
    currency = STORES[listing.marketplace_id].currency
    return {
        "marketplaceId": listing.marketplace_id,
        "SKU": listing.sku,
        "ItemCondition": condition,
        "status": page.status,
        "Identifier": {
            "MarketplaceId": listing.marketplace_id,
            "SellerSKU": listing.sku,
            "ItemCondition": condition,
        },
        "Summary": _summary(listing, page, condition, currency, now),
        "Offers": [_offer(listing, offer, currency) for offer in page.offers[:LISTED]],
    }


def _summary(listing: Listing, page: ProductPage, condition: str, currency: str, now: float) -> dict[str, Any]:
    summary: dict[str, Any] = {"TotalOfferCount": len(page.offers)}
    if page.status == TOO_SOON:
        summary["OffersAvailableTime"] = zulu(now + PROCESSED_AFTER)
    if not page.offers:
        return summary
    word = condition.lower()  # the summary has other letters than the request
    featured = [offer for offer in page.offers if offer.is_featured]
    cheapest = {offer.fba: offer for offer in reversed(page.offers)}
    summary |= {
        "NumberOfOffers": _counts(page.offers, word),
        "LowestPrices": [_price(offer, word, currency, with_channel=True) for offer in cheapest.values()],
        "BuyBoxPrices": [
            _bulk_price(featured[0], word, currency),
            *(_price(offer, word, currency) | {"sellerId": offer.seller_id} for offer in featured[:1]),
        ],
        "BuyBoxEligibleOffers": _counts(page.offers, word),
        "SalesRankings": [{"ProductCategoryId": listing.category, "Rank": sales_rank(listing)}],
        "ListPrice": _money(page.list_price, currency),
    }
    if page.threshold is not None:
        summary["CompetitivePriceThreshold"] = _money(page.threshold, currency)
    return summary


def _counts(offers: Sequence[Offer], word: str) -> list[dict[str, Any]]:
    counts = {fba: sum(offer.fba is fba for offer in offers) for fba in CHANNELS}
    return [
        {"condition": word, "fulfillmentChannel": CHANNELS[fba], "OfferCount": count}
        for fba, count in counts.items()
        if count
    ]


def _price(offer: Offer, word: str, currency: str, *, with_channel: bool = False) -> dict[str, Any]:
    price = {
        "condition": word,
        "LandedPrice": _money(offer.landed, currency),
        "ListingPrice": _money(offer.price, currency),
        "Shipping": _money(offer.shipping, currency),
    }
    return price | ({"fulfillmentChannel": CHANNELS[offer.fba]} if with_channel else {})


def _bulk_price(offer: Offer, word: str, currency: str) -> dict[str, Any]:
    """The price for business customers who buy ten units; it comes first, and is nobody's price for one unit."""
    half = offer._replace(price=offer.price / 2, shipping=Decimal(0))
    return _price(half, word, currency) | {
        "offerType": "B2B",
        "quantityTier": 10,
        "quantityDiscountType": "QUANTITY_DISCOUNT",
    }


def _offer(listing: Listing, offer: Offer, currency: str) -> dict[str, Any]:
    low, high = offer.hours
    return {
        "MyOffer": offer.is_own,
        "offerType": "B2C",
        "SubCondition": "new",
        "SellerId": offer.seller_id,
        "SellerFeedbackRating": {
            "SellerPositiveFeedbackRating": float(offer.feedback_pct),
            "FeedbackCount": offer.feedback_count,
        },
        "ShippingTime": {"minimumHours": low, "maximumHours": high, "availabilityType": "NOW"},
        "ListingPrice": _money(offer.price, currency),
        "Shipping": _money(offer.shipping, currency),
        "ShipsFrom": {"Country": STORES[listing.marketplace_id].country},
        "IsFulfilledByAmazon": offer.fba,
        "PrimeInformation": {"IsPrime": offer.fba, "IsNationalPrime": offer.fba},
        "IsBuyBoxWinner": offer.is_featured,
        "IsFeaturedMerchant": True,
    }


def _money(amount: Decimal | None, currency: str) -> dict[str, Any]:
    return {"CurrencyCode": currency, "Amount": float(amount or 0)}
