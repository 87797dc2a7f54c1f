"""A seller's Dagster runs: which run, which are queued, and how the last one ended."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

import dagster as dg

from xpert_pipeline.coordinator import MANY
from xpert_pipeline.events import why_failed
from xpert_pipeline.partitions import days_of_run, sellers_of_run

NEWEST = 50
RUNNING = ("STARTING", "STARTED", "CANCELING")
QUEUED = ("NOT_STARTED", "QUEUED")


@dataclass(frozen=True)
class SellerRunState:
    """One run of a seller.

    Attributes:
        run_id: Dagster's id.
        state: queued, running, success, failure or canceled.
        first_day: First day of its partitions; None if it has no partitions.
        last_day: Last day of its partitions.
        began_at: When it started; for a queued run, when it was queued.
        ended_at: When it ended; None if it has not.
        reasons: Why it failed.
    """

    run_id: str
    state: str
    first_day: date | None
    last_day: date | None
    began_at: datetime
    ended_at: datetime | None
    reasons: list[str]


def runs_of(instance: dg.DagsterInstance, seller: str) -> list[SellerRunState]:
    """Return the seller's newest runs, newest first."""
    known = instance.get_dynamic_partitions("sellers")
    of_seller = dg.RunsFilter(tags={"seller": [seller, MANY]})
    records = instance.get_run_records(of_seller, limit=NEWEST)
    return [
        _state(instance, record)
        for record in records
        if seller in (record.dagster_run.tags.get("seller"), *sellers_of_run(record.dagster_run.tags, known))
    ]


def _state(instance: dg.DagsterInstance, record: dg.RunRecord) -> SellerRunState:
    run, status = record.dagster_run, record.dagster_run.status.value
    days = days_of_run(run.tags)
    state = "running" if status in RUNNING else "queued" if status in QUEUED else status.lower()
    return SellerRunState(
        run_id=run.run_id,
        state=state,
        first_day=days[0] if days else None,
        last_day=days[-1] if days else None,
        began_at=_at(record.start_time) or record.create_timestamp,
        ended_at=_at(record.end_time),
        reasons=[reason for _, reason in why_failed(instance, run.run_id)] if state == "failure" else [],
    )


def _at(timestamp: float | None) -> datetime | None:
    return datetime.fromtimestamp(timestamp, UTC) if timestamp else None
