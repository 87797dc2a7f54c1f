"""Fails runs whose process is gone.

Dagster's default launcher does not notice when a run is killed with SIGKILL: the run would stay STARTED forever and
block its seller.
"""

import os
import platform
from collections.abc import Mapping

import dagster as dg
import psutil

PID, STARTED, HOST = "xpert/pid", "xpert/pid_started", "xpert/host"
UNFINISHED = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


def mark_process(instance: dg.DagsterInstance, run_id: str) -> None:
    """Record in the run's tags which process executes it."""
    me = psutil.Process(os.getpid())
    instance.add_run_tags(run_id, {PID: str(me.pid), STARTED: f"{me.create_time():.2f}", HOST: platform.node()})


def fail_dead_runs(instance: dg.DagsterInstance) -> list[str]:
    """Fail every started run of this host whose process is gone.

    Returns:
        The ids of these runs.
    """
    dead = []
    for run in instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING])):
        if run.tags.get(HOST) == platform.node() and not _is_alive(run.tags):
            instance.report_run_failed(
                run,
                "The run's process is gone (killed or out of memory). No data is damaged: committed windows are kept, "
                "and the next run continues after them.",
            )
            dead.append(run.run_id)
    return dead


def _is_alive(tags: Mapping[str, str]) -> bool:
    try:
        process = psutil.Process(int(tags[PID]))
        return f"{process.create_time():.2f}" == tags[STARTED] and process.status() != psutil.STATUS_ZOMBIE
    except (psutil.NoSuchProcess, KeyError, ValueError):
        return False
