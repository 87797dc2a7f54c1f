"""The job and the daily schedule that prune what grows."""

from collections.abc import Sequence
from pathlib import Path

import dagster as dg
from psycopg_pool import ConnectionPool

from xpert_pipeline.partitions import build_partitions
from xpert_pipeline.resources.postgres import PostgresResource
from xpert_pipeline.retention import Grown, prune
from xpert_pipeline.settings import Settings
from xpert_pipeline.sources.source import Source

PRUNE = "prune"
CRON = "30 4 * * *"
"""Between the nightly sync and the working day."""


def what_grows(
    instance: dg.DagsterInstance,
    pool: ConnectionPool,
    settings: Settings,
    sources: Sequence[Source],
    logs: Path | None,
) -> Grown:
    """Return what the pipeline with these sources has to prune."""
    return Grown(
        instance,
        pool,
        [table.name for source in sources for table in source.tables],
        [table.name for source in sources if source.is_derived for table in source.tables],
        build_partitions(settings.start_date, settings.timezone),
        {table.name: source.settled_after for source in sources for table in source.tables},
        logs,
    )


def build_prune_job(settings: Settings, sources: Sequence[Source]) -> dg.JobDefinition:
    """Return the job; its one step reports what it removed."""

    @dg.op(description="Remove what is older than the settings XPERT_KEEP_..._DAYS allow.")
    def prune_step(context: dg.OpExecutionContext, postgres: PostgresResource) -> None:
        grown = what_grows(context.instance, postgres.pool, settings, sources, settings.log_directory)
        for part in prune(grown, settings.keep):
            joined = f", {part.added} stand for them" if part.added else ""
            context.log.info("%s: %s removed%s", part.what, f"{part.removed:,}", joined)

    @dg.job(
        name=PRUNE,
        executor_def=dg.in_process_executor,
        description="Remove old runs, events, requests and logs, and join old loads. No table with data is touched.",
        tags={"dagster/max_retries": "0"},
    )
    def prune_job() -> None:
        prune_step()

    return prune_job


def build_prune_schedule(job: dg.JobDefinition, timezone: str) -> dg.ScheduleDefinition:
    """Return the schedule of the job: once a day, early in the morning of the partitions' time zone."""
    return dg.ScheduleDefinition(
        name="daily_prune",
        job_name=job.name,  # Dagster binds resources to a copy of the job; a second object would conflict with it
        cron_schedule=CRON,
        execution_timezone=timezone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Removes what is older than the settings XPERT_KEEP_..._DAYS allow.",
    )
