"""The source of offer_summaries and competitor_data: one look-up fills both tables."""

from collections.abc import Sequence
from datetime import timedelta

from xpert_pipeline.assets.pricing.competitor_data import COMPETITOR_DATA, parse_offers
from xpert_pipeline.assets.pricing.offer_summaries import OFFER_SUMMARIES, parse_summary
from xpert_pipeline.postgres.subjects import Subject
from xpert_pipeline.sources.day_figures import DayFigure
from xpert_pipeline.sources.lookup import BatchLookup, Lines
from xpert_pipeline.sources.lookup_reading import Answer
from xpert_pipeline.spapi.operations.listings import count_listings
from xpert_pipeline.spapi.operations.pricing import OFFERS_BATCH, condition_word, get_listing_offers
from xpert_pipeline.spapi.session import SellerApi

LISTINGS_ON_SALE = """
select sku as subject, asin, condition_type
from products
where seller_id = %(seller_id)s and marketplace_id = %(marketplace_id)s and 'BUYABLE' = any(status)
"""


def ask_offers(api: SellerApi, marketplace_id: str, subjects: Sequence[Subject]) -> list[Answer]:
    """Look up the offers beside some listings. A page without offers is an answer, and so is a final refusal."""
    conditions = {subject.name: condition_word(subject.facts["condition_type"]) for subject in subjects}
    return [
        Answer(answer.sku, failed=answer.failed)
        if answer.failed
        else Answer(
            answer.sku,
            [
                {
                    "offers": answer.offers,
                    "refusal": answer.refusal,
                    "condition": conditions[answer.sku],
                    "own_seller_id": api.seller_id,
                }
            ],
        )
        for answer in get_listing_offers(api, marketplace_id, conditions)
    ]


SOURCE = BatchLookup(
    table=OFFER_SUMMARIES,
    group="pricing",
    roles=("Pricing",),
    after=("products",),
    subjects=LISTINGS_ON_SALE,
    operation="getListingOffersBatch",
    batch=OFFERS_BATCH,
    ask=ask_offers,
    parse=parse_summary,
    lines=Lines(table=COMPETITOR_DATA, parse=parse_offers),
    count=count_listings,
    every=timedelta(hours=20),  # once a day, although a daily sync may begin earlier than the day before
    figures=(
        DayFigure(OFFER_SUMMARIES, "featured", "count(*) filter (where is_featured_own)"),
        DayFigure(COMPETITOR_DATA, "offers of others", "count(*) filter (where not is_own_offer)"),
    ),
)
