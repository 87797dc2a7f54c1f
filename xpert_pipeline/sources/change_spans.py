"""Decides what a change feed requests: incomplete spans of creation dates, and spans of its change stream.

This module loads nothing and asks for nothing. `span_plans` predicts what a span costs.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, LiteralString, Protocol

from xpert_pipeline.postgres.coverage import covered_days
from xpert_pipeline.progress import step
from xpert_pipeline.sources.collect import Rows
from xpert_pipeline.sources.run import Market, SellerRun
from xpert_pipeline.sources.windows import (
    Kind,
    Restatement,
    Span,
    day_windows,
    groups_of,
    restated_open_days,
    stream_position,
)
from xpert_pipeline.spapi.jobs.report_windows import split_windows
from xpert_pipeline.spapi.session import SellerApi
from xpert_pipeline.tables.contract import Table
from xpert_pipeline.wording import counted

LONGEST_DAYS = 30
TRUSTED, NOT_TRUSTED = "match", "mismatch"

PlaceOf = Callable[[Any, Sequence[Market]], Market | None]
"""Returns the seller's marketplace for a record; None if the record belongs to none of them."""
ParseRecord = Callable[[Any, Market, Counter[str]], Rows]


class RecordsPage(Protocol):
    """A page of records, and the end of the interval that the whole walk reads."""

    @property
    def records(self) -> Sequence[Any]:
        """The records, in Amazon's shape."""

    @property
    def upper_bound(self) -> datetime:
        """The end of the interval that the walk reads."""

    @property
    def is_last(self) -> bool:
        """Whether no page follows."""


CountRecords = Callable[[SellerApi, str, datetime, datetime], int]
"""Called with the client, a marketplace id, and the start and end of a span."""
Walk = Callable[..., Iterator[RecordsPage]]
"""Called with the client, marketplace ids, and `created` or `updated` = (start, end)."""


@dataclass(frozen=True)
class Trust:
    """Checks once per seller that a report has the same record ids as the pages, by comparing the first page.

    Attributes:
        detail: Key of the result in `loads.details`.
        compare: Compares records of pages with records of the report: (compared, differing).
        what: Describes what is compared.
    """

    detail: str
    compare: Callable[[Sequence[Any], Iterator[Any]], tuple[int, int]]
    what: str


@dataclass(frozen=True)
class BulkFeed:
    """A report with the records of a span, but without some of their columns.

    Attributes:
        types: Report type by kind of span.
        read: Yields the records of a document; called with its path, the seller's marketplaces and `charset`.
        parse: Turns a record into rows.
        place_of: The marketplace of a record.
        columns: Columns that it fills, one tuple per table; the other columns keep their values, and so do these where
            a record has no value.
        inferred: Those of them that `parse` infers from others, one tuple per table; pages overrule them.
        trust: What must agree with the pages before the report is used.
        created: Column with the creation time of a record. With it, pages later fill what the report lacks, within
            quota that nothing else needs; None if the report has all columns.
    """

    types: Mapping[Kind, str]
    read: Callable[..., Iterator[Any]]
    parse: ParseRecord
    place_of: PlaceOf
    columns: tuple[tuple[str, ...], ...]
    trust: Trust
    inferred: tuple[tuple[str, ...], ...] = ()
    created: str | None = None


@dataclass(frozen=True)
class Following:
    """Tells that records come after records of another feed, so that their number can be told before they are read.

    Attributes:
        table: The first table of the other feed.
        noun: Singular word for one of its records.
        count: Returns Amazon's count of those records in a span; with the name of that count.
        usual: How many records come after each of them, until loaded days tell it.
    """

    table: Table
    noun: str
    count: tuple[CountRecords, str]
    usual: float


@dataclass(frozen=True, kw_only=True)
class Feed:
    """The declaration of a change feed.

    Attributes:
        tables: The table, followed by its child tables.
        operation: Amazon's paged operation.
        walk: Yields the pages of a span.
        parse: Turns a record into the rows of each table.
        place_of: The marketplace of a record.
        settling: Amazon rejects bounds that are closer to now than this; the next run reads newer records.
        overlap: How much of the change stream to read again, because Amazon may show a change late.
        follows: Whether the operation can filter by change time; if not, `rule` chooses the days to read again.
        rule: Restatement rule of a feed without a change stream.
        together: Whether one walk may cover several marketplaces.
        bulk: A report for large spans.
        count_created: Returns Amazon's count of the records created in a span; with the name of that count.
        following: Another feed's records that these follow, if Amazon does not count these.
        noun: Singular word for a record, for messages.
        longest: The most days in one span of creation dates.
        replaces_days: Whether a span contains every record of its days, so that what does not come again is gone. The
            first table needs `replaced_by`: a record's own columns.
        decide: A statement that runs in each load after its rows are merged, for facts that one record does not tell;
        see
            `postgres.loading.Load`.
        decided: The columns that it decides, one tuple per table.
    """

    tables: tuple[Table, ...]
    operation: str
    walk: Walk
    parse: ParseRecord
    place_of: PlaceOf
    settling: timedelta
    overlap: timedelta = timedelta(0)
    follows: bool = True
    rule: Restatement | None = None
    together: bool = True
    bulk: BulkFeed | None = None
    count_created: tuple[CountRecords, str] | None = None
    following: Following | None = None
    noun: str = "record"
    longest: int = LONGEST_DAYS
    replaces_days: bool = False
    decide: LiteralString = ""
    decided: tuple[tuple[str, ...], ...] = ()

    @property
    def name(self) -> str:
        """The first table; its loads record what is covered."""
        return self.tables[0].name


def open_days(run: SellerRun, feed: Feed) -> dict[Market, list[date]]:
    """Days of the run that neither a load nor the change stream covers; on a refetch, all of them."""
    days = {market: _open_days(run, feed, market) for market in run.markets}
    return {market: missing for market, missing in days.items() if missing}


def complete_days(run: SellerRun, feed: Feed, market: Market) -> set[date]:
    """Days of the run that need no request."""
    if run.refetch or not feed.follows:
        return set()
    until = stream_position(run, market, feed.name, feed.overlap) if market.is_live else None
    return covered_days(run.pool, market.scope, feed.name, market.days_until_today, until)


def _open_days(run: SellerRun, feed: Feed, market: Market) -> list[date]:
    if feed.rule is not None:
        restated = restated_open_days(run, market, feed.name, feed.rule)
        return sorted({*restated, *([market.today] if market.is_live else [])})
    complete = complete_days(run, feed, market)
    return [day for day in market.days_until_today if day not in complete]


def report_complete(run: SellerRun, feed: Feed) -> None:
    """Report on the progress channel how many days are already complete."""
    for market in run.markets:
        if complete := complete_days(run, feed, market):
            total = counted(len(market.days_until_today), "day")
            step(run.who, feed.name, f"{len(complete)} of {total} up to date{run.place_of(market)}")


def created_spans(run: SellerRun, feed: Feed, days: Mapping[Market, Sequence[date]]) -> list[Span]:
    """Spans of creation dates, newest first."""
    latest = run.client().server_now() - feed.settling
    spans = []
    for window in day_windows(days, feed.longest, together=feed.together, exact=True):
        start, end = window.bounds()
        spans.append(Span("created", start, min(end, latest), window.markets))
    return [span for span in spans if span.start < span.end]


def changed_spans(run: SellerRun, feed: Feed, followed: Sequence[Market] = ()) -> list[list[Span]]:
    """Spans of the change stream from its position to now, oldest first.

    Args:
        run: The seller's run.
        feed: The feed.
        followed: Marketplaces whose changes the run has followed already.

    Returns:
        One list for each position of the stream; marketplaces at about the same position share their requests.
        Marketplaces without a first load have no spans.
    """
    if not feed.follows:
        return []
    end = run.client().server_now() - feed.settling
    marks = [
        (market, mark)
        for market in run.markets
        if market.is_live
        and market not in followed
        and (mark := stream_position(run, market, feed.name, feed.overlap))
        and end > mark
    ]
    groups = groups_of(marks, feed.overlap) if feed.together else {}
    pairs = list(groups.items()) if feed.together else [(mark, (market,)) for market, mark in marks]
    return [
        [Span("updated", *window, markets) for window in split_windows(mark - feed.overlap, end)]
        for mark, markets in pairs
    ]
