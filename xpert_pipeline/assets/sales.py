"""sales_data: what sold per marketplace-local day and SKU, derived in SQL from orders and order items."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import dagster as dg

from xpert_pipeline.assets.order_plan import STREAM, stream_position
from xpert_pipeline.assets.seller_run import SellerRun, run_sellers
from xpert_pipeline.postgres.coverage import covered_days
from xpert_pipeline.postgres.derive import derive
from xpert_pipeline.postgres.sql_files import transform
from xpert_pipeline.resources.postgres import PostgresResource
from xpert_pipeline.tables.sales import SALES_DATA
from xpert_pipeline.wording import counted, day_span

FOLLOWED_LATELY = timedelta(hours=1)
"""A run reads the change stream at its start, and sales when all else is loaded."""


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
    day whose orders changed since the last time, whenever that was. A requested day whose orders are not all loaded is
    `incomplete` (`skipped` without a row): it is derived again when they are.
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
    _tell_unknown_days(run)


def _tell_unknown_days(run: SellerRun) -> None:
    """Tell of which days the orders are not loaded, so that nobody takes what is derived of them for all there was.

    The change stream has brought the newest orders if it was followed lately.
    """
    asked = [day for day in run.days if day <= run.today]
    position = stream_position(run) if run.is_live else None
    until = position if position and datetime.now(UTC) - position < FOLLOWED_LATELY else None
    loaded = covered_days(run.pool, run.scope, STREAM, asked, until)
    if lacking := [day for day in asked if day not in loaded]:
        first, last, days = min(lacking), max(lacking), counted(len(lacking), "day")
        run.skip(
            ["sales_data"],
            lacking,
            f"sales_data: not all orders of {day_span(lacking)} ({days}) are loaded. The next sync loads those of the "
            f"last 30 days, xpert backfill --from {first} --to {last} all; sales follow by themselves",
        )
