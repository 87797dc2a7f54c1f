"""Runs syncs through Dagster in this process: one recorded run per seller, one after the other, then the event log.

`many` runs several sellers at the same time.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import dagster as dg

from xpert_pipeline.assets.registry import SOURCES, TABLES
from xpert_pipeline.cli.board import Board
from xpert_pipeline.cli.coming import still_coming
from xpert_pipeline.cli.forecast import forecast, predicted_tag, seconds_left
from xpert_pipeline.cli.leftovers import clear_leftovers
from xpert_pipeline.cli.result import table_results
from xpert_pipeline.cli.run_result import RunResult
from xpert_pipeline.cli.status_text import next_sync_words
from xpert_pipeline.cli.welcome import never_synced
from xpert_pipeline.cli.workplace import Workplace
from xpert_pipeline.definitions import defs
from xpert_pipeline.events import INTERRUPTED, continued, reasons, why_failed
from xpert_pipeline.fact_stream import collect_events
from xpert_pipeline.garbage import leave_out_of_collection
from xpert_pipeline.holders import holder_tags
from xpert_pipeline.partitions import range_tags
from xpert_pipeline.postgres.errors import DatabaseError
from xpert_pipeline.postgres.sellers import Seller
from xpert_pipeline.postgres.source_coverage import coverage_of
from xpert_pipeline.sources.order import tables_in_order
from xpert_pipeline.sources.outcome import WITHOUT_ACCESS
from xpert_pipeline.sources.source import Source
from xpert_pipeline.wording import counted, day_words

STARTING = "Starting"
"""Title of the display until the database and the sandbox run and the sellers are checked."""
FORETOLD = 3
"""Of more sellers than these, nobody waits for predictions before the first sync begins."""
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass(frozen=True)
class SyncRequest:
    """What to sync for one seller.

    Attributes:
        first: First marketplace-local day.
        last: Last day, included.
        tables: Tables to load; empty for all.
        refetch: Request complete days again.
        predicted: Predicted seconds until each table is loaded, if it is a first sync.
    """

    first: date
    last: date
    tables: tuple[str, ...] = ()
    refetch: bool = False
    predicted: Mapping[str, float] = field(default_factory=dict)

    @property
    def days(self) -> list[date]:
        """Every day of the request."""
        return [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]

    @property
    def names(self) -> list[str]:
        """The tables to load, in the order of the registry."""
        return [table.name for table in TABLES if not self.tables or table.name in self.tables]


Syncs = Sequence[tuple[Seller, SyncRequest]]
"""The sellers to sync, each with its request."""


def board_of(syncs: Syncs) -> Board:
    """Return the display of these syncs."""
    names = {name for _, request in syncs for name in request.names}
    days = day_words(min(request.first for _, request in syncs), max(request.last for _, request in syncs))
    who = syncs[0][0].name if len(syncs) == 1 else counted(len(syncs), "seller")
    order = [name for name in tables_in_order(SOURCES) if name in names]
    return Board(f"Syncing {days} for {who}", order, len(syncs))


def with_forecasts(place: Workplace, syncs: Syncs, *, at_once: bool = False) -> Syncs:
    """Predict how long the first syncs of a few sellers take, one after the other or all at once."""
    if len(syncs) > FORETOLD or not never_synced(place, [seller for seller, _ in syncs]):
        return syncs
    foretold, after = [], 0.0
    for seller, request in syncs:
        ends = forecast(place, seller, sources_of(request.names), request.first, request.last, after=after)
        after += 0.0 if at_once else max(ends.values(), default=0.0)
        foretold.append((seller, replace(request, predicted=ends)))
    return foretold


def sources_of(tables: Collection[str]) -> list[Source]:
    """Return the sources that fill these tables."""
    return [source for source in SOURCES if any(table.name in tables for table in source.tables)]


def tags_of(seller: Seller, request: SyncRequest) -> dict[str, str]:
    """Return the tags of a run."""
    return range_tags(request.days, seller.amazon_seller_id, seller.name) | predicted_tag(request.predicted)


def run_config(request: SyncRequest) -> dict[str, Any]:
    """Return the configuration of a run; Dagster ignores entries of steps that are not selected."""
    steps = [source.step for source in SOURCES if source.is_refetchable]
    return {"ops": {name: {"config": {"refetch": True}} for name in steps}} if request.refetch else {}


def run_syncs(place: Workplace, syncs: Syncs) -> list[RunResult]:
    """Run each seller's sync in this process, one after the other, and log the events to `fact_stream`."""
    definitions = defs()
    leave_out_of_collection()
    with place.instance(runs_here=True) as instance:
        clear_leftovers(place, instance)
        results = []
        for seller, request in syncs:
            run_id = _run(definitions, instance, seller, request)
            result = result_of(place, instance, run_id, seller, request)
            if any(INTERRUPTED in error for error in result.errors):  # Ctrl-C ends the command, not one seller
                raise KeyboardInterrupt
            results.append(with_time_left(place, result, seller, request))
        results += log_events(place, instance)
    return results


def log_events(place: Workplace, instance: dg.DagsterInstance) -> list[RunResult]:
    """Do the event sensor's work; a failure is returned as a result of its own, so that the runs' results are kept."""
    try:
        collect_events(instance, place.pool, [table.name for table in TABLES])
    except (dg.DagsterError, DatabaseError) as error:
        return [RunResult([], [f"fact_stream: {error}"])]
    return []


def result_of(
    place: Workplace, instance: dg.DagsterInstance, run_id: str, seller: Seller, request: SyncRequest
) -> RunResult:
    """Return what an ended run did."""
    errors = [f"{step or 'run ' + run_id}: {reason}" for step, reason in why_failed(instance, run_id)]
    tables = table_results(place.pool, instance, run_id, seller, request.names)
    refused = {result.table for result in tables if result.state in WITHOUT_ACCESS}
    tables_by_reason: dict[str, list[str]] = {}
    for table, reason in reasons(instance, run_id).items():
        if table not in refused:  # a role is named once for all of its tables
            tables_by_reason.setdefault(reason, []).append(table)
    notes = [_note(names, reason) for reason, names in tables_by_reason.items()]
    lost = {
        each.table: f"{each.reason}; {each.what_to_do}" for each in coverage_of(place.pool, seller.id) if each.is_lost
    }
    name = f"{seller.name} ({seller.amazon_seller_id})"
    left = still_coming(tables, continued(instance, run_id))
    return RunResult(tables, errors, notes, name, next_sync_words(seller), lost, left)


def _note(tables: Sequence[str], reason: str) -> str:
    """A reason with its tables, which the reason of a single table often names itself."""
    return reason if reason.startswith(tables[0]) and len(tables) == 1 else f"{', '.join(tables)}: {reason}"


def with_time_left(place: Workplace, result: RunResult, seller: Seller, request: SyncRequest) -> RunResult:
    """Predict how long the next run needs for what this one left, if it left something."""
    if not result.continued:
        return result
    left = seconds_left(place, seller, sources_of(result.continued), request.first, request.last)
    return replace(result, seconds_left=left)


def _run(definitions: dg.Definitions, instance: dg.DagsterInstance, seller: Seller, request: SyncRequest) -> str:
    job = definitions.resolve_job_def("sync")
    selection = [dg.AssetKey(name) for name in request.tables] or None
    run_id = str(uuid4())
    result = job.execute_in_process(
        run_config={**QUIET, **run_config(request)},
        instance=instance,
        run_id=run_id,
        tags={**tags_of(seller, request), **holder_tags(instance, run_id)},
        asset_selection=selection,
        raise_on_error=False,
    )
    return result.run_id
