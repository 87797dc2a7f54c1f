"""Assembles the Dagster code location. Only this module of the code location reads the environment."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import dagster as dg

from xpert_pipeline.assets.registry import RECONCILIATIONS, SOURCES, declared_reconciliations, declared_sources
from xpert_pipeline.delta_sensor import build_orders_delta_sensor
from xpert_pipeline.freshness_sensor import build_freshness_sensor
from xpert_pipeline.jobs import DELTA, SYNC, build_delta_job, followed_feeds
from xpert_pipeline.partitions import build_partitions
from xpert_pipeline.prune_job import build_prune_job, build_prune_schedule
from xpert_pipeline.resources.postgres import PostgresResource
from xpert_pipeline.resources.spapi import SpApiResource
from xpert_pipeline.schedules import build_daily_schedule
from xpert_pipeline.sensors import (
    build_fact_stream_sensor,
    run_watchdog,
    sellers_partitions,
)
from xpert_pipeline.settings import Settings
from xpert_pipeline.sources.build import build_asset
from xpert_pipeline.sources.checks import source_checks
from xpert_pipeline.sources.declarations import require_valid
from xpert_pipeline.sources.reconciliation import build_reconciliations
from xpert_pipeline.sources.source import Source
from xpert_pipeline.sources.start import RunStart


def build_definitions(
    settings: Settings, environ: Mapping[str, str], sources: Sequence[Source] = SOURCES
) -> dg.Definitions:
    """Build the code location for these settings; resources read secrets from the environment at run time.

    Raises:
        DeclarationError: A source is declared incorrectly; the message names the file and line to fix.
    """
    return assemble(settings, environ, sources, build_graph(settings, sources))


@dataclass(frozen=True)
class Graph:
    """Assets and checks, which depend on the first day, the time zone of the partitions, and the tables' parameters."""

    assets: Sequence[dg.AssetsDefinition]
    checks: Sequence[dg.AssetChecksDefinition]


def build_graph(settings: Settings, sources: Sequence[Source]) -> Graph:
    """Build the assets of valid sources, and their checks.

    Raises:
        DeclarationError: A source is declared incorrectly.
    """
    if sources is SOURCES:
        require_valid(sources, declared_sources(), RECONCILIATIONS, declared_reconciliations())
    else:
        require_valid(sources)
    common = {
        "partitions_def": build_partitions(settings.start_date, settings.timezone),
        "owners": ["team:seller-data"],
    }
    checks = [
        *(check for source in sources for check in source_checks(source)),
        *build_reconciliations(RECONCILIATIONS, (table.name for source in sources for table in source.tables)),
    ]
    return Graph([build_asset(source.configured(settings.parameters), **common) for source in sources], checks)


def assemble(settings: Settings, environ: Mapping[str, str], sources: Sequence[Source], graph: Graph) -> dg.Definitions:
    """Give assets and checks what they work with, and add jobs, schedules and sensors."""
    postgres = PostgresResource(
        dsn=dg.EnvVar("DATABASE_URL"),
        encryption_key=_optional(environ, "XPERT_ENCRYPTION_KEY"),
        spool_directory=environ.get("XPERT_SPOOL_DIR"),
    )
    sp_api = SpApiResource(
        postgres=postgres,
        client_id=dg.EnvVar("AMAZON_CLIENT_ID"),
        client_secret=dg.EnvVar("AMAZON_CLIENT_SECRET"),
        env_seller_id=settings.seller_id,
        env_refresh_token=_optional(environ, "AMAZON_REFRESH_TOKEN"),
        endpoint=settings.endpoint,
        token_url=settings.token_url,
        is_sandbox=settings.sandbox,
        report_patience_seconds=settings.report_patience_minutes * 60,
        fill_pages=settings.fill_pages,
        reread_days=settings.reread_days,
    )
    pruning = build_prune_job(settings, sources)
    return dg.Definitions(
        assets=graph.assets,
        asset_checks=graph.checks,
        executor=dg.in_process_executor,
        jobs=[SYNC, build_delta_job(sources), pruning],
        schedules=_schedules(settings, pruning),
        sensors=_sensors(settings, sources),
        resources={"postgres": postgres, "sp_api": sp_api, "run_start": RunStart(sources)},
    )


def _schedules(settings: Settings, pruning: dg.JobDefinition) -> list[dg.ScheduleDefinition]:
    if settings.alone:
        return []
    return [
        build_daily_schedule(SYNC.name, settings.start_date, settings.timezone, is_sandbox=settings.sandbox),
        build_prune_schedule(pruning, settings.timezone),
    ]


def _sensors(settings: Settings, sources: Sequence[Source]) -> list[dg.SensorDefinition]:
    if settings.alone:
        return [run_watchdog]
    tables = [table.name for source in sources for table in source.tables]
    sensors = [
        sellers_partitions,
        run_watchdog,
        build_fact_stream_sensor(tables),
        build_freshness_sensor(sources, is_sandbox=settings.sandbox),
    ]
    if settings.delta_minutes:
        followed = followed_feeds(sources)
        sensors.append(
            build_orders_delta_sensor(
                DELTA, followed, settings.delta_minutes, settings.timezone, is_sandbox=settings.sandbox
            )
        )
    return sensors


def _optional(environ: Mapping[str, str], name: str) -> dg.EnvVar | None:
    return dg.EnvVar(name) if environ.get(name) else None


@dg.definitions
def defs() -> dg.Definitions:
    """The code location, configured by the environment."""
    return build_definitions(Settings.from_env(os.environ), os.environ)
