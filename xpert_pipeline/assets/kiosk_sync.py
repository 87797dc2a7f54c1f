"""How Data Kiosk datasets of day grain come in: which days to ask for, and how answers are collected and loaded.

A window is a set of days that one or more queries tell of completely. It is loaded when all its queries are ready, in one
transaction under the lease of its table: days are sets, so rows that Amazon no longer tells go. A query that is not ready
when the budget is spent is parked: its id stays in the book, its days stay open, and the next run collects it.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from operator import itemgetter
from pathlib import Path
from typing import Any

from xpert_pipeline.assets.kiosk_payloads import Asked, Unfit
from xpert_pipeline.assets.seller_run import SellerRun
from xpert_pipeline.postgres.coverage import covered_days, settled_days
from xpert_pipeline.postgres.ledger import LoadWindow
from xpert_pipeline.postgres.loading import TableLoad, load
from xpert_pipeline.postgres.quarantine import Reject
from xpert_pipeline.postgres.spool import RowSpool, spool_folder
from xpert_pipeline.progress import step
from xpert_pipeline.spapi.data_kiosk import QueryDesk
from xpert_pipeline.spapi.desks import ReportRequest
from xpert_pipeline.spapi.documents import DATA_KIOSK, fetch_document
from xpert_pipeline.spapi.errors import BadRequest, NotFound, RepeatedPage, ReportFailed, SpApiError
from xpert_pipeline.spapi.json_lines import BadLine, read_objects
from xpert_pipeline.spapi.kiosk_queries import askable, next_page
from xpert_pipeline.spapi.listener import Spent
from xpert_pipeline.spapi.operations.pages import PageGuard
from xpert_pipeline.spapi.report_work import State, Work, as_ready, ask, told
from xpert_pipeline.tables.contract import Table
from xpert_pipeline.tables.validation import SHAPE_ERRORS, chunks, collector_paused, shape_reason, validate

RESTATED_DAYS = 14
"""Amazon restates a day for so long: a live run reads these days again."""
LOOK_BACK = 60
"""Days before today among which a live run looks for those that it has not read since Amazon stopped restating them."""
BUDGET_SECONDS = 1800.0
DESK = QueryDesk()

Row = dict[str, Any]
Parser = Callable[[Mapping[str, Any], Asked, Counter[str]], Row]


@dataclass(frozen=True)
class Window:
    """Days and the queries that tell all of them; notes go into the ledger."""

    days: tuple[date, ...]
    requests: tuple[ReportRequest, ...]
    notes: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.days[0]} to {self.days[-1]}"


def days_to_ask(run: SellerRun, table: Table) -> list[date]:
    """Days that are over and need asking, ascending.

    Those of the run that no load covers, or only loads from when Amazon still restated them. For a live run the days
    that Amazon restates now, too, and those that it restated after they had been read last.
    """
    wanted = askable(run.days, run.today)
    lately = [run.today - timedelta(days=n) for n in range(LOOK_BACK, 0, -1)] if run.is_live else []
    candidates, about = sorted({*wanted, *lately}), (run.pool, run.seller.id, table.name)
    covered = covered_days(*about, candidates, run.seller.timezone)
    settled = settled_days(*about, candidates, run.seller.timezone, timedelta(days=RESTATED_DAYS))
    still_restated = {day for day in candidates if day >= run.today - timedelta(days=RESTATED_DAYS)}
    found = {day for day in wanted if run.refetch or day not in covered}
    found |= (covered & set(candidates)) - settled - still_restated
    return sorted(found | (still_restated & set(lately)))


def sync_windows(run: SellerRun, table: Table, windows: Sequence[Window], parse: Parser) -> None:
    """Ask for the windows' queries, and load each window once all of its queries are ready.

    Raises:
        ReportFailed: A query was FATAL. Windows that did not need it are loaded, as with the others.
        BadLine: A document holds what is no record; nothing of its window was kept, and the next run asks anew.
    """
    collector = _Collector(run, table, parse)
    collector.collect(windows)
    if collector.parked:
        run.states[table.name] = "skipped"
        run.reason = "; ".join(collector.parked)
    if collector.failed:
        first, *others = collector.failed
        for other in others:
            run.log.error("seller %s: %s: %s", run.seller.amazon_seller_id, type(other).__name__, other)
        raise first


class _Collector:
    """The queries of one table in one run."""

    def __init__(self, run: SellerRun, table: Table, parse: Parser) -> None:
        self.run, self.table, self.parse = run, table, parse
        self.api, self.book = run.client(), run.book()
        self.parked: list[str] = []
        self.failed: list[SpApiError] = []
        self._deadline = time.monotonic() + BUDGET_SECONDS
        self._told_of: Spent = self.api.spent()

    def collect(self, windows: Sequence[Window]) -> None:
        """Load windows as their queries get ready; what cannot be had is noted."""
        requests = [request for window in windows for request in window.requests]
        works = ask(self.api, self.book, DESK, requests)
        places = [place for place, window in enumerate(windows) for _ in window.requests]
        window_of = {work.id: place for work, place in zip(works, places, strict=True)}
        ready: dict[int, list[list[Work]]] = {}
        for work in as_ready(self.api, self.book, DESK, works, budget_seconds=self._left()):
            place = window_of[work.id]
            try:
                ready.setdefault(place, []).extend([pages] if (pages := self._pages(work)) else [])
                if len(ready[place]) == len(windows[place].requests):
                    self._load(windows[place], [page for each in ready.pop(place) for page in each])
            except (ReportFailed, BadLine, NotFound, BadRequest, RepeatedPage) as error:
                self.failed.append(error)

    def _left(self) -> float:
        return max(0.0, self._deadline - time.monotonic())

    def _pages(self, first: Work) -> list[Work] | None:
        """A query's pages, all of them ready; None if one cannot be had now."""
        pages, guard = [first], PageGuard("getQuery", self.api.seller_id)
        while True:
            last = pages[-1]
            if last.is_live:
                self.parked.append(
                    f"Data Kiosk query {last.amazon_id} of {_dates(last)} is still {last.state}: its id is kept, and the "
                    "next run collects it"
                )
                return None
            if last.state not in (State.DONE, State.EMPTY):
                self._give_up(pages[:-1], "a later page could not be had")
                raise self._failure(last)
            if last.next_page is None:
                return pages
            pages.append(self._next_page(pages, last.next_page, guard))

    def _next_page(self, pages: list[Work], token: str, guard: PageGuard) -> Work:
        try:
            guard.check(token, [pages[-1].amazon_id])
            asked = ask(self.api, self.book, DESK, [next_page(pages[0].request, token)])
        except (BadRequest, RepeatedPage):  # the token leads nowhere: the next run begins with the first page
            self._give_up(pages, "its next page is not given")
            raise
        (page,) = as_ready(self.api, self.book, DESK, asked, budget_seconds=self._left())
        return page

    def _failure(self, work: Work) -> ReportFailed:
        return ReportFailed(
            f"Data Kiosk query {work.amazon_id} of {_dates(work)} is {work.state}: {work.reason or 'Amazon gave no reason'}",
            report_id=work.amazon_id or "",
            operation=DESK.poll,
            seller=self.run.seller.amazon_seller_id,
        )

    def _give_up(self, pages: Sequence[Work], reason: str) -> None:
        for page in pages:
            self.book.note(replace(page, state=State.FATAL, reason=reason))

    def _load(self, window: Window, pages: Sequence[Work]) -> None:
        run, began = self.run, datetime.now(UTC)
        with run.lease(self.table.name) as lease, _spool(run, self.table.name) as (folder, spool):
            rows = _Rows(self.table, self.parse, Asked(run.marketplace_id, frozenset(window.days)), spool)
            for page in pages:
                self._read(page, folder, rows)
            lease.check()
            if rows.signals:
                run.log.warning("seller %s: odd, but kept: %s", run.seller.amazon_seller_id, dict(rows.signals))
            spent, self._told_of = self.api.spent() - self._told_of, self.api.spent()
            load(
                run.pool,
                seller_id=run.seller.id,
                lease=lease,
                run_id=run.run_id,
                source=pages[0].request.report_type,
                window=LoadWindow("created", *run.bounds(window.days[0], window.days[-1])),
                parts=[rows.part(window.days)],
                partitions=run.days,
                calls=spent.calls,
                waited_seconds=spent.waited_seconds,
                started_at=min([began, *(page.created_at for page in pages if page.created_at)]),
                details={
                    **window.notes,
                    "queries": [told(page) for page in pages],
                    **({"signals": dict(rows.signals)} if rows.signals else {}),
                },
            )
        for page in pages:
            self.book.collected(page)

    def _read(self, page: Work, folder: Path, rows: "_Rows") -> None:
        if page.document_id is None:  # done without a document: no rows
            return
        try:
            document = fetch_document(self.api, page.document_id, folder, shelf=DATA_KIOSK)
            with document.open_text() as lines:
                rows.add(read_objects(lines, source=f"query {page.amazon_id}"))
        except (BadLine, NotFound) as error:  # the document will not get better: the next run asks for another
            self._give_up([page], error.message)
            raise
        document.remove()


@dataclass
class _Rows:
    """The rows of one window, on their way into its transaction."""

    table: Table
    parse: Parser
    asked: Asked
    spool: RowSpool
    fetched: int = 0
    rejects: list[Reject] = field(default_factory=list)
    kept: list[tuple[Any, ...]] = field(default_factory=list)
    signals: Counter[str] = field(default_factory=Counter)

    def add(self, records: Iterator[Mapping[str, Any]]) -> None:
        """Parse and check records; what breaks the contract is set apart whole."""
        values = itemgetter(*self.table.columns)
        for chunk in chunks(records):
            with collector_paused():
                self.fetched += len(chunk)
                parsed = [pair for record in chunk if (pair := self._parsed(record)) is not None]
                good, refused = validate(self.table, [row for _, row in parsed])
                self.spool.extend([values(row) for row in good])
                for one in refused:
                    record, row = parsed[one.index]
                    self._reject(record, one.reason, row)

    def part(self, days: Sequence[date]) -> TableLoad:
        """The table's share of the load; days without a row are told as empty sets."""
        empty = [(self.asked.marketplace_id, day) for day in days]
        return TableLoad(
            self.table, self.table.columns, self.spool, self.fetched, self.rejects, empty_sets=empty, kept=self.kept
        )

    def _parsed(self, record: Mapping[str, Any]) -> tuple[Mapping[str, Any], Row] | None:
        try:
            return record, self.parse(record, self.asked, self.signals)
        except Unfit as error:
            self._reject(record, str(error), None)
        except SHAPE_ERRORS as error:
            self._reject(record, shape_reason(error), None)
        return None

    def _reject(self, record: Mapping[str, Any], reason: str, row: Row | None) -> None:
        key = self._key(record)
        self.rejects.append(Reject(record, reason, " ".join(map(str, key)) if key else None))
        if key is not None:
            self.kept.append(key)

    def _key(self, record: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """The key of a record that is no row, if it has one: what is known of it must stay."""
        product = record.get("msku" if self.table.key[-1] == "sku" else "childAsin")
        try:
            day = date.fromisoformat(record["startDate"])
        except (KeyError, TypeError, ValueError):
            return None
        storable = isinstance(product, str) and product.isprintable()
        return (self.asked.marketplace_id, day, product) if storable and product else None


def _dates(work: Work) -> str:
    start, end = work.request.start, work.request.end
    return f"{start:%Y-%m-%d} to {end - timedelta(days=1):%Y-%m-%d}" if start and end else "its days"


@contextmanager
def _spool(run: SellerRun, name: str) -> Iterator[tuple[Path, RowSpool]]:
    with spool_folder(run.spool, name) as folder, RowSpool(folder) as spool:
        yield folder, spool
