"""The assets, one folder per domain. `spapi` fetches, `postgres` writes, and `tables` provides the row contracts."""

import warnings

import dagster as dg

# The design depends on single-run backfills; hide Dagster's warning that the parameter is in beta.
warnings.filterwarnings("ignore", message=".*`backfill_policy`", category=dg.BetaWarning)
