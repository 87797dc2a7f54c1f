"""Builds Dagster's assets from sources: one step per source, one asset per table, described by the row contract."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from xpert_pipeline.resources.postgres import PostgresResource
from xpert_pipeline.resources.spapi import SpApiResource
from xpert_pipeline.sources.run import SellerRun
from xpert_pipeline.sources.source import Source
from xpert_pipeline.sources.start import RunStart
from xpert_pipeline.sources.steps import RefetchConfig, Step, run_sellers
from xpert_pipeline.tables.columns import columns_of
from xpert_pipeline.tables.contract import Table


def build_asset(source: Source, **common: Any) -> dg.AssetsDefinition:
    """Build the Dagster step of a source.

    Args:
        source: The declaration.
        common: Attributes that all assets share: partitions and owners.
    """
    options: dict[str, Any] = {
        "name": source.step,
        "specs": [_spec(source, table, common) for table in source.tables],
        "backfill_policy": dg.BackfillPolicy.single_run(),
        "op_tags": {"dagster/priority": str(source.priority)},
    }

    @dg.multi_asset(**options)
    def derive(context: dg.AssetExecutionContext, postgres: PostgresResource) -> Iterator[Any]:
        step = Step(context, postgres, None, source)
        yield from run_sellers(step, lambda run: source.sync(run, None))

    @dg.multi_asset(**options)
    def fetch(
        context: dg.AssetExecutionContext,
        config: RefetchConfig,
        postgres: PostgresResource,
        sp_api: SpApiResource,
        run_start: dg.ResourceParam[RunStart],
    ) -> Iterator[Any]:
        def sync(run: SellerRun) -> None:
            source.sync(run, run_start.take(run, source.step))

        yield from run_sellers(Step(context, postgres, sp_api, source, config.refetch), sync)

    return derive if source.is_derived else fetch


def _spec(source: Source, table: Table, common: dict[str, Any]) -> dg.AssetSpec:
    before = source.tables[: source.tables.index(table)]
    return dg.AssetSpec(
        table.name,
        deps=[*source.after, *(other.name for other in before)],
        group_name=source.group,
        kinds={"sql", "postgres"} if source.is_derived else {"spapi", "postgres"},
        description=table.about.text if table.about else None,
        metadata=table_metadata(table),
        **common,
    )


def table_metadata(table: Table) -> dict[str, Any]:
    """Metadata for Dagster's UI: the table's name, key, and columns with their descriptions."""
    return {
        "dagster/column_schema": dg.TableSchema(
            columns=[
                dg.TableColumn(
                    name=column.name,
                    type=column.sql_type,
                    constraints=dg.TableColumnConstraints(
                        nullable=column.is_nullable,
                        other=["part of the natural key"] if column.name in table.key else None,
                    ),
                    description=column.comment,
                )
                for column in columns_of(table.row)
            ]
        ),
        "dagster/table_name": f"public.{table.name}",
        "key": ", ".join(("seller_id", *table.key)),
    }
