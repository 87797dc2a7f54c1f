"""Clears what an earlier command left: dead runs, and requests that only a stopped sandbox knew."""

import dagster as dg

from xpert_pipeline.cli.workplace import Workplace
from xpert_pipeline.postgres.job_store import give_up_jobs
from xpert_pipeline.watchdog import UNFINISHED, end_dead_runs

STOPPED = "the sandbox that had it was stopped"


def clear_leftovers(place: Workplace, instance: dg.DagsterInstance) -> None:
    """End dead runs. If this command started the sandbox, give up the requests of ended runs, too.

    A sandbox keeps its reports and queries in memory. Amazon keeps them, so a real run collects them.
    """
    end_dead_runs(instance)
    if place.sandbox is None:
        return
    unfinished = [run.run_id for run in instance.get_runs(dg.RunsFilter(statuses=UNFINISHED))]
    for seller in place.served():
        give_up_jobs(place.pool, seller.id, except_of=unfinished, reason=STOPPED)
