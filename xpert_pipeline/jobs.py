"""The two jobs: one for all tables and checks over a range of days, one for the change streams alone."""

from collections.abc import Sequence
from typing import Any

import dagster as dg

from xpert_pipeline.sources.pictures import NO_PICTURES
from xpert_pipeline.sources.source import Source

SYNC = dg.define_asset_job(
    "sync",
    selection=dg.AssetSelection.all(),
    description="Fetch, load and derive every table for the chosen days and sellers.",
    tags={"dagster/max_retries": "2"},
)
DELTA = "orders_delta"


def build_delta_job(sources: Sequence[Source]) -> Any:
    """Return the job that follows change streams between two daily syncs, and recomputes tables derived only from them.

    A run that died is not retried, because the sensor soon requests the next one. Only the daily sync draws pictures
    and runs checks that read whole tables or ask Amazon.
    """
    tables = [table.name for source in followed_sources(sources) for table in source.tables]
    fresh = [dg.AssetCheckKey(dg.AssetKey(table), "loaded_lately") for table in tables]
    return dg.define_asset_job(
        DELTA,
        selection=dg.AssetSelection.assets(*tables).without_checks() | dg.AssetSelection.checks(*fresh),
        description="Follow a seller's changes from where they were last read, and recompute the days that they touch.",
        tags={"dagster/max_retries": "0", NO_PICTURES: "1"},
    )


def followed_feeds(sources: Sequence[Source]) -> list[Source]:
    """Return the sources with a change stream."""
    return [source for source in sources if source.is_followed]


def followed_sources(sources: Sequence[Source]) -> list[Source]:
    """Return the sources with a change stream, and the derived tables that depend on nothing else."""
    followed = followed_feeds(sources)
    names = {table.name for source in followed for table in source.tables}
    for source in sources:
        if source.is_derived and source.after and names.issuperset(source.after):
            followed.append(source)
            names.update(table.name for table in source.tables)
    return followed
