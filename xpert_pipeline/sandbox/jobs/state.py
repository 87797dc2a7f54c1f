"""The whole state of a running sandbox: the part that every call needs, and the reports and queries."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from xpert_pipeline.sandbox.jobs.documents import Document, Documents
from xpert_pipeline.sandbox.jobs.kiosk_schema import KioskSchema
from xpert_pipeline.sandbox.jobs.query_store import QueryStore
from xpert_pipeline.sandbox.jobs.report_kind import ReportKind
from xpert_pipeline.sandbox.jobs.report_limits import AppPlans
from xpert_pipeline.sandbox.jobs.report_store import Report, ReportStore
from xpert_pipeline.sandbox.serving.operation import Call
from xpert_pipeline.sandbox.serving.state import State


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

    def report_document(self, report: Report) -> Document:
        """Return the document of a finished report; write it if it does not exist yet."""
        assert report.document_id is not None
        kind, world = self.report_kinds[report.report_type], self.worlds[report.seller_id]
        return self.documents.get(report.document_id, lambda: kind.document(self.faults, world, report))


def job_state(call: Call) -> JobState:
    """Return the state of the sandbox that answers a call."""
    assert isinstance(call.state, JobState)
    return call.state
