"""All that Dagster sees, assembled in one screen. The only place of the code location that reads the environment."""

import os
from collections.abc import Mapping
from datetime import timedelta

import dagster as dg

from xpert_pipeline.assets.catalog import prepare_products, products
from xpert_pipeline.assets.economics import economics_daily, prepare_economics
from xpert_pipeline.assets.order_pieces import prepare_orders
from xpert_pipeline.assets.orders import orders_and_items
from xpert_pipeline.assets.run_start import RunStart
from xpert_pipeline.assets.sales import sales_data
from xpert_pipeline.assets.table_metadata import table_metadata
from xpert_pipeline.assets.traffic import prepare_traffic, traffic_daily
from xpert_pipeline.checks import build_checks
from xpert_pipeline.jobs import ORDERS_DELTA, SYNC
from xpert_pipeline.partitions import build_partitions
from xpert_pipeline.resources.postgres import PostgresResource
from xpert_pipeline.resources.spapi import SpApiResource
from xpert_pipeline.schedules import build_daily_schedule
from xpert_pipeline.sensors import (
    build_fact_stream_sensor,
    build_orders_delta_sensor,
    run_watchdog,
    sellers_partitions,
)
from xpert_pipeline.settings import Settings
from xpert_pipeline.spapi import library
from xpert_pipeline.spapi.quota import usage_plans
from xpert_pipeline.tables.registry import TABLES

AT_START = {
    "economics_daily": prepare_economics,
    "traffic_daily": prepare_traffic,
    "orders_and_items": prepare_orders,
    "products": prepare_products,
}
"""What each step asks Amazon for when its run starts."""
FRESHNESS = dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=36), warn_window=timedelta(hours=26))


def build_definitions(settings: Settings, environ: Mapping[str, str]) -> dg.Definitions:
    """The code location for these settings; secrets stay in the environment and enter resources at run time.

    Raises:
        PlanMissing: An operation has no usage plan, so its calls could not be paced.
    """
    usage_plans.require(library.OPERATIONS)
    partitions = build_partitions(settings.start_date, settings.timezone)
    names = [table.name for table in TABLES]

    def complete(spec: dg.AssetSpec) -> dg.AssetSpec:
        return spec.replace_attributes(
            partitions_def=partitions,
            owners=["team:seller-data"],
            freshness_policy=FRESHNESS,
            metadata={**spec.metadata, **table_metadata(spec.key.to_user_string())},
        )

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
    )
    return dg.Definitions(
        assets=dg.map_asset_specs(complete, [products, orders_and_items, sales_data, economics_daily, traffic_daily]),
        asset_checks=build_checks(),
        executor=dg.in_process_executor,
        jobs=[SYNC, ORDERS_DELTA],
        schedules=_schedules(settings),
        sensors=_sensors(settings, names),
        resources={"postgres": postgres, "sp_api": sp_api, "run_start": RunStart(AT_START)},
    )


def _schedules(settings: Settings) -> list[dg.ScheduleDefinition]:
    if settings.alone:
        return []
    return [build_daily_schedule(SYNC.name, settings.start_date, is_sandbox=settings.sandbox)]


def _sensors(settings: Settings, tables: list[str]) -> list[dg.SensorDefinition]:
    if settings.alone:
        return [run_watchdog]
    found = [sellers_partitions, run_watchdog, build_fact_stream_sensor(tables)]
    if settings.delta_minutes:
        found.append(build_orders_delta_sensor(ORDERS_DELTA.name, settings.delta_minutes, is_sandbox=settings.sandbox))
    return found


def _optional(environ: Mapping[str, str], name: str) -> dg.EnvVar | None:
    return dg.EnvVar(name) if environ.get(name) else None


@dg.definitions
def defs() -> dg.Definitions:
    """The code location as the environment describes it."""
    return build_definitions(Settings.from_env(os.environ), os.environ)
