"""What every asset does with a report or query that it asked for: wait, fetch its document, give it up, or park it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

from xpert_pipeline.assets.seller_run import SellerRun
from xpert_pipeline.spapi.documents.download import REPORTS, Document, DocumentSource, fetch_document
from xpert_pipeline.spapi.errors import (
    BadAnswer,
    DocumentBroken,
    DocumentRefused,
    NotFound,
    ReportCancelled,
    ReportFailed,
)
from xpert_pipeline.spapi.jobs.api import JobApi
from xpert_pipeline.spapi.jobs.job import Job, JobState
from xpert_pipeline.spapi.jobs.waiting import wait_for_jobs

UNUSABLE = (NotFound, DocumentRefused, DocumentBroken, BadAnswer)
"""A document that these say of will not become better: the next run asks for another."""


def ready(run: SellerRun, desk: JobApi, works: Sequence[Job], *, is_waiting: bool = True) -> Iterator[Job]:
    """Each work as it gets ready, within the run's patience; what is not ready then comes last, still live.

    Without waiting each is looked at once, but for those that were asked for just now.
    """
    seconds = patience_left(run, works) if is_waiting else 0.0
    yield from wait_for_jobs(run.client(), run.book(), desk, works, budget_seconds=seconds)


def patience_left(run: SellerRun, works: Sequence[Job]) -> float:
    """Seconds for which the youngest of the works may still be waited for.

    The waits of a run's steps overlap: what was asked for at its start is not waited for once per table. Work of an
    earlier run is waited for anew.
    """
    now = run.client().server_now()
    asked = max((work.created_at or work.written_at for work in works), default=now)
    return max(0.0, run.patience - min(run.age(), (now - asked).total_seconds()))


@contextmanager
def document_of(run: SellerRun, work: Job, folder: Path, source: DocumentSource = REPORTS) -> Iterator[Document]:
    """Download a report's or query's document, to be read in the block.

    One that cannot be used is remembered so that it is not taken again, and its error names the seller: readers of
    files know none.
    """
    assert work.document_id is not None
    try:
        yield fetch_document(run.client(), work.document_id, folder, source=source)
    except UNUSABLE as error:
        error.seller = error.seller or run.seller.amazon_seller_id
        run.book().update(replace(work, state=JobState.FATAL, reason=error.message))
        raise


def park(run: SellerRun, tables: Sequence[str], days: Sequence[date], work: Job) -> None:
    """Leave a work that is not ready, or not to be asked for yet, to the next run."""
    if work.state is JobState.THROTTLED:
        reason = f"{work}: {work.reason}"
    else:
        waited = (
            f"it is {work.state} after {run.patience / 60:.0f} min" if run.patience >= 60 else f"it is {work.state}"
        )
        reason = f"{work} is not ready: {waited}. Its id is kept, and the next run collects it"
    run.skip(tables, days, reason)


def why_not(run: SellerRun, desk: JobApi, work: Job) -> ReportFailed | ReportCancelled:
    """The error of a work that has no data."""
    kind = ReportCancelled if work.state is JobState.EMPTY else ReportFailed
    return kind(
        f"{work} is {work.state}: {work.reason or 'Amazon gave no reason'}",
        report_id=work.amazon_id or "",
        operation=desk.poll,
        seller=run.seller.amazon_seller_id,
    )
