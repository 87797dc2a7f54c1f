"""Handles report and query jobs for all sources: waits for them, downloads their documents, parks or discards them.

A job that is not ready in time is parked: its id stays in the job store, its days stay open, and the next run
collects it. `spapi.jobs` calls Amazon.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

from xpert_pipeline.sources.run import Market, SellerRun
from xpert_pipeline.spapi.documents.download import REPORTS, Document, DocumentSource, fetch_document
from xpert_pipeline.spapi.errors import (
    BadAnswer,
    DocumentBroken,
    DocumentRefused,
    NotFound,
    ReportCancelled,
    ReportFailed,
    SpApiError,
    Stopped,
)
from xpert_pipeline.spapi.jobs.api import JobApi, JobRequest
from xpert_pipeline.spapi.jobs.job import GIVEN_UP_AFTER, UNREADABLE, UNREADABLE_FOR, Job, JobState
from xpert_pipeline.spapi.jobs.waiting import wait_for_jobs

UNUSABLE = (NotFound, DocumentRefused, DocumentBroken, BadAnswer)
"""Permanent errors of a document: the next run requests another one."""
SUPERSEDED = "superseded: its days are requested again"
MINUTE = 60


@contextmanager
def collecting_failures(failures: list[SpApiError]) -> Iterator[None]:
    """Collect an SP-API error that the block raises, and go on; only `Stopped` is raised."""
    try:
        yield
    except Stopped:
        raise
    except SpApiError as error:
        failures.append(error)


def ready(run: SellerRun, job_api: JobApi, jobs: Sequence[Job], *, is_waiting: bool = True) -> Iterator[Job]:
    """Yield each job as it becomes ready, within the run's patience; jobs that are not ready come last, still live.

    Without waiting, check each job once, except those that were requested just now.
    """
    seconds = patience_left(run, jobs) if is_waiting else 0.0
    yield from wait_for_jobs(run.client(), run.jobs, job_api, jobs, budget_seconds=seconds)


def patience_left(run: SellerRun, jobs: Sequence[Job]) -> float:
    """Seconds left to wait for the newest of the jobs.

    All steps of a run share the waiting time, so that it does not add up over the tables. A job of an earlier run gets
    the full time again, from the start of this run.
    """
    now = run.client().server_now()
    youngest = max((job.created_at or job.written_at for job in jobs), default=now)
    return max(0.0, run.options.patience - min(run.options.age(), (now - youngest).total_seconds()))


@contextmanager
def document_of(run: SellerRun, job: Job, folder: Path, source: DocumentSource = REPORTS) -> Iterator[Document]:
    """Download a job's document for the block.

    If the document is unusable, its job becomes FATAL, so that no run uses it again. If it arrived but cannot be read,
    the reason begins with `UNREADABLE`, and the plans of later runs avoid such a document. If Amazon does not know it
    yet (NotYetKnown), the job stays as it is, and the next run collects it. The error gets the seller's id, which the
    code that reads files does not know.
    """
    assert job.document_id is not None
    has_arrived = False
    try:
        is_young = job.is_young(run.client().server_now())
        document = fetch_document(run.client(), job.document_id, folder, source=source, is_young=is_young)
        has_arrived = True
        yield document
    except UNUSABLE as error:
        error.seller = error.seller or run.who
        reason = f"{UNREADABLE}{error.message}" if has_arrived else error.message
        run.jobs.update(replace(job, state=JobState.FATAL, reason=reason))
        raise


def why_unreadable(run: SellerRun, job_api: JobApi, request: JobRequest) -> str | None:
    """Return why not to request a job, if one for the same data could not be read before; None if that never happened.

    It is remembered for `UNREADABLE_FOR`; a refetch does not forget it.
    """
    known = run.jobs.unreadable(job_api.kind, request, UNREADABLE, UNREADABLE_FOR)
    if known is None:
        return None
    reason, moment = known
    return f"the report of {moment:%d %b %Y} could not be read ({reason.removeprefix(UNREADABLE)})"


def park(run: SellerRun, tables: Iterable[str], markets: Iterable[Market], days: Iterable[date], job: Job) -> None:
    """Leave a job to the next run, because it is not ready or may not be requested yet."""
    patience, kept = run.options.patience, list(days)
    if job.state is JobState.THROTTLED:
        reason = f"{job}: {job.reason}"
    else:
        waited = f"it is {job.state}" + (f" after {patience / MINUTE:.0f} min" if patience >= MINUTE else "")
        reason = f"{job} is not ready: {waited}. Its id is kept, and the next run collects it"
    names = list(tables)
    for market in markets:
        for table in names:
            run.outcome(table).skip(market.id, kept, reason, continues=job.state is not JobState.THROTTLED)
    run.log.warning("seller %s: %s", run.who, reason)


def failure_of(run: SellerRun, job_api: JobApi, job: Job) -> ReportFailed | ReportCancelled:
    """Return the error for a job without data."""
    kind = ReportCancelled if job.state is JobState.EMPTY else ReportFailed
    return kind(
        f"{job} is {job.state}: {job.reason or 'Amazon gave no reason'}",
        report_id=job.amazon_id or "",
        operation=job_api.poll,
        seller=run.who,
    )


def unfinished(
    run: SellerRun, job_api: JobApi, types: Sequence[str], *, not_older_than: datetime | None = None
) -> list[Job]:
    """Jobs that an earlier run left: in progress, or ready but not collected; the newest window first.

    Args:
        run: The seller's run.
        job_api: Reports or queries.
        types: Report types or datasets.
        not_older_than: Leave out jobs that Amazon accepted before this time, because their data is too old.
    """
    jobs = run.jobs.unfinished(job_api.kind, types, GIVEN_UP_AFTER)
    return [job for job in jobs if not_older_than is None or job.created_at is None or job.created_at >= not_older_than]


def supersede(run: SellerRun, job: Job, hint: str) -> None:
    """Discard a job whose days are requested again; its result would overwrite newer figures."""
    run.jobs.update(replace(job, state=JobState.FATAL, reason=SUPERSEDED))
    run.log.warning("seller %s: %s is superseded: its days are requested again. %s", run.who, job, hint)
