"""Reads Dagster's event log: materializations by partition and failures by seller; what becomes of them is told elsewhere."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

import dagster as dg

from xpert_pipeline.partitions import partition_key, sellers_of_run, split_key

BATCH = 1_000


@dataclass(frozen=True)
class Event:
    """One thing that happened to one seller: a materialized partition or a failure."""

    storage_id: int
    at: datetime
    run_id: str
    seller: str
    day: date | None
    table: str | None
    error: str | None = None

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


def _materializations(instance: dg.DagsterInstance, assets: Sequence[str], since: int) -> Iterator[Event]:
    for asset in assets:
        wanted = dg.AssetRecordsFilter(asset_key=dg.AssetKey(asset), after_storage_id=since)
        page = instance.fetch_materializations(wanted, limit=BATCH, ascending=True)
        while True:
            for record in page.records:
                if record.partition_key:
                    day, seller = split_key(record.partition_key)
                    yield Event(record.storage_id, _at(record.timestamp), record.run_id, seller, day, asset)
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
    failed: list[tuple[str | None, str]] = [*failed_steps(instance, run.run_id)]
    for seller in sellers_of_run(run.tags):
        for step, reason in failed or [(None, "the run ended without a step failing")]:
            yield Event(storage_id, at, run.run_id, seller, None, step, reason)


def _reason(entry: dg.EventLogEntry) -> str:
    failure = entry.dagster_event.step_failure_data if entry.dagster_event else None
    if failure is None:
        return "unknown"
    if failure.user_failure_data and failure.user_failure_data.description:
        return failure.user_failure_data.description
    return (failure.error.message if failure.error else "unknown").strip()


def _at(timestamp: float) -> datetime:
    return datetime.fromtimestamp(timestamp, UTC)
