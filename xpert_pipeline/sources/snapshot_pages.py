"""Reads the current state page by page, with details from a second operation."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from xpert_pipeline.sources.collect import Collector
from xpert_pipeline.sources.run import Market
from xpert_pipeline.spapi.errors import BadRequest
from xpert_pipeline.spapi.operations.paging import Page, PagedOperation
from xpert_pipeline.spapi.session import SellerApi
from xpert_pipeline.tables.validation import chunks

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
        subjects = [self.subjects(record) if isinstance(record, Mapping) else () for record in records]
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
        also: Further operations that `walk` calls, with the records that one call covers, for planning.
        empty_on: Code of a BadRequest that means "this seller has none", and the reason to show for it.
    """

    operation: str
    walk: Walk
    page_size: int
    count: Callable[[SellerApi, str, datetime | None], int] | None = None
    follows_changes: bool = False
    lookup: Lookup | None = None
    also: Mapping[str, int] = field(default_factory=dict)
    empty_on: tuple[str, str] | None = None

    @property
    def operations(self) -> tuple[str, ...]:
        """The operations of the pages and of the lookup."""
        return (self.operation, *self.also, *((self.lookup.operation,) if self.lookup else ()))

    @property
    def per_call(self) -> dict[str, int]:
        """Records per call, by operation."""
        lookup = {self.lookup.operation: self.lookup.batch} if self.lookup else {}
        return {self.operation: self.page_size, **self.also, **lookup}

    def count_since(self, api: SellerApi, marketplace_id: str, since: datetime | None) -> int | None:
        """Amazon's count of the records to read; None if Amazon has no count."""
        return None if self.count is None else self.count(api, marketplace_id, _with_overlap(since))

    def means_empty(self, error: BadRequest) -> bool:
        """Whether an error says that the seller has no such records."""
        return self.empty_on is not None and error.code == self.empty_on[0]


def walk_of(operation: PagedOperation, params: Callable[[str], Mapping[str, Any]]) -> Walk:
    """Return the walk of an operation that has no change filter; `params` returns its parameters for a marketplace."""

    def walk(api: SellerApi, marketplace_id: str, _since: datetime | None) -> Iterator[Page]:
        return operation.pages(api, **params(marketplace_id))

    return walk


def collect_pages(
    api: SellerApi, pages: Pages, market: Market, since: datetime | None, collector: Collector
) -> int | None:
    """Collect every page, with the lookup results; return the count that Amazon sent with them."""
    collector.restart()
    of_page = None
    for page in pages.walk(api, market.id, _with_overlap(since)):
        if page.is_first:
            collector.restart()
        of_page = page.total if page.total is not None else of_page
        collector.add(list(_with_counterparts(api, pages.lookup, market, page.records)))
    return of_page


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
