"""The requested reports, and their status from IN_QUEUE to the end."""

import itertools
import threading
import time
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from xpert_pipeline.sandbox.jobs.statuses import CANCELLED, DONE, FATAL, IN_QUEUE, status_after
from xpert_pipeline.sandbox.serving.formats import zulu
from xpert_pipeline.sandbox.serving.pace import Pace

BASE_SECONDS = 20.0
ROWS_PER_SECOND = 20_000


@dataclass(slots=True)
class Report:
    """One report.

    Attributes:
        start: Start of its window, in seconds since 1970.
        end: End of its window.
        has_window: Whether its type covers a window; without one, start and end mean nothing.
        created: When it was requested.
        seconds: How long it takes; infinite for a stuck one.
        fate: How it ends: DONE, CANCELLED or FATAL.
        document_id: Id of its document; None if it has none.
        error: Text in the document instead of data.
        options: The requested options, with Amazon's defaults.
    """

    id: str
    seller_id: str
    report_type: str
    marketplace_ids: tuple[str, ...]
    start: float
    end: float
    has_window: bool
    created: float
    seconds: float
    fate: str
    document_id: str | None = None
    error: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)

    def status(self, now: float) -> str:
        """Return its processing status."""
        return status_after(now - self.created, self.seconds, self.fate)

    def as_json(self, now: float) -> dict[str, Any]:
        """Return the report as getReport shows it."""
        status = self.status(now)
        answer: dict[str, Any] = {
            "reportId": self.id,
            "reportType": self.report_type,
            "marketplaceIds": list(self.marketplace_ids),
            "createdTime": zulu(self.created),
            "processingStatus": status,
        }
        if self.has_window:
            answer["dataStartTime"], answer["dataEndTime"] = zulu(self.start), zulu(self.end)
        if status != IN_QUEUE:
            answer["processingStartTime"] = zulu(self.created + self.seconds / 3)
        if status in (DONE, CANCELLED, FATAL):
            answer["processingEndTime"] = zulu(self.created + self.seconds)
            if self.document_id is not None:
                answer["reportDocumentId"] = self.document_id
        return answer


@dataclass(slots=True)
class ReportStore:
    """All reports of all sellers, by id."""

    pace: Pace
    reports: dict[str, Report] = field(default_factory=dict)
    numbers: Iterable[int] = field(default_factory=lambda: itertools.count(time.time_ns() // 1_000_000))
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, report: Report) -> Report:
        """Add a report. The store gives it an id, and also a document id if it will have a document."""
        with self.lock:
            report.id = f"{next(iter(self.numbers))}020781"
            if report.fate in (DONE, FATAL):
                report.document_id = f"amzn1.spdoc.1.4.eu.{uuid.uuid4()}.{report.id}"
            self.reports[report.id] = report
        return report

    def keep(self, reports: Iterable[Report]) -> None:
        """Keep reports that have an id; those that the store has stay as they are."""
        with self.lock:
            for report in reports:
                self.reports.setdefault(report.id, report)

    def processing_seconds(self, rows: int) -> float:
        """Return how long a report with this number of rows takes."""
        return self.pace.waiting(BASE_SECONDS + rows / ROWS_PER_SECOND)

    def of(self, seller_id: str) -> list[Report]:
        """Return a seller's reports, newest first."""
        with self.lock:
            return [report for report in reversed(self.reports.values()) if report.seller_id == seller_id]

    def find(self, seller_id: str, report_id: str) -> Report | None:
        """Return a seller's report by its id."""
        report = self.reports.get(report_id)
        return report if report is not None and report.seller_id == seller_id else None

    def by_document(self, document_id: str) -> Report | None:
        """Return the report to which a document belongs."""
        with self.lock:
            return next((report for report in self.reports.values() if report.document_id == document_id), None)
