"""Requests the jobs of windows; what Amazon does not grant for one marketplace does not stop the others."""

from collections.abc import Sequence

from xpert_pipeline.sources.job_windows import JobWindow, WindowSource
from xpert_pipeline.sources.run import SellerRun
from xpert_pipeline.spapi.errors import NotGranted
from xpert_pipeline.spapi.jobs.api import JobRequest
from xpert_pipeline.spapi.jobs.job import Job

Place = int
"""Index of a window."""


def request_granted(
    run: SellerRun,
    source: WindowSource,
    windows: Sequence[JobWindow],
    batch: Sequence[tuple[Place, JobRequest]],
) -> tuple[list[tuple[Place, Job]], set[Place]]:
    """Request a batch of jobs together; if Amazon refuses it, request each job alone.

    A refusal is recorded for the marketplaces of its window, and their other windows are not requested.

    Returns:
        The jobs with the places of their windows, and the places of the windows that Amazon refused.

    Raises:
        NotGranted: Amazon refused a window of all the seller's marketplaces.
    """
    try:
        jobs = source.request(run, [request for _, request in batch])
    except NotGranted:
        if len(run.markets) == 1:
            raise
    else:
        return [(place, job) for (place, _), job in zip(batch, jobs, strict=True)], set()
    outcome, requested, refused = run.outcome(source.table.name), list[tuple[Place, Job]](), set[Place]()
    for place, request in batch:
        markets = source.covers(run, windows[place].window)
        if place in refused or {market.id for market in markets} <= outcome.refused:
            refused.add(place)
            continue
        try:
            requested += [(place, job) for job in source.request(run, [request])]
        except NotGranted as error:
            if len(markets) == len(run.markets):
                raise
            refused.add(place)
            names = ", ".join(market.place.domain for market in markets)
            run.log.warning("seller %s: %s for %s: not granted: %s", run.who, source.table.name, names, error)
            for market in markets:
                outcome.not_granted(str(error), market.id)
    return requested, refused
