"""The domain of the seller's account."""

from xpert_pipeline.sandbox.domain import Domain
from xpert_pipeline.sandbox.sellers.api import get_marketplace_participations
from xpert_pipeline.sandbox.serving.operation import Operation
from xpert_pipeline.sandbox.serving.usage_plans import Plan

DOMAIN = Domain(
    operations=(
        Operation(
            name="getMarketplaceParticipations",
            method="GET",
            path="/sellers/v1/marketplaceParticipations",
            answer=get_marketplace_participations,
            plan=Plan(0.016, 15),
            roles=("Selling Partner Insights",),
        ),
    ),
)
