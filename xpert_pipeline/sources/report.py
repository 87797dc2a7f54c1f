"""Kind 3: a report over windows of days, such as returns or reimbursements."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar, TextIO

from xpert_pipeline.sources.collect import Carried, Row
from xpert_pipeline.sources.flat_records import carried, cells_by_path, check_line
from xpert_pipeline.sources.job_windows import Requested
from xpert_pipeline.sources.line_changes import LineChange
from xpert_pipeline.sources.rows import known_key
from xpert_pipeline.sources.run import Market, SellerRun
from xpert_pipeline.sources.source import Probe
from xpert_pipeline.sources.windowed import WindowedJobs
from xpert_pipeline.sources.windows import DayWindow, day_windows
from xpert_pipeline.spapi.documents.download import REPORTS, Document
from xpert_pipeline.spapi.documents.flat_files import FlatColumn, FlatRows, read_rows
from xpert_pipeline.spapi.jobs.api import JobRequest
from xpert_pipeline.spapi.jobs.job import Job
from xpert_pipeline.spapi.jobs.report_api import ReportApi
from xpert_pipeline.spapi.session import SellerApi
from xpert_pipeline.tables.columns import columns_of

ReadLines = Callable[[TextIO], Iterator[Any]]


@dataclass(frozen=True, kw_only=True)
class WindowedReport(WindowedJobs):
    """A table filled by a report over windows of days, one report for each marketplace.

    Empty cells of a flat file are None, and so are blank ones. A line that has fewer or more cells than the header is
    rejected whole. Columns of the table whose path (`At`) the file lacks keep their values.

    Attributes:
        report: Amazon's report type.
        needs: Columns that the report must have, and other columns that have several spellings. It must also have those
            that columns of the table are read from (`At`), unless these may be NULL.
        ignores: Other columns that Amazon is known to send. A column beyond all these is counted and reported.
        options: Report options, by Amazon's names.
        is_for_account: Whether the report has the same lines whichever marketplace is asked for. Then it is requested
            once, for the seller's first marketplace. Its rows belong to that one, unless `row` says otherwise: the
            window's `Requested` has all marketplaces, and the load replaces the days of all of them.
        read_lines: Reads the records of a document; the default reads a flat file with the columns in `needs`.
        changes: What happens to the lines of a flat file before anything else sees them, in this order.
    """

    report: str
    needs: tuple[str | FlatColumn, ...] = ()
    ignores: tuple[str, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict)
    is_for_account: bool = False
    read_lines: ReadLines | None = None
    changes: tuple[LineChange, ...] = ()
    together: bool = False

    rank: ClassVar[int] = 2
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
        first = window.markets[0]
        start, end = (moment.astimezone(UTC) for moment in first.bounds(window.first, window.last))
        return (JobRequest(self.report, start, end, dict(self.options) or None, (first.id,)),)

    def open_days(self, run: SellerRun) -> dict[Market, list[date]]:
        """Days to be read, by marketplace.

        A report for the account is asked for in the first marketplace, and for each day that is open in any: a store
        that was added later lacks days that the others have.
        """
        days = super().open_days(run)
        if not self.is_for_account or not days:
            return days
        first = run.markets[0]
        open_days = sorted({day for some in days.values() for day in some if day < first.today})
        return {first: open_days} if open_days else {}

    def cut(self, run: SellerRun, open_days: Mapping[Market, Collection[date]]) -> list[DayWindow]:
        """Cut open days into windows, newest first; Amazon counts the hours of a report's window."""
        return day_windows(open_days, self.longest, together=self.together, exact=True)

    def covers(self, run: SellerRun, window: DayWindow) -> tuple[Market, ...]:
        """All marketplaces if the report is for the account."""
        return run.markets if self.is_for_account else window.markets

    def row(self, record: Any, requested: Requested, signals: Counter[str]) -> Row:
        """One line as a row.

        Raises:
            Unfit: The line does not have as many cells as the header, so no cell can be trusted. The load then deletes
                no row of its days.
        """
        if self.read_lines is not None:
            return super().row(record, requested, signals)
        check_line(record, self.table, requested.markets[0])
        return super().row({name: _filled(cell) for name, cell in record.items()}, requested, signals)

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
        with document.open_text() as text:
            lines = self.read_lines(text) if self.read_lines else self._rows(text)
            for change in self.changes:
                lines = change.apply(lines)
            yield from lines

    def carried(self, document: Document) -> Carried:
        """The columns of the table that the document fills."""
        if self.read_lines or self.parse:
            return super().carried(document)
        with document.open_text() as lines:
            return carried(cells_by_path(self.table), self._rows(lines).columns | self._added)

    def signals(self, document: Document) -> Mapping[str, int]:
        """What is unusual about the document: its charset, and columns that nobody has declared."""
        if self.read_lines:
            return super().signals(document)
        with document.open_text() as lines:
            return {**super().signals(document), **self._rows(lines).signals}

    def key_of(self, record: Any, requested: Requested) -> Row:
        """Return the key and day of the record, if they can be read."""
        return known_key(self.table, record, requested.markets[0])

    def probe(self, api: SellerApi, market: Market, now: datetime) -> Probe | None:
        """List one report of the type; this needs the same role as requesting one."""
        api.call("getReports", expects={"reports": list}, reportTypes=[self.report], pageSize=1)
        return Probe(f"reports ({self.report})")

    @property
    def _added(self) -> frozenset[str]:
        return frozenset(cell for change in self.changes for cell in change.adds)

    def _rows(self, lines: TextIO) -> FlatRows:
        """Read a flat file. It may lack columns that may be NULL; a column that is read may not occur twice."""
        named = {need if isinstance(need, str) else need.name for need in self.needs} | self._added
        paths = {name: True for change in self.changes for name in change.reads if name not in named}
        paths |= {
            column.at.path: column.is_nullable
            for column in columns_of(self.table.row)
            if column.at and self.parse is None and column.at.path not in named
        }
        needs = [*self.needs, *(FlatColumn(path, is_optional=paths[path]) for path in sorted(paths))]
        return read_rows(lines, needs, report=self.report, ignores=self.ignores)


def _filled(cell: Any) -> Any:
    """The cell; None if it contains nothing but blanks."""
    return None if isinstance(cell, str) and not cell.strip() else cell
