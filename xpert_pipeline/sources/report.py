"""Kind 3: a report over windows of days, such as returns or reimbursements."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, ClassVar, TextIO

from xpert_pipeline.sources.collect import Row
from xpert_pipeline.sources.job_windows import Requested
from xpert_pipeline.sources.rows import known_key
from xpert_pipeline.sources.run import Market, SellerRun
from xpert_pipeline.sources.source import Probe
from xpert_pipeline.sources.windowed import WindowedJobs
from xpert_pipeline.sources.windows import DayWindow
from xpert_pipeline.spapi.documents.download import REPORTS, Document
from xpert_pipeline.spapi.documents.flat_files import read_rows
from xpert_pipeline.spapi.jobs.api import JobRequest
from xpert_pipeline.spapi.jobs.job import Job
from xpert_pipeline.spapi.jobs.report_api import ReportApi
from xpert_pipeline.spapi.session import SellerApi

ReadLines = Callable[[TextIO], Iterator[Any]]


@dataclass(frozen=True, kw_only=True)
class WindowedReport(WindowedJobs):
    """A table filled by a report of one marketplace over windows of days.

    Attributes:
        report: Amazon's report type.
        needs: Columns that the report must have.
        options: Report options, by Amazon's names.
        read_lines: Reads the records of a document; the default reads a flat file with the columns in `needs`.
    """

    report: str
    needs: tuple[str, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict)
    read_lines: ReadLines | None = None
    together: bool = False

    rank: ClassVar[int] = 1
    job_api = ReportApi()
    document_source = REPORTS
    create = "createReport"
    fetch_document = "getReportDocument"
    noun = ("report", "reports")

    @property
    def types(self) -> tuple[str, ...]:
        """The report type."""
        return (self.report,)

    @property
    def how(self) -> str:
        """How much one report covers."""
        return f"one report covers up to {self.longest} days"

    def requests(self, run: SellerRun, window: DayWindow) -> tuple[JobRequest, ...]:
        """One report for a window."""
        start, end = window.bounds()
        return (JobRequest(self.report, start, end, dict(self.options) or None, window.marketplace_ids),)

    def days_of(self, run: SellerRun, request: JobRequest) -> list[date]:
        """The local days between the request's bounds."""
        assert request.start is not None
        assert request.end is not None
        zone = run.market(request.marketplace_ids[0]).zone
        first = request.start.astimezone(zone).date()
        last = (request.end - timedelta(microseconds=1)).astimezone(zone).date()
        return [first + timedelta(days=n) for n in range((last - first).days + 1)]

    def read(self, document: Document, job: Job) -> Iterator[Any]:
        """The lines of the document."""
        with document.open_text() as lines:
            yield from self.read_lines(lines) if self.read_lines else read_rows(lines, self.needs, report=self.report)

    def key_of(self, record: Any, requested: Requested) -> Row:
        """Return the key and day of the record, if they can be read."""
        return known_key(self.table, record, requested.marketplace_ids[0])

    def probe(self, api: SellerApi, market: Market, now: datetime) -> Probe | None:
        """List one report of the type; this needs the same role as requesting one."""
        api.call("getReports", expects={"reports": list}, reportTypes=[self.report], pageSize=1)
        return Probe(f"reports ({self.report})")
