"""Runs syncs through Dagster without its daemon: one recorded run per seller, then the sensors' work, once.

Several sellers are run side by side elsewhere (`many`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import dagster as dg

from xpert_pipeline.assets.registry import SOURCES, TABLES
from xpert_pipeline.cli.summary import TableOutcome, outcomes
from xpert_pipeline.cli.workplace import Workplace
from xpert_pipeline.definitions import defs
from xpert_pipeline.events import INTERRUPTED, reasons, why_failed
from xpert_pipeline.fact_stream import collect_events
from xpert_pipeline.partitions import range_tags
from xpert_pipeline.postgres.errors import DatabaseError
from xpert_pipeline.postgres.sellers import Seller
from xpert_pipeline.watchdog import fail_dead_runs

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass(frozen=True)
class Request:
    """What a sync is asked to do.

    Attributes:
        first: First marketplace-local day.
        last: Last day, included.
        tables: Assets to materialize; none means all.
        refetch: Ask again for days that are complete.
    """

    first: date
    last: date
    tables: tuple[str, ...] = ()
    refetch: bool = False

    @property
    def days(self) -> list[date]:
        """Every day of the request."""
        return [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]

    @property
    def names(self) -> list[str]:
        """The tables asked for, in the order of the table list."""
        return [table.name for table in TABLES if not self.tables or table.name in self.tables]


@dataclass(frozen=True)
class Finished:
    """One seller's finished run; notes say why a table could not be loaded that did not fail."""

    tables: list[TableOutcome]
    errors: list[str]
    notes: list[str] = field(default_factory=list)


Wanted = Sequence[tuple[Seller, Request]]
"""Whose sync is asked for, and what of it."""


def run_config(request: Request) -> dict[str, Any]:
    """What a run is told beside its days and tables; Dagster leaves out what is said of ops that are not selected."""
    steps = [source.step for source in SOURCES if source.is_refetchable]
    return {"ops": {name: {"config": {"refetch": True}} for name in steps}} if request.refetch else {}


def run_syncs(place: Workplace, wanted: Wanted) -> list[Finished]:
    """Run each seller's sync in this process, one after the other, and log the events to `fact_stream`."""
    definitions = defs()
    with place.instance() as instance:
        fail_dead_runs(instance)
        finished = []
        for seller, request in wanted:
            run_id = _run(definitions, instance, seller, request)
            finished.append(finish(place, instance, run_id, seller, request))
            if any(INTERRUPTED in error for error in finished[-1].errors):  # Ctrl-C ends the command, not one seller
                raise KeyboardInterrupt
        finished += log_events(place, instance)
    return finished


def log_events(place: Workplace, instance: dg.DagsterInstance) -> list[Finished]:
    """Do the event sensor's work; that it failed is told beside what the runs did."""
    try:
        collect_events(instance, place.pool, [table.name for table in TABLES])
    except (dg.DagsterError, DatabaseError) as error:
        return [Finished([], [f"fact_stream: {error}"])]
    return []


def finish(place: Workplace, instance: dg.DagsterInstance, run_id: str, seller: Seller, request: Request) -> Finished:
    """What an ended run did."""
    errors = [f"{step or 'run ' + run_id}: {reason}" for step, reason in why_failed(instance, run_id)]
    notes = [f"{table}: {reason}" for table, reason in reasons(instance, run_id).items()]
    return Finished(outcomes(place.pool, instance, run_id, seller, request.names), errors, notes)


def _run(definitions: dg.Definitions, instance: dg.DagsterInstance, seller: Seller, request: Request) -> str:
    job = definitions.resolve_job_def("sync")
    selection = [dg.AssetKey(name) for name in request.tables] or None
    result = job.execute_in_process(
        run_config={**QUIET, **run_config(request)},
        instance=instance,
        tags=range_tags(request.days, seller.amazon_seller_id),
        asset_selection=selection,
        raise_on_error=False,
    )
    return result.run_id
