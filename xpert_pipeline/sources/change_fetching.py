"""Fetches one span of a change feed to disk, by pages or from its report.

A report without data, or one that cannot be read or trusted, is replaced by pages in the same run. `change_loading`
decides which spans to fetch and loads them.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from xpert_pipeline.postgres.coverage import latest_detail
from xpert_pipeline.sources.change_spans import NOT_TRUSTED, TRUSTED, BulkFeed, Feed, ParseRecord, PlaceOf
from xpert_pipeline.sources.collect import Carried, Collector, Row, Rows
from xpert_pipeline.sources.jobs import UNUSABLE, collecting_failures, document_of
from xpert_pipeline.sources.rows import known_key
from xpert_pipeline.sources.run import Market, SellerRun
from xpert_pipeline.sources.windows import Span
from xpert_pipeline.spapi.documents.download import Document
from xpert_pipeline.spapi.errors import SpApiError
from xpert_pipeline.spapi.jobs.job import UNREADABLE, Job, JobState, job_details
from xpert_pipeline.tables.validation import SHAPE_ERRORS

ELSEWHERE = "records of marketplaces that were not requested"


def no_parser(_record: Any) -> Rows:
    """Fail: pages and reports have parsers of their own, which `Fetch` sets before it reads the first record."""
    raise RuntimeError("no parser is set yet: pages and reports need different parsers")


class Fetch:
    """Fetches one span, by pages or from a report."""

    def __init__(
        self, run: SellerRun, feed: Feed, span: Span, collector: Collector, folder: Path, details: dict[str, Any]
    ) -> None:
        self.run, self.feed, self.span, self.collector, self.folder = run, feed, span, collector, folder
        self.details = details
        self.began: datetime = run.client().server_now()
        self.end: datetime = span.end

    def pages(self) -> str:
        """Read the span by pages; return the operation."""
        self._read_by(self.feed.parse, self.feed.place_of)
        for page in self._walk():
            self.collector.add(self._placed(page.records, self.feed.place_of))
            self.end = min(self.end, page.upper_bound)
        return self.feed.operation

    def report(self, job: Job) -> str:
        """Read the span from its finished report; return the report type, or the operation if pages were read instead.

        A report without data does not prove that there are no records, because Amazon also cancels reports for other
        reasons. In that case, pages are read, and also if the report cannot be read.
        """
        bulk = self.feed.bulk
        assert bulk is not None
        self.details["report"] = job_details(job)
        if job.state is not JobState.DONE:
            return self.pages()
        if job.created_at:
            self.began = min(self.began, job.created_at)
        failures: list[
            SpApiError
        ] = []  # of the page that the report is compared with; they say nothing about the report
        is_trusted = False
        try:
            with document_of(self.run, job, self.folder) as document:
                with collecting_failures(failures):
                    sample = None if self._was_trusted() else self._first_records()
                if not failures:
                    is_trusted = sample is None or self._is_trusted(sample, document)
                if is_trusted:
                    self._read_document(document, bulk)
        except UNUSABLE as error:
            self._give_up_report(job, error)
            return self.pages()
        if failures:
            raise failures[0]
        return bulk.types[self.span.kind] if is_trusted else self.pages()

    def _read_document(self, document: Document, bulk: BulkFeed) -> None:
        self._read_by(bulk.parse, bulk.place_of)
        self.collector.signals.update(document.charset.signals)
        carried = [Carried(names, frozenset(names)) for names in bulk.columns]  # a record may lack any of its values
        self.collector.carry(carried, bulk.inferred)
        self.collector.add(self._placed(self._report_records(document), bulk.place_of))

    def _give_up_report(self, job: Job, error: SpApiError) -> None:
        """Discard what a report brought that cannot be read; the ledger and the log say why."""
        self.run.log.warning(
            "seller %s: %s cannot be read, so the same %s is read with %s: %s",
            self.run.who,
            job,
            self.feed.name,
            self.feed.operation,
            error,
        )
        unreadable = replace(job, state=JobState.FATAL, reason=f"{UNREADABLE}{error.message}")
        self.details = {"plan": self.details["plan"], "report": job_details(unreadable)}
        self.collector.restart()
        self.collector.carry([table.columns for table in self.feed.tables])

    def _report_records(self, document: Document) -> Iterator[Any]:
        assert self.feed.bulk is not None
        places = [market.place for market in self.run.markets]
        return self.feed.bulk.read(document.path, places, charset=document.charset.codec)

    def _walk(self) -> Iterator[Any]:
        window = {self.span.kind: (self.span.start, self.span.end)}
        return self.feed.walk(self.run.client(), self.span.marketplace_ids, **window)

    def _read_by(self, parse: ParseRecord, place_of: PlaceOf) -> None:
        """Set how records are parsed and assigned to marketplaces."""
        signals: Counter[str] = self.collector.signals
        markets, first = self.run.markets, self.span.markets[0]

        def parse_record(record: Any) -> Rows:
            return parse(record, place_of(record, markets) or first, signals)

        def key_of(record: Any) -> Row:
            return known_key(self.feed.tables[0], record, self._place(record, place_of) or first)

        self.collector.read_as(parse_record, key_of)

    def _placed(self, records: Iterable[Any], place_of: PlaceOf) -> Iterator[Any]:
        """Keep the records of the span's marketplaces; a European report contains those of all the seller's stores."""
        if len(self.span.markets) == len(self.run.markets) == 1 and not self.feed.together:
            yield from records
            return
        kept = set(self.span.markets)
        for record in records:
            if self._place(record, place_of) in kept:
                yield record
            else:
                self.details[ELSEWHERE] = self.details.get(ELSEWHERE, 0) + 1

    def _place(self, record: Any, place_of: PlaceOf) -> Market | None:
        """The record's marketplace; for a malformed record the span's first one, because the parser rejects it."""
        try:
            return place_of(record, self.run.markets)
        except SHAPE_ERRORS:
            return self.span.markets[0]

    def _was_trusted(self) -> bool:
        """Whether an earlier report of the seller had the same record ids as the pages."""
        assert self.feed.bulk is not None
        detail = self.feed.bulk.trust.detail
        if latest_detail(self.run.pool, self.span.markets[0].scope, self.feed.name, detail) != TRUSTED:
            return False
        self.details[detail] = TRUSTED
        return True

    def _first_records(self) -> Sequence[Any]:
        """The records of the span's first page."""
        page = next(islice(self._walk(), 1), None)
        return page.records if page else []

    def _is_trusted(self, sample: Sequence[Any], document: Document) -> bool:
        """Before a seller's first report is loaded, compare its record ids with those of one page."""
        feed, bulk = self.feed, self.feed.bulk
        assert bulk is not None
        trust = bulk.trust
        compared, differing = trust.compare(sample, self._report_records(document))
        if compared:
            self.details[trust.detail] = NOT_TRUSTED if differing else TRUSTED
        if differing:
            self.run.log.warning(
                "seller %s: %d of %d %s differ between %s and the report; from now on %s is read with %s",
                self.run.who,
                differing,
                compared,
                trust.what,
                feed.operation,
                feed.name,
                feed.operation,
            )
        return not differing
