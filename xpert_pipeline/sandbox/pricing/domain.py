"""The domain of offers and fee estimates."""

from xpert_pipeline.sandbox.domain import Domain
from xpert_pipeline.sandbox.pricing.faults import FAULTS, OFFERS
from xpert_pipeline.sandbox.pricing.offers_api import get_listing_offers_batch
from xpert_pipeline.sandbox.pricing.truth import competitor_data, offer_summaries
from xpert_pipeline.sandbox.serving.operation import Operation
from xpert_pipeline.sandbox.serving.usage_plans import Plan

DOMAIN = Domain(
    operations=(
        Operation(
            name="getListingOffersBatch",
            method="POST",
            path="/batches/products/pricing/v0/listingOffers",
            answer=get_listing_offers_batch,
            plan=Plan(0.5, 1),
            roles=("Pricing",),
            fault_places=(OFFERS,),
        ),
    ),
    truth={"offer_summaries": offer_summaries, "competitor_data": competitor_data},
    faults=FAULTS,
)
