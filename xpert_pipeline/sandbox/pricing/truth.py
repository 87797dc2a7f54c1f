"""The rows that a perfect pipeline would hold after a sync of today: what Amazon answers changes with the day."""

import time
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

from xpert_pipeline.sandbox.domain import Row
from xpert_pipeline.sandbox.marketplaces import STORES
from xpert_pipeline.sandbox.serving.formats import amount_text
from xpert_pipeline.sandbox.world.charges import Charge
from xpert_pipeline.sandbox.world.days import written_day
from xpert_pipeline.sandbox.world.fee_estimates import PREVIEW_DAYS, estimated
from xpert_pipeline.sandbox.world.listing_facts import regular_price, sales_rank
from xpert_pipeline.sandbox.world.offers import LISTED, NO_OFFERS, SUCCESS, Offer, ProductPage, product_page
from xpert_pipeline.sandbox.world.records import Listing, World

MERCHANT, AMAZON = "MERCHANT", "AMAZON"


def pages(world: World) -> Iterator[tuple[Listing, int, ProductPage]]:
    """Yield the listings on sale, each with today in its store and the offers of today."""
    now = time.time()
    for listing in world.listings:
        if listing.active:
            day = STORES[listing.marketplace_id].day_of(now)
            yield listing, day, product_page(world.seller_id, listing, day)


def offer_summaries(world: World) -> Iterator[Row]:
    """One row for each listing on sale."""
    for listing, day, page in pages(world):
        featured, is_known = page.featured, page.status == SUCCESS
        yield {
            "marketplace_id": listing.marketplace_id,
            "sku": listing.sku,
            "captured_date": written_day(day),
            "asin": listing.asin,
            "item_condition": "New",
            "status": page.status,
            "total_offers": len(page.offers),
            "featured_listing_price": amount_text(featured and featured.price),
            "featured_shipping_price": amount_text(featured and featured.shipping),
            "featured_landed_price": amount_text(featured and featured.landed),
            "featured_offers": sum(offer.is_featured for offer in page.offers) if is_known else None,
            "is_featured_own": any(offer.is_own and offer.is_featured for offer in page.offers) if is_known else None,
            "lowest_landed_price": amount_text(min((offer.landed for offer in page.offers), default=None)),
            "list_price": amount_text(page.list_price),
            "competitive_price_threshold": amount_text(page.threshold),
            "sales_rank": sales_rank(listing) if page.offers else None,
            "sales_rank_category": listing.category if page.offers else None,
            "currency": listing.currency if page.offers else None,
        }


def competitor_data(world: World) -> Iterator[Row]:
    """One row for each offer that Amazon lists."""
    for listing, day, page in pages(world):
        numbers: Counter[tuple[str, bool]] = Counter()
        for rank, offer in enumerate(page.offers[:LISTED], start=1):
            numbers[offer.seller_id, offer.fba] += 1
            yield {
                "marketplace_id": listing.marketplace_id,
                "sku": listing.sku,
                "captured_date": written_day(day),
                **_offer(offer),
                "offer_number": numbers[offer.seller_id, offer.fba],
                "asin": listing.asin,
                "item_condition": "New",
                "offer_rank": rank,
                "ships_from_country": STORES[listing.marketplace_id].country,
                "currency": listing.currency,
            }


def _offer(offer: Offer) -> Row:
    low, high = offer.hours
    return {
        "competitor_seller_id": offer.seller_id,
        "fulfilled_by": AMAZON if offer.fba else MERCHANT,
        "is_own_offer": offer.is_own,
        "sub_condition": "new",
        "listing_price": amount_text(offer.price),
        "shipping_price": amount_text(offer.shipping),
        "landed_price": amount_text(offer.landed),
        "is_featured_offer": offer.is_featured,
        "is_prime": offer.fba,
        "feedback_count": offer.feedback_count,
        "feedback_positive_pct": offer.feedback_pct,
        "handling_hours_min": low,
        "handling_hours_max": high,
    }


def pricing_history(world: World) -> Iterator[Row]:
    """The present prices, one row for each listing with a price. Only the pipeline knows since when it saw them."""
    now = time.time()
    for listing in world.listings:
        if listing.price is not None:
            day = STORES[listing.marketplace_id].day_of(now)
            page = product_page(world.seller_id, listing, day) if listing.active else None
            yield {
                "marketplace_id": listing.marketplace_id,
                "sku": listing.sku,
                "offer_type": "B2C",
                "item_condition": "New",
                "valid_to": None,
                "asin": listing.asin,
                "is_buyable": listing.active,
                "listing_price": listing.price,
                "regular_price": amount_text(regular_price(listing)),
                **_beside(page if page and page.status in (SUCCESS, NO_OFFERS) else ProductPage(NO_OFFERS)),
                "currency": listing.currency,
            }


def _beside(page: ProductPage) -> Row:
    """The featured offer, and what the own offer adds to the price if Amazon lists it."""
    own, featured = next((offer for offer in page.offers[:LISTED] if offer.is_own), None), page.featured
    return {
        "shipping_price": amount_text(own and own.shipping),
        "landed_price": amount_text(own and own.landed),
        "featured_listing_price": amount_text(featured and featured.price),
        "featured_landed_price": amount_text(featured and featured.landed),
        "is_featured_own": any(offer.is_own and offer.is_featured for offer in page.offers) if page.offers else None,
        "competitive_price_threshold": amount_text(page.threshold),
    }


def fee_estimates(world: World, *, previewed: bool = True) -> Iterator[Row]:
    """One row for each listing on sale with a price."""
    now = time.time()
    for listing, way, lines, units in estimated(world.listings, previewed=previewed):
        day = STORES[listing.marketplace_id].day_of(now)
        yield {
            "marketplace_id": listing.marketplace_id,
            "sku": listing.sku,
            "estimated_date": written_day(day),
            "asin": listing.asin,
            "is_fba": listing.fba,
            "listing_price": listing.price,
            "currency": listing.currency,
            "estimated_by": way,
            "expected_units": units,
            "previewed_until": written_day(day + PREVIEW_DAYS - 1) if units else None,
            "status": "ClientError" if lines is None else "Success",
            "error_code": "InvalidParameterValue" if lines is None else None,
            "fees_total": amount_text(sum((charge.total for *_, charge in lines), Decimal(0))) if lines else None,
            "fees": None if lines is None else [_fee(*line) for line in lines],
        }


def _fee(name: str, group: str | None, charge: Charge) -> Row:
    return {
        "type": name,
        "group": group,
        "amount": amount_text(charge.amount),
        "promotion": amount_text(charge.promotion),
        "tax": amount_text(charge.tax),
        "total": amount_text(charge.total),
    }
