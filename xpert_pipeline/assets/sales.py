"""sales_data: what sold per marketplace-local day and SKU, derived in SQL from orders and order items."""

from collections.abc import Iterator
from datetime import UTC, datetime

import dagster as dg

from xpert_pipeline.assets.seller_run import SellerRun, run_sellers
from xpert_pipeline.postgres.derive import derive
from xpert_pipeline.postgres.sql_files import transform
from xpert_pipeline.resources.postgres import PostgresResource
from xpert_pipeline.tables.sales import SALES_DATA


@dg.asset(
    deps=["orders", "order_items"],
    group_name="sales",
    kinds={"sql", "postgres"},
    backfill_policy=dg.BackfillPolicy.single_run(),
)
def sales_data(context: dg.AssetExecutionContext, postgres: PostgresResource) -> Iterator[dg.MaterializeResult]:
    """Units, orders and ordered product sales (OPS) per day and SKU.

    Cancelled items and Non-Amazon orders do not count as sold; a SKU-day with only cancelled items keeps its row with
    0 units. OPS is the sum of the known line amounts, NULL if none is known. Recomputes the requested days and every
    day whose orders changed since the last time, whenever that was.
    """
    yield from run_sellers(context, postgres, None, ("sales_data",), _derive_sales)


def _derive_sales(run: SellerRun) -> None:
    with run.lease("sales_data") as lease:
        derive(
            run.pool,
            seller_id=run.seller.id,
            table=SALES_DATA,
            statement=transform("sales_data"),
            lease=lease,
            run_id=run.run_id,
            requested_days=run.days,
            started_at=datetime.now(UTC),
        )
