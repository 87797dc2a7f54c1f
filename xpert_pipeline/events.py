"""Reads Dagster's event log: what steps reported of partitions, and failures by seller. `fact_stream` stores them.

A loaded day is a materialization. A table that Amazon did not grant to a seller is one observation.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import dagster as dg
from dagster._core.events import JobFailureData
from dagster_shared.error import SerializableErrorInfo

from xpert_pipeline.partitions import partition_key, sellers_of_run, split_key

BATCH = 1_000
Told = dg.AssetMaterialization | dg.AssetObservation
"""What a step reported of a partition."""
INTERRUPTIONS = ("KeyboardInterrupt", "DagsterExecutionInterruptedError")
INTERRUPTED = "interrupted by Ctrl-C or SIGTERM. Everything loaded so far is kept; the next run continues from there"


@dataclass(frozen=True)
class Event:
    """One thing that happened to one seller: a reported partition or a failure.

    Attributes:
        storage_id: Position in Dagster's event log.
        at: When it happened, UTC.
        run_id: The Dagster run.
        seller: Amazon's id of the seller.
        day: The partition's day; None for a failure.
        table: The table; for a failed step the first of its tables.
        error: Why it failed; None for a materialization.
        state: The state of the partition, as the asset reported it.
        reason: Why the asset did not load everything.
        tables: All tables of a failed step.
        states_by_marketplace: The state in each marketplace; empty if the seller has only one.
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
    states_by_marketplace: Mapping[str, str] = field(default_factory=dict)

    @property
    def event_id(self) -> str:
        """Dagster's id of the event. Failed steps of one run share it, so their table is added."""
        return f"{self.storage_id}:{self.table}" if self.error and self.table else str(self.storage_id)

    @property
    def partition_key(self) -> str:
        """Dagster's partition key; empty for a failure."""
        return partition_key(self.day, self.seller) if self.day else ""


def read_events(instance: dg.DagsterInstance, assets: Sequence[str], since: int) -> Iterator[Event]:
    """Read all reports of the assets, and the failed steps of runs, with a storage id above `since`."""
    for fetch in (instance.fetch_materializations, instance.fetch_observations):
        yield from _reports(fetch, assets, since)
    yield from _failures(instance, since)


def failed_steps(instance: dg.DagsterInstance, run_id: str) -> list[tuple[str, str]]:
    """Return each failed step of a run with its error message, without stack traces."""
    steps = instance.all_logs(run_id, of_type=dg.DagsterEventType.STEP_FAILURE)
    return [(entry.step_key or "", _reason(entry)) for entry in steps]


def why_failed(instance: dg.DagsterInstance, run_id: str) -> list[tuple[str | None, str]]:
    """Return the failed steps of a run with their messages.

    If the run failed without a failed step, return None with the run's own message. Return nothing if it did not fail.
    """
    run = instance.get_run_by_id(run_id)
    if run is None or run.status not in (dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED):
        return []
    return [*failed_steps(instance, run_id)] or [(None, _reason_of_run(instance, run_id))]


def reasons(instance: dg.DagsterInstance, run_id: str) -> dict[str, str]:
    """Return by table why a successful step did not load everything, such as a role that is not granted."""
    return {
        told.asset_key.to_user_string(): reason
        for told in day_reports(instance, run_id)
        if (reason := _state_and_reason(told).get("reason"))
    }


def continued(instance: dg.DagsterInstance, run_id: str) -> set[str]:
    """Return the tables with which a run that begins now would go on, because this run left them something."""
    return {
        told.asset_key.to_user_string() for told in day_reports(instance, run_id) if "is_continued" in told.metadata
    }


def day_reports(instance: dg.DagsterInstance, run_id: str) -> Iterator[Told]:
    """Return what the steps of a run reported of its partitions, with state and reason, in the order of the events."""
    types = {dg.DagsterEventType.ASSET_MATERIALIZATION, dg.DagsterEventType.ASSET_OBSERVATION}
    for entry in instance.all_logs(run_id, of_type=types):
        told = entry.asset_materialization or entry.asset_observation
        if told and "state" in told.metadata:
            yield told


def _state_and_reason(told: Told | None) -> dict[str, str]:
    metadata = told.metadata if told else {}
    return {name: str(metadata[name].value) for name in ("state", "reason") if name in metadata}


def _states_by_marketplace(told: Told | None) -> dict[str, str]:
    entry = (told.metadata if told else {}).get("states_by_marketplace")
    return dict(entry.value) if isinstance(entry, dg.JsonMetadataValue) and isinstance(entry.value, dict) else {}


def tables_of_step(instance: dg.DagsterInstance, run_id: str, step: str) -> list[str]:
    """Return the tables that a step was planned to fill; if the step fails, it fails for all of them."""
    planned = instance.all_logs(run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED)
    tables = [
        entry.dagster_event.asset_key.to_user_string()
        for entry in planned
        if entry.step_key == step and entry.dagster_event and entry.dagster_event.asset_key
    ]
    return list(dict.fromkeys(tables)) or [step]


def _reports(fetch: Callable[..., dg.EventRecordsResult], assets: Sequence[str], since: int) -> Iterator[Event]:
    for asset in assets:
        records = dg.AssetRecordsFilter(asset_key=dg.AssetKey(asset), after_storage_id=since)
        page = fetch(records, limit=BATCH, ascending=True)
        while True:
            yield from (_event(record, asset) for record in page.records if record.partition_key)
            if not page.has_more:
                break
            page = fetch(records, limit=BATCH, cursor=page.cursor, ascending=True)


def _event(record: dg.EventLogRecord, asset: str) -> Event:
    entry: Any = record.event_log_entry
    told: Told | None = entry.asset_materialization or entry.asset_observation
    day, seller = split_key(str(record.partition_key))
    metadata = _state_and_reason(told)
    return Event(
        record.storage_id,
        _at(record.timestamp),
        record.run_id,
        seller,
        day,
        asset,
        state=metadata.get("state"),
        reason=metadata.get("reason"),
        states_by_marketplace=_states_by_marketplace(told),
    )


def _failures(instance: dg.DagsterInstance, since: int) -> Iterator[Event]:
    failed_runs = dg.RunStatusChangeRecordsFilter(event_type=dg.DagsterEventType.RUN_FAILURE, after_storage_id=since)
    page = instance.fetch_run_status_changes(failed_runs, limit=BATCH, ascending=True)
    while True:
        for record in page.records:
            run = instance.get_run_by_id(record.event_log_entry.run_id)
            if run:
                yield from _failures_of_run(instance, run, record.storage_id, _at(record.timestamp))
        if not page.has_more:
            break
        page = instance.fetch_run_status_changes(failed_runs, limit=BATCH, cursor=page.cursor, ascending=True)


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
    """Why a run failed without a failed step: its process died, it was cancelled, or its resources did not start."""
    for entry in instance.all_logs(run_id, of_type={dg.DagsterEventType.RUN_FAILURE, dg.DagsterEventType.RUN_CANCELED}):
        event = entry.dagster_event
        data = event.event_specific_data if event else None
        if isinstance(data, JobFailureData) and data.error:
            return f"no step failed; the run failed with: {_innermost(data.error)}"
        if event and event.message:
            return f"no step failed; the run failed with: {event.message}"
    return "no step failed; the run ended early"


def _innermost(error: SerializableErrorInfo) -> str:
    """The message of the original error; Dagster wraps it in its own errors, which name only the step."""
    while error.cause:
        error = error.cause
    return INTERRUPTED if error.cls_name in INTERRUPTIONS else error.message.strip()


def _at(timestamp: float) -> datetime:
    return datetime.fromtimestamp(timestamp, UTC)
