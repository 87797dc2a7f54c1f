"""Reads the current state of one marketplace: by pages, or from a report if there are many records.

The result says whether the reading is complete. `snapshot` decides what to read and loads it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from xpert_pipeline.postgres.ledger import LoadWindow
from xpert_pipeline.sources.aids import ask_for_help
from xpert_pipeline.sources.collect import Collector, Row, Rows
from xpert_pipeline.sources.jobs import UNUSABLE
from xpert_pipeline.sources.rows import known_key, row_parser
from xpert_pipeline.sources.run import Market, SellerRun
from xpert_pipeline.sources.snapshot_pages import Pages, collect_pages
from xpert_pipeline.sources.snapshot_report import BulkReport, read_report
from xpert_pipeline.spapi.errors import BadRequest, PageTokenExpired, SpApiError
from xpert_pipeline.spapi.jobs.job import UNREADABLE, Job
from xpert_pipeline.tables.contract import Table
from xpert_pipeline.wording import counted

READINGS = 2
"""How often a run reads the pages if the count does not agree, before it leaves them to the next run."""


@dataclass(frozen=True)
class Reading:
    """What to read in one marketplace.

    Attributes:
        market: The marketplace.
        since: Only records that changed since then; None for all.
        total: Amazon's count before the reading; None if Amazon has no count.
        job: The report to read; None to read pages.
        refused: Why Amazon did not count the records or accept the report; then nothing is read.
    """

    market: Market
    since: datetime | None = None
    total: int | None = None
    job: Job | None = None
    refused: SpApiError | None = None


@dataclass(frozen=True)
class Result:
    """The result of a reading.

    Attributes:
        source: Operation or report that was read.
        known_at: The time that the data describes.
        is_whole: Whether all records were read; if so, rows that are missing from them are deleted.
        counted: Amazon's count that the reading was compared with; None if Amazon has no count.
        empty_because: Why the seller has no records, if Amazon says so.
        problem: Why the reading is incomplete; empty if it is complete.
        short_report: Why the report was not used and pages were read; empty if there was none, or it was complete.
        doubted: Its number of rows, if that is suspiciously low.
    """

    source: str
    known_at: datetime
    is_whole: bool = False
    counted: int | None = None
    empty_because: str = ""
    problem: str = ""
    short_report: str = ""
    doubted: int | None = None

    def window(self, since: datetime | None) -> LoadWindow:
        """The window for the ledger: a snapshot, the changes since a given time, or a partial reading."""
        if self.problem:
            return LoadWindow("partial", self.known_at, self.known_at)
        if since is None:
            return LoadWindow("snapshot", self.known_at, self.known_at)
        return LoadWindow("updated", since, max(since, self.known_at))

    def details(self, received: int) -> dict[str, Any]:
        """For `loads.details`."""
        facts = {
            "counted_by_amazon": self.counted,
            "received": received,
            "empty_because": self.empty_because or None,
            "incomplete": self.problem or None,
            "short_report": self.short_report or None,
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
    """Collect all records, and compare their number with Amazon's count.

    The count moves while records are read. So if fewer arrive than Amazon counted before, it counts again: a reading is
    complete if it has at least the smaller number. Otherwise it is repeated by pages, once for each source. Pages are
    also read if the report cannot be read.
    """
    if reading.job is None or source.bulk is None:
        return _read_pages(run, source, reading, collector, began)
    try:
        known_at, received = read_report(run, source.bulk, reading.market, reading.job, collector, folder, began)
    except UNUSABLE as error:
        if (reading.total or 0) > source.bulk.pages_up_to:
            raise
        return _pages_instead(run, source, reading, collector, began, f"{UNREADABLE}{error.message}")
    comparison = _compared(run, source, reading, [reading.total], received)
    result = _result(reading, Result(source.bulk.report_type, known_at), comparison)
    if not result.problem or (comparison.counted or 0) > source.bulk.pages_up_to:
        return result
    again = replace(reading, total=comparison.counted)
    return _pages_instead(run, source, again, collector, began, comparison.lack(result.source))


def _pages_instead(
    run: SellerRun, source: SnapshotSource, reading: Reading, collector: Collector, began: datetime, why: str
) -> Result:
    """Read pages, because the report cannot be used; what it brought is discarded."""
    run.log.warning("seller %s: %s: %s; reading pages", run.who, source.table.name, why)
    collector.carry_all()
    collector.read_as(row_of(source, reading.market), lambda record: known_key(source.table, record, reading.market))
    paged = _read_pages(run, source, replace(reading, job=None), collector, began)
    return replace(paged, short_report=why)


@dataclass(frozen=True)
class _Comparison:
    """What arrived, and what Amazon counted; None if it has no count."""

    noun: str
    counted: int | None
    received: int

    @property
    def is_complete(self) -> bool:
        return self.counted is None or self.received >= self.counted

    def lack(self, source: str) -> str:
        """Say what is missing."""
        return f"Amazon counts {counted(self.counted or 0, self.noun)}, but {source} returned {self.received:,}"


def _compared(
    run: SellerRun, source: SnapshotSource, reading: Reading, counts: Sequence[int | None], received: int
) -> _Comparison:
    """Compare what arrived with Amazon's counts; if it is less, let Amazon count again."""
    known = [count for count in counts if count is not None]
    if not known or received >= max(known):
        return _Comparison(source.noun, max(known, default=None), received)
    now = ask_for_help(
        run,
        f"Amazon's counts of {source.noun}s after a reading",
        lambda: source.pages.count_since(run.client(), reading.market.id, reading.since),
    )
    needed = max(known) if now is None else min(max(known), now)
    return _Comparison(source.noun, needed, received)


def _result(reading: Reading, result: Result, comparison: _Comparison) -> Result:
    """Complete a result by what the comparison says."""
    result = replace(result, counted=comparison.counted)
    if comparison.is_complete:
        return replace(result, is_whole=reading.since is None)
    return replace(
        result,
        problem=f"{comparison.lack(result.source)}. These were loaded, and nothing is deleted; the next sync reads "
        "everything again",
    )


def _read_pages(
    run: SellerRun, source: SnapshotSource, reading: Reading, collector: Collector, began: datetime
) -> Result:
    """Read the pages, and once more if Amazon's count does not agree.

    Changes are not read if Amazon counts none. A count of 0 for the whole state is checked by reading the first page.
    """
    pages, counts = source.pages, [reading.total]
    is_unchanged = reading.since is not None and reading.total == 0
    for _ in range(READINGS):
        try:
            of_page = (
                None if is_unchanged else collect_pages(run.client(), pages, reading.market, reading.since, collector)
            )
        except PageTokenExpired:
            raise
        except BadRequest as error:
            if not pages.means_empty(error) or collector.fetched:
                raise
            assert pages.empty_on is not None
            reason = f"{pages.empty_on[1]} ({error.details or error.message})"
            return Result(pages.operation, began, empty_because=reason)
        comparison = _compared(run, source, reading, [counts[-1], of_page], collector.fetched)
        if comparison.is_complete:
            break
        counts.append(comparison.counted)
    return _result(reading, Result(pages.operation, began), comparison)
