"""Reads the result of each seller's run from Dagster's records: whether it failed, its times, and its memory."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import psycopg

SUCCESS = "SUCCESS"
FEW = 10
"""How many of the first and of the last runs are compared by memory."""
RUNS = r"""
select r.status, r.start_time, r.end_time,
       (select substring(e.event from 'Started process for run \(pid: ([0-9]+)\)')::int
          from dagster.event_logs e
         where e.run_id = r.run_id and e.dagster_event_type = 'ENGINE_EVENT'
           and e.event like '%Started process for run (pid: %'
         limit 1)
  from dagster.runs r join dagster.run_tags t using (run_id)
 where t.key = 'seller'
 order by r.start_time
"""


@dataclass(frozen=True)
class Run:
    """One seller's run.

    Attributes:
        status: Dagster's status.
        start: When its work began, in epoch seconds; None if it never began.
        end: When it ended.
        peak: Largest memory of its process in bytes; None if it ran in the command's own process.
    """

    status: str
    start: float | None
    end: float | None
    peak: float | None = None


def read_runs(dsn: str, peaks: Mapping[int, int]) -> list[Run]:
    """Read all runs of a database that has seen one command, one per seller, by start time.

    Args:
        dsn: The database.
        peaks: Largest memory of each of the command's processes, by process id.
    """
    with psycopg.connect(dsn) as connection:
        rows = connection.execute(RUNS).fetchall()
    return [Run(status, start, end, peaks.get(pid)) for status, start, end, pid in rows]


def figures_of(runs: Sequence[Run]) -> dict[str, float]:
    """Numbers of successful and failed sellers, seconds, and, where known, largest memory in MB."""
    good = [run for run in runs if run.status == SUCCESS]
    starts = sorted(run.start for run in runs if run.start is not None)
    took = [run.end - run.start for run in good if run.start is not None and run.end is not None]
    peaks = [run.peak / 1e6 for run in good if run.peak is not None]
    figures: dict[str, float] = {"sellers_ok": len(good), "sellers_failed": len(runs) - len(good)}
    if len(starts) > 1:
        figures["longest_gap_seconds"] = max(later - start for start, later in pairwise(starts))
    if took:
        figures["slowest_ok_seconds"] = max(took)
    if len(peaks) >= 2 * FEW:
        figures |= {"first_ten_peak_mb": max(peaks[:FEW]), "last_ten_peak_mb": max(peaks[-FEW:])}
    return figures
