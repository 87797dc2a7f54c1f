"""Reads the current state of one marketplace: by pages, or from a report if there are many records.

The result says whether the reading is complete. `snapshot` decides what to read and loads it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from xpert_pipeline.postgres.ledger import LoadWindow
from xpert_pipeline.sources.collect import Collector, Row, Rows
from xpert_pipeline.sources.jobs import document_of
from xpert_pipeline.sources.rows import row_parser
from xpert_pipeline.sources.run import Market, SellerRun
from xpert_pipeline.spapi.documents.flat_files import read_rows
from xpert_pipeline.spapi.errors import BadRequest, PageTokenExpired
from xpert_pipeline.spapi.jobs.job import Job
from xpert_pipeline.spapi.operations.paging import Page, PagedOperation
from xpert_pipeline.spapi.session import SellerApi
from xpert_pipeline.tables.contract import Table
from xpert_pipeline.tables.validation import chunks
from xpert_pipeline.wording import counted

READINGS = 2
"""How often a run reads the pages if the count does not agree, before it leaves them to the next run."""
OVERLAP = timedelta(minutes=5)
Walk = Callable[[SellerApi, str, datetime | None], Iterator[Page]]


@dataclass(frozen=True)
class Lookup:
    """A second operation that adds details to the records of a page.

    Attributes:
        operation: Amazon's name for it.
        batch: Records looked up in one call.
        subjects: Returns the ids of a record to look up, such as its ASINs; the first one with an answer is used.
        fetch: Looks up some ids in a marketplace and yields the answers.
        subject_of: Returns the id that an answer is about.
    """

    operation: str
    batch: int
    subjects: Callable[[Any], Sequence[str]]
    fetch: Callable[[SellerApi, str, Sequence[str]], Iterable[Any]]
    subject_of: Callable[[Any], str | None]

    def counterparts(self, api: SellerApi, marketplace_id: str, records: Sequence[Any]) -> list[Any]:
        """Return the answer for each record; None if there is none."""
        subjects = [self.subjects(record) for record in records]
        wanted = [subject for some in subjects for subject in some]
        answers = {self.subject_of(answer): answer for answer in self.fetch(api, marketplace_id, wanted)}
        return [next((answers[subject] for subject in some if subject in answers), None) for some in subjects]


@dataclass(frozen=True)
class Pages:
    """How to read the pages.

    Attributes:
        operation: Amazon's operation that `walk` calls.
        walk: Yields the pages of a marketplace: all records, or those that changed since a given time.
        page_size: Records per page, for planning.
        count: Returns Amazon's count of the records that the walk yields; None if Amazon has no count.
        follows_changes: Whether `walk` can yield only changed records; if so, later runs read only changes.
        lookup: A second operation that adds details to each record.
        empty_on: Code of a BadRequest that means "this seller has none", and the reason to show for it.
    """

    operation: str
    walk: Walk
    page_size: int
    count: Callable[[SellerApi, str, datetime | None], int] | None = None
    follows_changes: bool = False
    lookup: Lookup | None = None
    empty_on: tuple[str, str] | None = None

    @property
    def operations(self) -> tuple[str, ...]:
        """The operations of the pages and of the lookup."""
        return (self.operation, *((self.lookup.operation,) if self.lookup else ()))

    @property
    def per_call(self) -> dict[str, int]:
        """Records per call, by operation."""
        lookup = {self.lookup.operation: self.lookup.batch} if self.lookup else {}
        return {self.operation: self.page_size, **lookup}

    def count_since(self, api: SellerApi, marketplace_id: str, since: datetime | None) -> int | None:
        """Amazon's count of the records to read; None if Amazon has no count."""
        return None if self.count is None else self.count(api, marketplace_id, _with_overlap(since))

    def means_empty(self, error: BadRequest) -> bool:
        """Whether an error says that the seller has no such records."""
        return self.empty_on is not None and error.code == self.empty_on[0]


@dataclass(frozen=True)
class BulkReport:
    """A report that replaces the pages if there are many records.

    Attributes:
        report_type: Amazon's name for it.
        above: The report is read instead of pages if there are more records than this.
        needs: Columns that it must have.
        parse: Turns a line into a row, given the marketplace.
        columns: Columns that it fills; the other columns keep their values.
        because: Why pages are not used, for `xpert plan`.
    """

    report_type: str
    above: int
    needs: tuple[str, ...]
    parse: Callable[[Any, Market], Row]
    columns: tuple[str, ...]
    because: str

    def is_for(self, total: int | None) -> bool:
        """Whether to read the report, given Amazon's count of the records; without a count, pages are read."""
        return total is not None and total > self.above


@dataclass(frozen=True)
class Reading:
    """What to read in one marketplace.

    Attributes:
        market: The marketplace.
        since: Only records that changed since then; None for all.
        total: Amazon's count before the reading; None if Amazon has no count.
        job: The report to read; None to read pages.
    """

    market: Market
    since: datetime | None = None
    total: int | None = None
    job: Job | None = None


@dataclass(frozen=True)
class Result:
    """The result of a reading.

    Attributes:
        source: Operation or report that was read.
        known_at: The time that the data describes.
        is_whole: Whether all records were read; if so, rows that are missing from them are deleted.
        empty_because: Why the seller has no records, if Amazon says so.
        problem: Why the reading is incomplete; empty if it is complete.
        doubted: Its number of rows, if that is suspiciously low.
    """

    source: str
    known_at: datetime
    is_whole: bool = False
    empty_because: str = ""
    problem: str = ""
    doubted: int | None = None

    def window(self, since: datetime | None) -> LoadWindow:
        """The window for the ledger: a snapshot, the changes since a given time, or a partial reading."""
        if self.problem:
            return LoadWindow("partial", self.known_at, self.known_at)
        if since is None:
            return LoadWindow("snapshot", self.known_at, self.known_at)
        return LoadWindow("updated", since, max(since, self.known_at))

    def details(self, total: int | None, received: int) -> dict[str, Any]:
        """For `loads.details`."""
        facts = {
            "counted_by_amazon": total,
            "received": received,
            "empty_because": self.empty_because or None,
            "incomplete": self.problem or None,
            "doubted": self.doubted,
        }
        return {name: value for name, value in facts.items() if value is not None}


class SnapshotSource(Protocol):
    """The part of a snapshot source that reading needs."""

    @property
    def table(self) -> Table:
        """The table."""

    @property
    def pages(self) -> Pages:
        """How to read the pages."""

    @property
    def bulk(self) -> BulkReport | None:
        """A report for many records."""

    @property
    def parse(self) -> Callable[[Any, Any, Market], Row] | None:
        """The source's own parser."""

    @property
    def noun(self) -> str:
        """Singular word for a record, for messages."""


def walk_of(operation: PagedOperation, params: Callable[[str], Mapping[str, Any]]) -> Walk:
    """Return the walk of an operation that has no change filter; `params` returns its parameters for a marketplace."""

    def walk(api: SellerApi, marketplace_id: str, _since: datetime | None) -> Iterator[Page]:
        return operation.pages(api, **params(marketplace_id))

    return walk


def row_of(source: SnapshotSource, market: Market) -> Callable[[Any], Rows]:
    """Return the function that turns a record and its lookup result into a row."""
    if source.parse is not None:
        own = source.parse
        return lambda pair: ([own(pair[0], pair[1], market)],)
    by_paths = row_parser(source.table)
    return lambda pair: ([by_paths(pair[0], market)],)


def read(
    run: SellerRun, source: SnapshotSource, reading: Reading, collector: Collector, folder: Path, began: datetime
) -> Result:
    """Collect all records, and compare their number with Amazon's count."""
    if reading.job is not None and source.bulk is not None:
        result = _read_report(run, source.bulk, reading.market, reading.job, collector, folder, began)
        total = reading.total
    else:
        result, total = _read_pages(run, source, reading, collector, began)
    if result.empty_because or total is None or collector.fetched >= total:
        return replace(result, is_whole=reading.since is None and not result.empty_because)
    return replace(
        result,
        problem=f"Amazon counts {counted(total, source.noun)}, but {result.source} returned {collector.fetched:,}. "
        "These were loaded, and nothing is deleted; the next sync reads everything again",
    )


def _read_report(
    run: SellerRun,
    bulk: BulkReport,
    market: Market,
    job: Job,
    collector: Collector,
    folder: Path,
    began: datetime,
) -> Result:
    collector.carry([bulk.columns])
    collector.read_as(lambda line: ([bulk.parse(line, market)],))
    with document_of(run, job, folder) as document, document.open_text() as lines:
        collector.signals.update(document.charset.signals)
        collector.add(read_rows(lines, bulk.needs, report=bulk.report_type))
    known_at = min(began, job.created_at) if job.created_at else began  # an older report has older data
    return Result(bulk.report_type, known_at)


def _read_pages(
    run: SellerRun, source: SnapshotSource, reading: Reading, collector: Collector, began: datetime
) -> tuple[Result, int | None]:
    """Read the pages, and once more if Amazon's count does not agree."""
    pages, api, market = source.pages, run.client(), reading.market
    result, total = Result(pages.operation, began), reading.total
    for number in range(READINGS):
        if number:
            total = pages.count_since(api, market.id, reading.since)
        try:
            total = _walk_once(api, pages, reading, collector, total)
        except PageTokenExpired:
            raise
        except BadRequest as error:
            if not pages.means_empty(error) or collector.fetched:
                raise
            assert pages.empty_on is not None
            return replace(result, empty_because=f"{pages.empty_on[1]} ({error.details or error.message})"), None
        if total is None or collector.fetched >= total:
            break
    return result, total


def _walk_once(api: SellerApi, pages: Pages, reading: Reading, collector: Collector, total: int | None) -> int | None:
    """Collect every page; return Amazon's latest count."""
    collector.restart()
    if total == 0:
        return total
    for page in pages.walk(api, reading.market.id, _with_overlap(reading.since)):
        if page.is_first:
            collector.restart()
        total = page.total if page.total is not None else total
        collector.add(list(_with_counterparts(api, pages.lookup, reading.market, page.records)))
    return total


def _with_counterparts(
    api: SellerApi, lookup: Lookup | None, market: Market, records: Sequence[Any]
) -> Iterator[tuple[Any, Any]]:
    """Yield each record with its lookup result."""
    if lookup is None:
        yield from ((record, None) for record in records)
        return
    for batch in chunks(records, lookup.batch):
        yield from zip(batch, lookup.counterparts(api, market.id, batch), strict=True)


def _with_overlap(since: datetime | None) -> datetime | None:
    return since - OVERLAP if since else None
