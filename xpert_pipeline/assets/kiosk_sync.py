"""How answers of Data Kiosk are collected and loaded, for all datasets of day grain.

A window is loaded when all pages of all its queries are in, in one transaction under the lease of its table: days are
sets, so rows that Amazon no longer tells go, though not at once if nothing is left of a window. A query that is not
ready in time is parked: its id stays in the book, its days stay open, and the next run collects it.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from xpert_pipeline.assets.kiosk_doubt import emptied_days, is_believed, remember_doubt, tell_emptied
from xpert_pipeline.assets.kiosk_payloads import Asked
from xpert_pipeline.assets.kiosk_rows import KioskRows, Parser
from xpert_pipeline.assets.kiosk_windows import DESK, GIVEN_UP, Window, ask_for
from xpert_pipeline.assets.report_steps import UNUSABLE, document_of, park, ready, why_not
from xpert_pipeline.assets.seller_run import SellerRun
from xpert_pipeline.postgres.ledger import LoadWindow
from xpert_pipeline.postgres.loading import load
from xpert_pipeline.postgres.merge import DIFFERING
from xpert_pipeline.postgres.spool import RowSpool, spool_folder
from xpert_pipeline.spapi.documents import DATA_KIOSK
from xpert_pipeline.spapi.errors import BadRequest, RepeatedPage, ReportFailed, SpApiError
from xpert_pipeline.spapi.json_lines import read_objects
from xpert_pipeline.spapi.kiosk_queries import next_page
from xpert_pipeline.spapi.operations.pages import PageGuard
from xpert_pipeline.spapi.report_work import State, Work, told
from xpert_pipeline.tables.contract import Table
from xpert_pipeline.tables.validation import chunks

BATCH = 5
"""Queries asked for together once the burst is spent; what is ready is read in between."""


def sync_windows(run: SellerRun, table: Table, windows: Sequence[Window], parse: Parser) -> None:
    """Ask for what has not been asked for, and load each window once all of its queries are in.

    Raises:
        ReportFailed: A query was FATAL. Windows that did not need it are loaded, as with the other errors.
        BadLine: A document holds what is no record; nothing of its window was kept, and the next run asks anew.
    """
    with ExitStack() as cleanup:
        collector = _Collector(run, table, parse, cleanup)
        collector.collect(windows)
    if collector.failed:
        first, *others = collector.failed
        for other in others:
            run.log.error("seller %s: %s: %s", run.seller.amazon_seller_id, type(other).__name__, other)
        raise first


@dataclass
class _Chain:
    """The pages of one query, as far as they are known; the last is the one waited for."""

    place: int
    pages: list[Work]
    guard: PageGuard


@dataclass
class _Opened:
    """A window whose rows come in."""

    window: Window
    rows: KioskRows
    folder: Path
    files: ExitStack
    missing: int
    pages: list[Work] = field(default_factory=list)
    began: datetime = field(default_factory=lambda: datetime.now(UTC))


class _Collector:
    """The queries of one table in one run."""

    def __init__(self, run: SellerRun, table: Table, parse: Parser, cleanup: ExitStack) -> None:
        self.run, self.table, self.parse, self.cleanup = run, table, parse, cleanup
        self.api, self.book = run.client(), run.book()
        self.failed: list[SpApiError] = []
        self._waiting: dict[UUID, _Chain] = {}
        self._opened: dict[int, _Opened] = {}
        self._given_up: set[int] = set()

    def collect(self, windows: Sequence[Window]) -> None:
        """Load the windows; what cannot be had is noted in the run, or in `failed`."""
        self.windows = windows
        for place, window in enumerate(windows):
            self._wait_for(place, window.works)
        unasked = [(place, it) for place, window in enumerate(windows) for it in window.requests[len(window.works) :]]
        for batch in chunks(unasked, BATCH):
            works = ask_for(self.run, [request for _, request in batch])
            for (place, _), work in zip(batch, works, strict=True):
                self._wait_for(place, [work])
            self._take_ready(is_waiting=False)
        while self._waiting:  # more than once for pages that those asked for
            self._take_ready(is_waiting=True)

    def _wait_for(self, place: int, works: Sequence[Work]) -> None:
        for work in works:
            self._waiting[work.id] = _Chain(place, [work], PageGuard(DESK.poll, self.api.seller_id))

    def _take_ready(self, *, is_waiting: bool) -> None:
        works = [chain.pages[-1] for chain in self._waiting.values()]
        for work in ready(self.run, DESK, works, is_waiting=is_waiting):
            chain = self._waiting[work.id]
            chain.pages[-1] = work
            if work.is_live and not is_waiting:
                continue
            del self._waiting[work.id]
            try:
                self._take(chain, work)
            except (*UNUSABLE, ReportFailed, BadRequest, RepeatedPage) as error:
                self.failed.append(error)
                self._close(chain.place)

    def _take(self, chain: _Chain, work: Work) -> None:
        """Read a page that is there; then its query's next page is asked for, or its window is loaded."""
        window = self.windows[chain.place]
        if chain.place in self._given_up:
            return
        if work.is_live:
            days = set(window.days).intersection(self.run.days)
            park(self.run, [self.table.name], sorted(days or {max(self.run.days)}), work)
            self._close(chain.place)
            return
        if work.reason == GIVEN_UP:  # another run, that refetches, has taken its place
            days = set(window.days).intersection(self.run.days) or {max(self.run.days)}
            self.run.skip([self.table.name], sorted(days), f"{work}: {GIVEN_UP} by another run")
            self._close(chain.place)
            return
        if work.state not in (State.DONE, State.EMPTY):
            self._forget(chain.pages[:-1], "a later page could not be had")
            raise why_not(self.run, DESK, work)
        opened = self._opened.get(chain.place) or self._open(chain.place)
        opened.pages.append(work)
        self._read(opened, work)
        if work.next_page is not None:
            chain.pages.append(self._next_page(chain, work.next_page))
            self._waiting[chain.pages[-1].id] = chain
            return
        opened.missing -= 1
        if not opened.missing:
            self._load(opened)
            self._close(chain.place)

    def _open(self, place: int) -> _Opened:
        window, files = self.windows[place], self.cleanup.enter_context(ExitStack())
        folder = files.enter_context(spool_folder(self.run.spool, self.table.name))
        spool = files.enter_context(RowSpool(folder))
        rows = KioskRows(self.table, self.parse, Asked(self.run.marketplace_id, frozenset(window.days)), spool)
        self._opened[place] = _Opened(window, rows, folder, files, len(window.requests))
        return self._opened[place]

    def _close(self, place: int) -> None:
        """The window is loaded, or waits for another run."""
        self._given_up.add(place)
        if opened := self._opened.pop(place, None):
            opened.files.close()

    def _read(self, opened: _Opened, page: Work) -> None:
        if page.document_id is None:  # done without a document: no rows
            return
        with document_of(self.run, page, opened.folder, DATA_KIOSK) as document:
            with document.open_text() as lines:
                opened.rows.add(read_objects(lines, source=f"Data Kiosk query {page.amazon_id}"))
            document.remove()

    def _next_page(self, chain: _Chain, token: str) -> Work:
        try:
            chain.guard.check(token, [chain.pages[-1].amazon_id])
            (page,) = ask_for(self.run, [next_page(chain.pages[0].request, token)])
        except (BadRequest, RepeatedPage):  # the token leads nowhere: the next run begins with the first page
            self._forget(chain.pages, "its next page is not given")
            raise
        return page

    def _forget(self, pages: Sequence[Work], reason: str) -> None:
        for page in pages:
            self.book.note(replace(page, state=State.FATAL, reason=reason))

    def _load(self, opened: _Opened) -> None:
        run, window, rows = self.run, opened.window, opened.rows
        if rows.signals:
            run.log.warning("seller %s: odd, but kept: %s", run.seller.amazon_seller_id, dict(rows.signals))
        with run.lease(self.table.name) as lease:
            emptied = emptied_days(run, rows, window.days)
            if not is_believed(run, rows, opened.pages, emptied):
                remember_doubt(run, rows, opened.pages, emptied)
                return
            tell_emptied(run, rows, emptied)
            load(
                run.pool,
                seller_id=run.seller.id,
                marketplace_ids=[run.marketplace_id],
                lease=lease,
                run_id=run.run_id,
                source=window.requests[0].report_type,
                window=LoadWindow("created", *run.bounds(window.days[0], window.days[-1])),
                parts=[rows.part(window.days)],
                partitions=run.days,
                waits=self.api.bill().waits,
                started_at=min([opened.began, *(page.created_at for page in opened.pages if page.created_at)]),
                details={**window.notes, "queries": [told(page) for page in opened.pages]},
            )
        if differing := rows.signals[DIFFERING]:
            run.log.warning("seller %s: %s: %d %s", run.seller.amazon_seller_id, self.table.name, differing, DIFFERING)
        for page in opened.pages:
            self.book.collected(page)
