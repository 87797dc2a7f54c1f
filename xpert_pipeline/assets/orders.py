"""orders and order_items: one fetch fills both, so they are one multi-asset and fail together."""

from collections.abc import Iterator
from functools import partial

import dagster as dg

from xpert_pipeline.assets.order_sync import STEP, TABLES, sync_orders
from xpert_pipeline.assets.run_start import RunStart
from xpert_pipeline.assets.seller_run import RefetchConfig, run_sellers
from xpert_pipeline.resources.postgres import PostgresResource
from xpert_pipeline.resources.spapi import SpApiResource


@dg.multi_asset(
    name=STEP,
    backfill_policy=dg.BackfillPolicy.single_run(),
    specs=[
        dg.AssetSpec(
            "orders",
            group_name="orders",
            kinds={"spapi", "postgres"},
            description=(
                "One row per order in its newest known state. Partition D holds the orders created on the "
                "marketplace-local day D. Source: Orders v2026-01-01 searchOrders, or the XML all-orders report."
            ),
        ),
        dg.AssetSpec(
            "order_items",
            deps=["orders"],
            group_name="orders",
            kinds={"spapi", "postgres"},
            description=(
                "One row per order line, keyed by Amazon's order item id; an order's lines are replaced as a set. "
                "Amounts that Amazon does not tell (pending orders) are NULL. Comes with the orders' own fetch."
            ),
        ),
    ],
)
def orders_and_items(
    context: dg.AssetExecutionContext,
    config: RefetchConfig,
    postgres: PostgresResource,
    sp_api: SpApiResource,
    run_start: dg.ResourceParam[RunStart],
) -> Iterator[dg.MaterializeResult]:
    """Load the orders created on the run's days, and for a live run everything that changed since the watermark."""
    work = partial(sync_orders, start=run_start)
    yield from run_sellers(context, postgres, sp_api, TABLES, work, refetch=config.refetch)
