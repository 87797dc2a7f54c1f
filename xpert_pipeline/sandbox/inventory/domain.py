"""The domain of stock in Amazon's fulfilment network."""

from xpert_pipeline.sandbox.domain import Domain
from xpert_pipeline.sandbox.inventory.api import get_inventory_summaries
from xpert_pipeline.sandbox.inventory.faults import FAULTS, READING
from xpert_pipeline.sandbox.inventory.forecast_truth import forecasting_data
from xpert_pipeline.sandbox.inventory.ledger_report import LEDGER_SUMMARY
from xpert_pipeline.sandbox.inventory.seasons_truth import seasonal_patterns
from xpert_pipeline.sandbox.inventory.truth import fba_inventory, inventory_ledger, inventory_levels
from xpert_pipeline.sandbox.inventory.velocity_truth import velocity_trends
from xpert_pipeline.sandbox.serving.errors import bad_next_token
from xpert_pipeline.sandbox.serving.operation import Operation
from xpert_pipeline.sandbox.serving.paging import Paging
from xpert_pipeline.sandbox.serving.usage_plans import Plan

DOMAIN = Domain(
    operations=(
        Operation(
            name="getInventorySummaries",
            method="GET",
            path="/fba/inventory/v1/summaries",
            answer=get_inventory_summaries,
            plan=Plan(2.0, 2),
            roles=("Product Listing", "Amazon Fulfillment"),
            heavy=True,
            paging=Paging(
                parameter="nextToken", refusal=bad_next_token, size_parameter=None, default=50, most=50, seconds=30
            ),
            fault_places=(READING,),
        ),
    ),
    reports=(LEDGER_SUMMARY,),
    truth={
        "fba_inventory": fba_inventory,
        "inventory_ledger": inventory_ledger,
        "inventory_levels": inventory_levels,
        "velocity_trends": velocity_trends,
        "forecasting_data": forecasting_data,
        "seasonal_patterns": seasonal_patterns,
    },
    faults=FAULTS,
)
