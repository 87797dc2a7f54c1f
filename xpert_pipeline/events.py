"""Reads Dagster's event log: materializations by partition, failures by seller; what comes of them lies elsewhere."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

import dagster as dg
from dagster._core.events import JobFailureData
from dagster_shared.error import SerializableErrorInfo

from xpert_pipeline.partitions import partition_key, sellers_of_run, split_key

BATCH = 1_000
INTERRUPTIONS = ("KeyboardInterrupt", "DagsterExecutionInterruptedError")
INTERRUPTED = "interrupted by Ctrl-C or SIGTERM: what was committed stays, the next run goes on from there"


@dataclass(frozen=True)
class Event:
    """One thing that happened to one seller: a materialized partition or a failure.

    `state` is what the asset said of the partition; `reason` why, where it could not do all that was asked.
    A failed step fails for all its `tables`; `table` is the first of them.
    """

    storage_id: int
    at: datetime
    run_id: str
    seller: str
    day: date | None
    table: str | None
    error: str | None = None
    state: str | None = None
    reason: str | None = None
    tables: tuple[str, ...] = ()

    @property
    def event_id(self) -> str:
        """Dagster's own id of the event; a failed run's failed steps are told apart."""
        return f"{self.storage_id}:{self.table}" if self.error and self.table else str(self.storage_id)

    @property
    def partition_key(self) -> str:
        """Dagster's partition key, empty for a failure."""
        return partition_key(self.day, self.seller) if self.day else ""


def read_events(instance: dg.DagsterInstance, assets: Sequence[str], since: int) -> Iterator[Event]:
    """Every materialization of the assets and every failed run's steps, with a storage id above `since`."""
    yield from _materializations(instance, assets, since)
    yield from _failures(instance, since)


def failed_steps(instance: dg.DagsterInstance, run_id: str) -> list[tuple[str, str]]:
    """What each failed step of a run said, without stack traces."""
    steps = instance.all_logs(run_id, of_type=dg.DagsterEventType.STEP_FAILURE)
    return [(entry.step_key or "", _reason(entry)) for entry in steps]


def why_failed(instance: dg.DagsterInstance, run_id: str) -> list[tuple[str | None, str]]:
    """The failed steps of a run; where no step failed, what the run said itself; nothing if it did not fail."""
    run = instance.get_run_by_id(run_id)
    if run is None or run.status not in (dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED):
        return []
    return [*failed_steps(instance, run_id)] or [(None, _reason_of_run(instance, run_id))]


def reasons(instance: dg.DagsterInstance, run_id: str) -> dict[str, str]:
    """Why tables of a run were not loaded though their step did not fail, such as a role that is not granted."""
    found = {}
    for entry in instance.all_logs(run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION):
        materialization = entry.asset_materialization
        if materialization and (reason := _said(materialization).get("reason")):
            found[materialization.asset_key.to_user_string()] = reason
    return found


def _said(materialization: dg.AssetMaterialization | None) -> dict[str, str]:
    metadata = materialization.metadata if materialization else {}
    return {name: str(metadata[name].value) for name in ("state", "reason") if name in metadata}


def tables_of_step(instance: dg.DagsterInstance, run_id: str, step: str) -> list[str]:
    """Assets that a step was to materialize: a multi-asset's step fails for all of its tables."""
    planned = instance.all_logs(run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED)
    found = [
        entry.dagster_event.asset_key.to_user_string()
        for entry in planned
        if entry.step_key == step and entry.dagster_event and entry.dagster_event.asset_key
    ]
    return list(dict.fromkeys(found)) or [step]


def _materializations(instance: dg.DagsterInstance, assets: Sequence[str], since: int) -> Iterator[Event]:
    for asset in assets:
        wanted = dg.AssetRecordsFilter(asset_key=dg.AssetKey(asset), after_storage_id=since)
        page = instance.fetch_materializations(wanted, limit=BATCH, ascending=True)
        while True:
            for record in page.records:
                if record.partition_key:
                    day, seller = split_key(record.partition_key)
                    said = _said(record.asset_materialization)
                    yield Event(
                        record.storage_id,
                        _at(record.timestamp),
                        record.run_id,
                        seller,
                        day,
                        asset,
                        state=said.get("state"),
                        reason=said.get("reason"),
                    )
            if not page.has_more:
                break
            page = instance.fetch_materializations(wanted, limit=BATCH, cursor=page.cursor, ascending=True)


def _failures(instance: dg.DagsterInstance, since: int) -> Iterator[Event]:
    wanted = dg.RunStatusChangeRecordsFilter(event_type=dg.DagsterEventType.RUN_FAILURE, after_storage_id=since)
    page = instance.fetch_run_status_changes(wanted, limit=BATCH, ascending=True)
    while True:
        for record in page.records:
            run = instance.get_run_by_id(record.event_log_entry.run_id)
            if run:
                yield from _failures_of_run(instance, run, record.storage_id, _at(record.timestamp))
        if not page.has_more:
            break
        page = instance.fetch_run_status_changes(wanted, limit=BATCH, cursor=page.cursor, ascending=True)


def _failures_of_run(
    instance: dg.DagsterInstance, run: dg.DagsterRun, storage_id: int, at: datetime
) -> Iterator[Event]:
    failed = why_failed(instance, run.run_id)
    for seller in sellers_of_run(run.tags, instance.get_dynamic_partitions("sellers")):
        for step, reason in failed:
            tables = tables_of_step(instance, run.run_id, step) if step else []
            first = tables[0] if tables else None
            yield Event(storage_id, at, run.run_id, seller, None, first, reason, tables=tuple(tables))


def _reason(entry: dg.EventLogEntry) -> str:
    failure = entry.dagster_event.step_failure_data if entry.dagster_event else None
    if failure is None:
        return "unknown"
    if failure.user_failure_data and failure.user_failure_data.description:
        return failure.user_failure_data.description
    return _innermost(failure.error) if failure.error else "unknown"


def _reason_of_run(instance: dg.DagsterInstance, run_id: str) -> str:
    """What ended a run in which no step failed: its process died, it was cancelled, or its resources did not start."""
    for entry in instance.all_logs(run_id, of_type={dg.DagsterEventType.RUN_FAILURE, dg.DagsterEventType.RUN_CANCELED}):
        event = entry.dagster_event
        data = event.event_specific_data if event else None
        if isinstance(data, JobFailureData) and data.error:
            return f"no step failed; the run: {_innermost(data.error)}"
        if event and event.message:
            return f"no step failed; the run: {event.message}"
    return "no step failed; the run ended early"


def _innermost(error: SerializableErrorInfo) -> str:
    """What was raised first, in words: Dagster wraps it in an error of its own that only names the step."""
    while error.cause:
        error = error.cause
    return INTERRUPTED if error.cls_name in INTERRUPTIONS else error.message.strip()


def _at(timestamp: float) -> datetime:
    return datetime.fromtimestamp(timestamp, UTC)
