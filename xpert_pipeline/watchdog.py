"""Ends runs that nobody works on any more: their process was killed, or they never got one.

Dagster's default launcher does not notice when a run is killed with SIGKILL: the run would stay unfinished forever and
block its seller. Commands and a sensor call `end_dead_runs`; `holders` knows which process holds a run.
"""

import time

import dagster as dg

from xpert_pipeline.holders import WAITER, Life, holder_of, last_sign, life, sweep

UNFINISHED = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]
SILENT_SECONDS = 180.0
"""After this time, a holder elsewhere without a sign of life has ended, and a run that nobody has taken is lost."""
GONE = (
    "The run's process is gone (killed or out of memory). No data is damaged: committed "
    "windows are kept, and the next run continues after them."
)
NEVER_STARTED = (
    "The run was created, but what should have started it has ended. Nothing was loaded; the next run does its work."
)
UNWANTED = "The command that requested the run has ended."


def end_dead_runs(instance: dg.DagsterInstance) -> list[str]:
    """Fail unfinished runs whose process is gone; cancel those that were being cancelled, or that nobody waits for.

    Returns:
        The ids of these runs.
    """
    dead = []
    for record in instance.get_run_records(dg.RunsFilter(statuses=UNFINISHED)):
        run = record.dagster_run
        if run.status == dg.DagsterRunStatus.QUEUED:
            if _is_unwanted(instance, run):
                instance.report_run_canceled(run, UNWANTED)
                dead.append(run.run_id)
        elif _is_dead(instance, record):
            if run.status == dg.DagsterRunStatus.CANCELING:
                instance.report_run_canceled(run, GONE)
            else:
                has_begun = run.status == dg.DagsterRunStatus.STARTED
                instance.report_run_failed(run, GONE if has_begun else NEVER_STARTED)
            dead.append(run.run_id)
    sweep(instance)
    return dead


def _is_unwanted(instance: dg.DagsterInstance, run: dg.DagsterRun) -> bool:
    """Whether a queued run's command has ended. Whoever repeats such a run later wants it, although it has the tag."""
    waiter = run.tags.get(WAITER)
    return waiter is not None and run.parent_run_id is None and life(instance, waiter) is Life.FREE


def _is_dead(instance: dg.DagsterInstance, record: dg.RunRecord) -> bool:
    holder = holder_of(record.dagster_run)
    state = life(instance, holder) if holder else Life.ELSEWHERE
    if state is not Life.ELSEWHERE:
        return state is Life.FREE
    seen = max(record.update_timestamp.timestamp(), last_sign(record.dagster_run.tags) if holder else 0.0)
    return time.time() - seen > SILENT_SECONDS
