"""The jobs: all tables with their checks for a range of days, and the orders' change stream alone."""

import dagster as dg

SYNC = dg.define_asset_job(
    "sync",
    selection=dg.AssetSelection.all(),
    description="Fetch, load and derive every table for the chosen days and sellers.",
    tags={"dagster/max_retries": "2"},
)

_FOLLOWED = ("orders", "order_items", "sales_data")

ORDERS_DELTA = dg.define_asset_job(
    "orders_delta",
    selection=dg.AssetSelection.assets(*_FOLLOWED).without_checks()
    | dg.AssetSelection.checks(*(dg.AssetCheckKey(dg.AssetKey(table), "loaded_lately") for table in _FOLLOWED)),
    description=(
        "Follow a seller's orders from where their changes were last read, and recompute the sales they touch. "
        "Checks that read whole tables or ask Amazon are left to the daily sync."
    ),
    tags={"dagster/max_retries": "0"},
)
"""Is asked again by its sensor, so a run that died is not retried."""
