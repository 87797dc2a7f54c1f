"""Runs the syncs of several sellers side by side: one run each, through Dagster's own run queue, then everything ends.

A seller that only answers errors, or waits for its quota, so holds up no other. Few sellers are quicker in this process
(`runner`), which saves the start of Dagster's processes.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import dagster as dg

from xpert_pipeline.cli import ui
from xpert_pipeline.cli.runner import Finished, Wanted, log_events, run_syncs
from xpert_pipeline.cli.services import free_port
from xpert_pipeline.cli.workplace import Workplace
from xpert_pipeline.progress import step
from xpert_pipeline.watchdog import UNFINISHED, fail_dead_runs

MANY = 4
"""Sellers from which on the run queue is worth the start of its processes."""
COMMAND = "xpert/command"
"""Tag of the runs that one command asked for."""
DAEMON_SEEN_SECONDS = 60
"""A daemon tells every 30 seconds that it lives."""


def run_all(place: Workplace, wanted: Wanted) -> list[Finished]:
    """Run each seller's sync and log the events to `fact_stream`; in the order of the sellers."""
    if len(wanted) < MANY:
        return run_syncs(place, wanted)
    with place.instance() as instance, place.home.claim(ui.DAGSTER) as mine:
        if mine and not _a_daemon_lives(instance):
            with _dagster(place, instance) as port:
                return [*_through_queue(place, instance, port, wanted), *log_events(place, instance)]
    step("another Dagster daemon works here or on this database: the sellers are synced one after the other")
    return run_syncs(place, wanted)


def _a_daemon_lives(instance: dg.DagsterInstance) -> bool:
    """Two daemons on one instance would both start what is queued."""
    seen = max((beat.timestamp for beat in instance.get_daemon_heartbeats().values()), default=0.0)
    return time.time() - seen < DAEMON_SEEN_SECONDS


@contextmanager
def _dagster(place: Workplace, instance: dg.DagsterInstance) -> Iterator[int]:
    """Dagster's processes for these runs alone; gives the webserver's port."""
    fail_dead_runs(instance)
    port = free_port()
    try:
        ui.start_dagster(place, {**os.environ, "XPERT_ALONE": "1"}, port)
        yield port
    finally:
        place.services.stop(*ui.SERVICES)
        instance.wipe_daemon_heartbeats()


def _through_queue(place: Workplace, instance: dg.DagsterInstance, port: int, wanted: Wanted) -> list[Finished]:
    command = {COMMAND: str(uuid4())}
    try:
        return ui.follow(place, instance, list(ui.launch(port, wanted, command)))
    except BaseException:  # also one of the ways to Dagster: what was submitted would be taken up by the next daemon
        place.services.stop(*ui.SERVICES)  # first, or what is cancelled would make room for the next in the queue
        for run in instance.get_runs(dg.RunsFilter(tags=command, statuses=UNFINISHED)):
            instance.report_run_canceled(run, "The command that asked for the run was ended.")
        raise
