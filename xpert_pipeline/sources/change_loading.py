"""Fetches and loads the spans of a change feed.

Each span is first fetched to disk and then loaded in one transaction, under the lease of the feed's stream. Amazon
prepares the reports of several spans in parallel; each is loaded when it is ready.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

from xpert_pipeline.postgres.coverage import latest_detail
from xpert_pipeline.postgres.ledger import LoadWindow
from xpert_pipeline.progress import step
from xpert_pipeline.sources.change_pieces import (
    JOB_API,
    Piece,
    plan_changes,
    with_accepted_reports,
    with_reports,
)
from xpert_pipeline.sources.change_spans import NOT_TRUSTED, TRUSTED, Feed, ParseRecord, PlaceOf
from xpert_pipeline.sources.collect import Collector, Row, Rows, collecting
from xpert_pipeline.sources.jobs import collecting_failures, document_of, failure_of, park, ready
from xpert_pipeline.sources.rows import known_key
from xpert_pipeline.sources.run import Market, SellerRun
from xpert_pipeline.sources.windows import Span
from xpert_pipeline.spapi.documents.download import Document
from xpert_pipeline.spapi.errors import NotYetKnown, ReportFailed, SpApiError
from xpert_pipeline.spapi.jobs.job import Job, JobState, job_details
from xpert_pipeline.spapi.planning.planner import REPORTS_TOGETHER, BucketLevels
from xpert_pipeline.tables.validation import SHAPE_ERRORS, chunks

ELSEWHERE = "records of marketplaces that were not requested"


def sync_feed(run: SellerRun, feed: Feed, pieces: Sequence[Piece]) -> None:
    """Load the prepared pieces, then follow changes in marketplaces whose change stream starts with these loads."""
    changes = [piece for piece in pieces if piece.span.kind == "updated"]
    _follow(run, feed, changes)
    _load_created(run, feed, [piece for piece in pieces if piece.span.kind == "created"])
    followed = [market for piece in changes for market in piece.span.markets]
    _follow(run, feed, plan_changes(run, feed, BucketLevels(run.client()), followed))


def _follow(run: SellerRun, feed: Feed, pieces: Sequence[Piece]) -> None:
    """Load changes, oldest first. Stop at the first span that is not ready; loading a later one would leave a gap."""
    stopped: set[str] = set()
    for piece in with_reports(run, feed, pieces):
        if stopped.intersection(piece.span.marketplace_ids):
            continue
        if piece.job is None:
            _load(run, feed, piece)
            continue
        (job,) = ready(run, JOB_API, [piece.job])
        if not _load_or_park(run, feed, replace(piece, job=job)):
            stopped.update(piece.span.marketplace_ids)


def _load_created(run: SellerRun, feed: Feed, pieces: Sequence[Piece]) -> None:
    """Load records by creation date: pages while Amazon prepares the reports, then each report when it is ready.

    All reports are requested before the run waits for any of them. A rejected or failed report does not stop the
    others from being loaded.

    Raises:
        SpApiError: The first error, raised after all other pieces are loaded.
    """
    waiting = {piece.job.id: piece for piece in pieces if piece.job}
    failures: list[SpApiError] = []
    with collecting_failures(failures):
        for batch in chunks([piece for piece in pieces if piece.job is None], REPORTS_TOGETHER):
            for piece in with_accepted_reports(run, feed, batch, failures):
                if piece.job is None:
                    _load(run, feed, piece)
                else:
                    waiting[piece.job.id] = piece
            _load_ready(run, feed, waiting, failures)
    with collecting_failures(failures):
        _load_ready(run, feed, waiting, failures, is_waiting=True)
    if failures:
        raise failures[0]


def _load_ready(
    run: SellerRun, feed: Feed, waiting: dict[UUID, Piece], failures: list[SpApiError], *, is_waiting: bool = False
) -> None:
    """Load reports that are ready and remove them from `waiting`; with `is_waiting`, wait for them or park them."""
    for job in ready(run, JOB_API, [piece.job for piece in waiting.values() if piece.job], is_waiting=is_waiting):
        piece = replace(waiting.pop(job.id), job=job)
        if job.is_live and not is_waiting:
            waiting[job.id] = piece
            continue
        try:
            _load_or_park(run, feed, piece)
        except (ReportFailed, NotYetKnown) as error:
            failures.append(error)


def _load_or_park(run: SellerRun, feed: Feed, piece: Piece) -> bool:
    """Load a piece if its report is ready, or park it; return False if it was parked."""
    assert piece.job is not None
    if piece.job.is_live:
        names = [table.name for table in feed.tables]
        first, last = piece.span.local_days
        for market in piece.span.markets:
            days = [day for day in run.days if first <= day <= last]
            if piece.span.kind == "updated":  # changes can belong to any day; they count for today
                days = [market.partition_of_today]
            park(run, names, [market], days, piece.job)
        return False
    if piece.job.state is JobState.FATAL:
        raise failure_of(run, JOB_API, piece.job)
    _load(run, feed, piece)
    run.jobs.mark_collected(piece.job)
    return True


def _load(run: SellerRun, feed: Feed, piece: Piece) -> None:
    span, job = piece.span, piece.job
    earlier = f"{job} was requested by an earlier run"
    why, plain = (piece.plan.why, piece.plan.plain) if piece.plan else (earlier, "by a report of an earlier run")
    with run.lease(feed.name) as lease:
        step(run.who, feed.name, f"{span.in_words}{run.place_of(span.markets[0])}: {plain}")
        with collecting(run.spool, feed.tables, _no_parser) as (folder, collector):
            plan = piece.plan.as_dict() if piece.plan else {"source": "report", "why": why}
            fetch = _Fetch(run, feed, span, collector, folder, {"plan": plan})
            source = fetch.pages() if job is None else fetch.report(job)
            lease.check()
            if collector.signals:
                run.log.warning("seller %s: new or unusual, but kept: %s", run.who, dict(collector.signals))
            run.load(
                lease,
                source=source,
                window=LoadWindow(span.kind, span.start, fetch.end),
                parts=collector.loads(),
                markets=span.markets,
                began=fetch.began,
                details=fetch.details,
            )


def _no_parser(_record: Any) -> Rows:
    raise RuntimeError("no parser is set yet: pages and reports need different parsers")


class _Fetch:
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
        reasons. In that case, pages are read.
        """
        bulk = self.feed.bulk
        assert bulk is not None
        self.details["report"] = job_details(job)
        if job.state is not JobState.DONE:
            return self.pages()
        if job.created_at:
            self.began = min(self.began, job.created_at)
        with document_of(self.run, job, self.folder) as document:
            if not self._is_trusted(document):
                return self.pages()
            self._read_by(bulk.parse, bulk.place_of)
            self.collector.signals.update(document.charset.signals)
            self.collector.carry(bulk.columns)
            self.collector.add(self._placed(self._report_records(document), bulk.place_of))
        return bulk.types[self.span.kind]

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

    def _is_trusted(self, document: Document) -> bool:
        """Before a seller's first report is loaded, compare its record ids with those of one page."""
        feed, span, bulk = self.feed, self.span, self.feed.bulk
        assert bulk is not None
        trust = bulk.trust
        if latest_detail(self.run.pool, span.markets[0].scope, feed.name, trust.detail) == TRUSTED:
            self.details[trust.detail] = TRUSTED
            return True
        page = next(islice(self._walk(), 1), None)
        compared, differing = trust.compare(page.records if page else [], self._report_records(document))
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
