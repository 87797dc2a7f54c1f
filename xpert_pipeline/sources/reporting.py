"""Reports the partitions of a step to Dagster: one materialization per loaded day, in the order of the days.

Dagster's own way would materialize every partition of the run, in no order. A day that Amazon did not grant or does
not offer holds nothing, so it must not look loaded: an observation tells its state, and its partition stays missing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import uuid4

import dagster as dg
from dagster._core.definitions.partitions.utils.multi import get_tags_from_multi_partition_key
from dagster._core.definitions.source_asset import SYSTEM_METADATA_KEY_SOURCE_ASSET_OBSERVATION
from dagster._core.events import DagsterEvent, DagsterEventBatchMetadata

from xpert_pipeline.partitions import DATE, SELLER
from xpert_pipeline.sources.outcome import WITHOUT_ACCESS


@dataclass(frozen=True)
class DayReport:
    """What a step says about one seller's day of a table.

    Attributes:
        table: The table.
        seller: Amazon's id of the seller.
        day: The day.
        state: The state over all marketplaces.
        metadata: State, reason and figures.
    """

    table: str
    seller: str
    day: date
    state: str
    metadata: Mapping[str, Any]

    @property
    def partition(self) -> dg.MultiPartitionKey:
        """Dagster's key of the partition."""
        return dg.MultiPartitionKey({DATE: self.day.isoformat(), SELLER: self.seller})


def report_table(
    context: dg.AssetExecutionContext, table: str, reports: Sequence[DayReport], shared: Mapping[str, Any]
) -> Iterator[dg.Output[None] | DagsterEvent | dg.AssetObservation]:
    """Yield the events of one table, and the output that lets the tables after it go on.

    Args:
        context: The step.
        table: The table.
        reports: Its days.
        shared: Metadata that belongs to the whole step.
    """
    ordered = sorted(reports, key=lambda report: (report.seller, report.day))
    loaded = [report for report in ordered if report.state not in WITHOUT_ACCESS]
    step, batch = context.get_step_execution_context(), str(uuid4())
    for number, report in enumerate(loaded, start=1):
        event = dg.AssetMaterialization(
            table,
            metadata={**shared, **report.metadata},
            partition=report.partition,
            tags=get_tags_from_multi_partition_key(report.partition),
        )
        yield DagsterEvent.asset_materialization(step, event, DagsterEventBatchMetadata(batch, number == len(loaded)))
    newest = {report.seller: report for report in ordered if report.state in WITHOUT_ACCESS}
    for report in newest.values():  # one says it for all days of the seller
        yield dg.AssetObservation(
            table,
            metadata={**shared, **report.metadata},
            partition=report.partition,
            tags=get_tags_from_multi_partition_key(report.partition),
        )
    # With this entry Dagster takes the output as one whose events the step has reported itself.
    own = {SYSTEM_METADATA_KEY_SOURCE_ASSET_OBSERVATION: True}
    yield dg.Output(None, output_name=_output_of(context, table), metadata=own)


def _output_of(context: dg.AssetExecutionContext, table: str) -> str:
    return str(context.assets_def.get_output_name_for_asset_key(dg.AssetKey(table)))
