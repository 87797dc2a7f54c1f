"""The one job over all assets and their checks; schedules, the CLI and backfills launch it for a range of days."""

import dagster as dg

SYNC = dg.define_asset_job(
    "sync",
    selection=dg.AssetSelection.all(),
    description="Fetch, load and derive every table for the chosen days and sellers.",
    tags={"dagster/max_retries": "2"},
)
