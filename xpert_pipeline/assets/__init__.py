"""The assets, one file per domain; fetching lives in `spapi`, writing in `postgres`, row contracts in `tables`."""

import warnings

import dagster as dg

# Single-run backfills are this design's ground; that Dagster calls the parameter beta need not be said at every start.
warnings.filterwarnings("ignore", message=".*`backfill_policy`", category=dg.BetaWarning)
