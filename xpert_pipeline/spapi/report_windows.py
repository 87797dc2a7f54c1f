"""Reports over any span, in windows that Amazon accepts: at most 30 days, made at the same time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from xpert_pipeline.spapi import errors
from xpert_pipeline.spapi.documents import Document, fetch_document
from xpert_pipeline.spapi.reports import BUDGET_SECONDS, Report, ReportRequest, request_reports, wait_for_report
from xpert_pipeline.spapi.session import SellerApi


@dataclass(frozen=True, slots=True)
class FetchedReport:
    """One window of a fetched report; without a document when Amazon says there is no data in it."""

    report: Report
    document: Document | None


def fetch_reports(
    api: SellerApi,
    report_type: str,
    start: datetime,
    end: datetime,
    directory: Path,
    *,
    budget_seconds: float = BUDGET_SECONDS,
) -> Iterator[FetchedReport]:
    """Fetch a report over a span of any length, in windows of at most 30 days.

    All windows are asked for at once, then collected one after the other while Amazon makes the later ones.

    Yields:
        One entry per window, oldest first. Remove its document when it is read.

    Raises:
        ReportFailed, ReportStillRunning, SpApiError: see `wait_for_report` and `fetch_document`.
    """
    requests = [ReportRequest(report_type, *window) for window in split_windows(start, end)]
    for report in request_reports(api, requests):
        try:
            done = wait_for_report(api, report, budget_seconds=budget_seconds)
        except errors.ReportCancelled:
            yield FetchedReport(report, None)
            continue
        assert done.document_id is not None
        yield FetchedReport(done, fetch_document(api, done.document_id, directory))


def split_windows(start: datetime, end: datetime, max_days: int = 30) -> list[tuple[datetime, datetime]]:
    """Cut a span into consecutive windows of at most `max_days`; the last one is the shorter.

    Raises:
        ValueError: for a reversed span.
    """
    if end < start:
        raise ValueError(f"the span ends ({end}) before it starts ({start})")
    step, windows = timedelta(days=max_days), []
    while start < end:
        windows.append((start, min(start + step, end)))
        start += step
    return windows
