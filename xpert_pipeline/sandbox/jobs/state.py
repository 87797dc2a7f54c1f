"""The whole state of a running sandbox: the part that every call needs, and the reports and queries."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from xpert_pipeline.sandbox.jobs.documents import Document, Documents
from xpert_pipeline.sandbox.jobs.kiosk_schema import KioskSchema
from xpert_pipeline.sandbox.jobs.query_store import QueryStore
from xpert_pipeline.sandbox.jobs.report_kind import MadeReport, ReportKind
from xpert_pipeline.sandbox.jobs.report_limits import AppPlans
from xpert_pipeline.sandbox.jobs.report_store import Report, ReportStore
from xpert_pipeline.sandbox.jobs.statuses import DONE
from xpert_pipeline.sandbox.serving.operation import Call
from xpert_pipeline.sandbox.serving.state import State
from xpert_pipeline.sandbox.world.digest import number


@dataclass(kw_only=True)
class JobState(State):
    """The state of a sandbox.

    Attributes:
        report_kinds: The report types that can be requested, by name.
        schemas: The schemas that Data Kiosk can query, by name.
    """

    report_kinds: Mapping[str, ReportKind]
    schemas: Mapping[str, KioskSchema]
    reports: ReportStore = field(init=False)
    app_plans: AppPlans = field(init=False)
    queries: QueryStore = field(init=False)
    documents: Documents = field(default_factory=Documents)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.reports = ReportStore(self.pace)
        self.app_plans = AppPlans(self.pace)
        self.queries = QueryStore(self.pace)

    def list_made(self, seller_id: str, report_types: Iterable[str], now: float) -> None:
        """Put the reports that Amazon has made by itself into the store, in which all others are."""
        for name in report_types:
            kind = self.report_kinds.get(name)
            if kind is None or kind.made is None:
                continue
            made = [report for report in kind.made(self.worlds[seller_id]) if report.created <= now]
            self.reports.keep(_finished(kind, seller_id, report) for report in reversed(made))

    def report_document(self, report: Report) -> Document:
        """Return the document of a finished report; write it if it does not exist yet."""
        assert report.document_id is not None
        kind, world = self.report_kinds[report.report_type], self.worlds[report.seller_id]
        return self.documents.get(report.document_id, lambda: kind.document(self.faults, world, report))


def _finished(kind: ReportKind, seller_id: str, made: MadeReport) -> Report:
    number_, document = (number(kind.name, seller_id, name) for name in (made.name, made.document))
    return Report(
        id=f"{number_ % 10**12:012d}020781",
        seller_id=seller_id,
        report_type=kind.name,
        marketplace_ids=made.marketplace_ids,
        start=made.start,
        end=made.end,
        has_window=True,
        created=made.created,
        seconds=0.0,
        fate=DONE,
        document_id=f"amzn1.spdoc.1.4.eu.{document:016x}",
        options=made.options,
    )


def job_state(call: Call) -> JobState:
    """Return the state of the sandbox that answers a call."""
    assert isinstance(call.state, JobState)
    return call.state
