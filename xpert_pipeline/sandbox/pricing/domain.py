"""The domain of offers and fee estimates."""

from functools import partial

from xpert_pipeline.sandbox.domain import Domain
from xpert_pipeline.sandbox.pricing.faults import FAULTS, FEES, OFFERS
from xpert_pipeline.sandbox.pricing.fees_api import get_my_fees_estimates
from xpert_pipeline.sandbox.pricing.offers_api import get_listing_offers_batch
from xpert_pipeline.sandbox.pricing.truth import competitor_data, fee_estimates, offer_summaries, pricing_history
from xpert_pipeline.sandbox.serving.operation import Operation
from xpert_pipeline.sandbox.serving.usage_plans import Plan
from xpert_pipeline.sandbox.world.fee_estimates import PREVIEW_REFUSED

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
        Operation(
            name="getMyFeesEstimates",
            method="POST",
            path="/products/fees/v0/feesEstimate",
            answer=get_my_fees_estimates,
            plan=Plan(0.5, 1),
            roles=("Pricing", "Product Listing"),
            fault_places=(FEES,),
        ),
    ),
    truth={
        "offer_summaries": offer_summaries,
        "competitor_data": competitor_data,
        "fee_estimates": fee_estimates,
        "pricing_history": pricing_history,
    },
    faulty_truth={(PREVIEW_REFUSED, "fee_estimates"): partial(fee_estimates, previewed=False)},
    truth_without={("Brand Analytics", "fee_estimates"): partial(fee_estimates, previewed=False)},
    faults=FAULTS,
)
