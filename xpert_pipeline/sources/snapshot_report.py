"""Reads the current state from a report, for sellers with too many records for pages."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from pathlib import Path

from xpert_pipeline.sources.collect import Collector, Row, Rows
from xpert_pipeline.sources.flat_records import carried, check_line
from xpert_pipeline.sources.jobs import document_of
from xpert_pipeline.sources.run import Market, SellerRun
from xpert_pipeline.spapi.documents.download import Document
from xpert_pipeline.spapi.documents.flat_files import FlatColumn, FlatRows, read_rows
from xpert_pipeline.spapi.jobs.job import Job


@dataclass(frozen=True)
class BulkReport:
    """A report that replaces the pages if there are many records.

    Attributes:
        report_type: Amazon's name for it.
        above: The report is read instead of pages if there are more records than this.
        pages_up_to: If the report is incomplete, pages are read unless there are more records than this.
        needs: Columns that it must have, and other columns that have several spellings.
        parse: Turns a line into a row, given the marketplace; it counts what is unusual.
        columns: Columns that it fills, each with the columns of the report that it is read from, the best one first.
            The other columns keep their values, and so do those whose columns a report lacks.
        because: Why pages are not used, for `xpert plan`.
        ignores: Other columns that Amazon is known to send; a column beyond all these is counted and reported.
    """

    report_type: str
    above: int
    pages_up_to: int
    needs: tuple[str | FlatColumn, ...]
    parse: Callable[[Mapping[str, str | None], Market, Counter[str]], Row]
    columns: Mapping[str, Sequence[str]]
    because: str
    ignores: tuple[str, ...] = ()

    def is_for(self, total: int | None) -> bool:
        """Whether to read the report, given Amazon's count of the records; without a count, pages are read."""
        return total is not None and total > self.above


def read_report(
    run: SellerRun, bulk: BulkReport, market: Market, job: Job, collector: Collector, folder: Path, began: datetime
) -> tuple[datetime, int]:
    """Collect the lines of a finished report; return the time that they describe, and how many records arrived."""
    with document_of(run, job, folder) as document:
        received = collect_listed(bulk, market, document, collector)
    return min(began, job.created_at) if job.created_at else began, received  # an older report has older data


def collect_listed(bulk: BulkReport, market: Market, document: Document, collector: Collector) -> int:
    """Collect the lines of a document.

    Returns:
        Number of records that arrived; a key that came twice counts once, and a rejected record counts, too.

    Raises:
        BadHeader: The document does not have the columns of the report.
    """
    with document.open_text() as lines:
        rows = read_rows(lines, bulk.needs, report=bulk.report_type, ignores=bulk.ignores)
        collector.signals.update({**document.charset.signals, **rows.signals})
        return _collect_lines(bulk, market, collector, rows)


def _collect_lines(bulk: BulkReport, market: Market, collector: Collector, rows: FlatRows) -> int:
    keys: set[int] = set()
    key = itemgetter(*collector.main.table.key)

    def parse(line: Mapping[str, str | None]) -> Rows:
        check_line(line, collector.main.table, market)
        return ([bulk.parse(line, market, collector.signals)],)

    collector.carry([carried(bulk.columns, rows.columns)])
    collector.read_as(parse)

    def count(valid: Sequence[Row]) -> None:
        keys.update(hash(key(row)) for row in valid)

    collector.main.watchers.append(count)
    try:
        collector.add(rows)
    finally:
        collector.main.watchers.remove(count)
    return len(keys) + len(collector.main.rejects)
