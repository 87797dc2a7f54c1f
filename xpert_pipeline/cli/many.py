"""Runs the syncs of several sellers at the same time, one run each, through Dagster's own run queue.

A seller whose requests fail or wait for quota delays no other. A few sellers are faster in this process (`runner`),
which does not start Dagster's processes. Those end with the command.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from xpert_pipeline.cli import ui
from xpert_pipeline.cli.leftovers import clear_leftovers
from xpert_pipeline.cli.run_result import RunResult
from xpert_pipeline.cli.runner import Syncs, log_events, run_syncs
from xpert_pipeline.cli.services import free_port
from xpert_pipeline.cli.workplace import Workplace
from xpert_pipeline.holders import WAITER, own_lock
from xpert_pipeline.progress import note
from xpert_pipeline.watchdog import UNFINISHED

MANY = 4
"""With this many sellers the run queue is worth the start of its processes."""
DAEMON_ALIVE_SECONDS = 60
"""A daemon whose last heartbeat is younger runs: it sends one every 30 seconds."""


def run_all(place: Workplace, syncs: Syncs) -> list[RunResult]:
    """Run each seller's sync and log the events to `fact_stream`; return the results in the order of the sellers."""
    if len(syncs) < MANY:
        return run_syncs(place, syncs)
    with place.instance() as instance, place.home.claim(ui.DAGSTER) as claimed:
        if claimed and not _daemon_runs(instance):
            with _dagster(place, instance) as port:
                return [*_through_queue(place, instance, port, syncs), *log_events(place, instance)]
    note("another Dagster daemon runs in this data directory or on this database: syncing one seller after the other")
    return run_syncs(place, syncs)


def _daemon_runs(instance: dg.DagsterInstance) -> bool:
    """Whether a daemon works on the instance; a second one would start the same queued runs."""
    last = max((heartbeat.timestamp for heartbeat in instance.get_daemon_heartbeats().values()), default=0.0)
    return time.time() - last < DAEMON_ALIVE_SECONDS


@contextmanager
def _dagster(place: Workplace, instance: dg.DagsterInstance) -> Iterator[int]:
    """Start Dagster's processes for these runs only; yield the webserver's port."""
    clear_leftovers(place, instance)
    port = free_port()
    try:
        ui.start_dagster(place, {**os.environ, "XPERT_ALONE": "1"}, port)
        yield port
    finally:
        place.services.stop(*ui.SERVICES)
        instance.wipe_daemon_heartbeats()


def _through_queue(place: Workplace, instance: dg.DagsterInstance, port: int, syncs: Syncs) -> list[RunResult]:
    command = {WAITER: own_lock(instance)}
    try:
        return ui.follow(place, instance, list(ui.launch(port, syncs, command)))
    except BaseException:  # whatever it was: the next daemon would start the runs that are still queued
        place.services.stop(*ui.SERVICES)  # first, or each cancelled run would let the next one in the queue start
        for run in instance.get_runs(dg.RunsFilter(tags=command, statuses=UNFINISHED)):
            instance.report_run_canceled(run, "The command that requested the run has ended.")
        raise
