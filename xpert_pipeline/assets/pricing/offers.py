"""The source of offer_summaries and competitor_data: one look-up fills both tables."""

from datetime import timedelta

from xpert_pipeline.assets.pricing.competitor_data import COMPETITOR_DATA, parse_offers
from xpert_pipeline.assets.pricing.offer_summaries import OFFER_SUMMARIES, parse_summary
from xpert_pipeline.sources.day_figures import DayFigure
from xpert_pipeline.sources.lookup import BatchLookup, Lines
from xpert_pipeline.sources.source import Pace
from xpert_pipeline.spapi.operations.listings import count_listings
from xpert_pipeline.spapi.operations.pricing import OFFERS_BATCH, get_listing_offers

LISTINGS_ON_SALE = """
select
  sku as subject,
  asin,
  case split_part(lower(condition_type), '_', 1)
    when 'used' then 'Used' when 'collectible' then 'Collectible' when 'refurbished' then 'Refurbished'
    when 'club' then 'Club' else 'New'
  end as condition
from products
where seller_id = %(seller_id)s and marketplace_id = %(marketplace_id)s and 'BUYABLE' = any(status)
"""
"""A listing whose condition Amazon did not report counts as new."""

SOURCE = BatchLookup(
    table=OFFER_SUMMARIES,
    pace=Pace.LAST,
    group="pricing",
    roles=("Pricing",),
    after=("products",),
    subjects=LISTINGS_ON_SALE,
    noun="listing",
    operation="getListingOffersBatch",
    batch=OFFERS_BATCH,
    ask=get_listing_offers,
    parse=parse_summary,
    lines=Lines(table=COMPETITOR_DATA, parse=parse_offers),
    count=count_listings,
    every=timedelta(hours=20),  # once a day, although a daily sync may begin earlier than the day before
    figures=(
        DayFigure(OFFER_SUMMARIES, "featured", "count(*) filter (where is_featured_own)"),
        DayFigure(COMPETITOR_DATA, "offers of others", "count(*) filter (where not is_own_offer)"),
    ),
)
