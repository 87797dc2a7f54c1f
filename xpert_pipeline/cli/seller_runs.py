"""A seller's Dagster runs: which run, which are queued, and how the last one ended."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import dagster as dg

from xpert_pipeline.assets.registry import SOURCES
from xpert_pipeline.cli.forecast import predicted_ends
from xpert_pipeline.coordinator import MANY
from xpert_pipeline.events import why_failed
from xpert_pipeline.partitions import days_of_run, sellers_of_run

NEWEST = 50
RUNNING = ("STARTING", "STARTED", "CANCELING")
QUEUED = ("NOT_STARTED", "QUEUED")
STEPS = {source.step: source.tables[0].name for source in SOURCES}
"""The first table of each step."""


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
        working: Steps that run now.
        coming: Steps that have not begun.
        predicted: When each of them is predicted to be done, if that is known.
    """

    run_id: str
    state: str
    first_day: date | None
    last_day: date | None
    began_at: datetime
    ended_at: datetime | None
    reasons: list[str]
    working: list[str] = field(default_factory=list)
    coming: list[str] = field(default_factory=list)
    predicted: dict[str, datetime] = field(default_factory=dict)


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
    working, coming = _steps(instance, run) if state == "running" else ([], [])
    began_at = _at(record.start_time) or record.create_timestamp
    ends = predicted_ends(run.tags, began_at)
    return SellerRunState(
        run_id=run.run_id,
        state=state,
        first_day=days[0] if days else None,
        last_day=days[-1] if days else None,
        began_at=began_at,
        ended_at=_at(record.end_time),
        reasons=[reason for _, reason in why_failed(instance, run.run_id)] if state == "failure" else [],
        working=working,
        coming=coming,
        predicted={step: ends[STEPS[step]] for step in (*working, *coming) if STEPS.get(step) in ends},
    )


def _steps(instance: dg.DagsterInstance, run: dg.DagsterRun) -> tuple[list[str], list[str]]:
    """The steps of a run that work now, and those that have not begun; checks are left out."""
    planned = instance.all_logs(run.run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED)
    steps = dict.fromkeys(entry.step_key for entry in planned if entry.step_key)
    stats = {each.step_key: each for each in instance.get_run_step_stats(run.run_id)}
    working = [name for name in steps if name in stats and stats[name].start_time and not stats[name].end_time]
    return working, [name for name in steps if name not in stats or not stats[name].start_time]


def _at(timestamp: float | None) -> datetime | None:
    return datetime.fromtimestamp(timestamp, UTC) if timestamp else None
