"""Waits for the jobs of each window and loads the window in one transaction once all of them are ready.

A load replaces each day of a marketplace: rows that Amazon no longer returns are deleted. If a whole window has become
empty, or days lose their sales, `doubt` delays the change.
"""

from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from xpert_pipeline.postgres.merge import DIFFERING
from xpert_pipeline.sources.collect import Collector
from xpert_pipeline.sources.doubt import doubted_days, losses_of, remember_doubt, report_losses
from xpert_pipeline.sources.job_windows import JobWindow, Requested, WindowSource
from xpert_pipeline.sources.jobs import SUPERSEDED, UNUSABLE, document_of, failure_of, park, ready
from xpert_pipeline.sources.run import SellerRun
from xpert_pipeline.sources.window_documents import collect_document, collecting_window
from xpert_pipeline.sources.window_requests import request_granted
from xpert_pipeline.sources.windows import DayWindow
from xpert_pipeline.spapi.errors import (
    BadRequest,
    EndlessPages,
    NotYetKnown,
    PageTokenExpired,
    RepeatedPage,
    ReportFailed,
    SpApiError,
)
from xpert_pipeline.spapi.jobs.job import Job, JobState, job_details
from xpert_pipeline.spapi.jobs.kiosk_queries import next_page
from xpert_pipeline.spapi.operations.paging import PageGuard
from xpert_pipeline.tables.validation import chunks
from xpert_pipeline.wording import counted, day_span

MOST_PAGES = 100
"""The most pages of one query; Amazon starts at most one query a minute."""
RESTARTS = 1
"""How often a window is read from the first page of its queries again, because Amazon refused a page token twice."""
BATCH = 5
"""Jobs per batch after the initial burst; ready jobs are read between batches."""


def load_windows(run: SellerRun, source: WindowSource, windows: Sequence[JobWindow]) -> None:
    """Request the remaining jobs, and load each window once all of its jobs are ready.

    Raises:
        ReportFailed: A job was FATAL. Windows that do not need it are loaded first, as with all other errors.
        BadLine: A document contains a line that is not a record. Its window is not loaded; the next run requests it
            again.
    """
    with ExitStack() as cleanup:
        loader = _Loader(run, source, windows, cleanup)
        loader.load_all()
    if loader.failed:
        first, *others = loader.failed
        for other in others:
            run.log.error("seller %s: %s: %s", run.who, type(other).__name__, other)
        raise first


@dataclass
class _Chain:
    """The pages of one query so far; the loader waits for the last one. A report has one page."""

    place: int
    pages: list[Job]
    guard: PageGuard


@dataclass
class _Opened:
    """A window that has received some of its rows."""

    window: JobWindow
    collector: Collector
    folder: Path
    files: ExitStack
    missing: int
    pages: list[Job] = field(default_factory=list)
    began: datetime = field(default_factory=lambda: datetime.now(UTC))


class _Loader:
    """Loads the windows of one source in one run."""

    def __init__(self, run: SellerRun, source: WindowSource, windows: Sequence[JobWindow], cleanup: ExitStack) -> None:
        self.run, self.source, self.windows, self.cleanup = run, source, windows, cleanup
        self.failed: list[SpApiError] = []
        self._waiting: dict[UUID, _Chain] = {}
        self._opened: dict[int, _Opened] = {}
        self._closed: set[int] = set()
        self._restarts: Counter[int] = Counter()

    def load_all(self) -> None:
        """Load the windows. Windows that are not ready are noted in the outcome, errors in `failed`."""
        for place, window in enumerate(self.windows):
            self._wait_for(place, window.jobs)
        missing = [
            (n, request) for n, window in enumerate(self.windows) for request in window.requests[len(window.jobs) :]
        ]
        for batch in chunks(missing, BATCH):
            requested, refused = request_granted(self.run, self.source, self.windows, batch)
            for place, job in requested:
                self._wait_for(place, [job])
            for place in refused:
                self._close(place)
            self._take_ready(is_waiting=False)
        while self._waiting:  # repeat for pages that were requested in the meantime
            self._take_ready(is_waiting=True)

    def _wait_for(self, place: int, jobs: Sequence[Job]) -> None:
        for job in jobs:
            self._waiting[job.id] = _Chain(place, [job], PageGuard(self.source.job_api.poll, self.run.who))

    def _take_ready(self, *, is_waiting: bool) -> None:
        jobs = [chain.pages[-1] for chain in self._waiting.values()]
        for job in ready(self.run, self.source.job_api, jobs, is_waiting=is_waiting):
            chain = self._waiting.get(job.id)
            if chain is None:  # its window has started over in the meantime
                continue
            chain.pages[-1] = job
            if job.is_live and not is_waiting:
                continue
            del self._waiting[job.id]
            try:
                self._take(chain, job)
            except PageTokenExpired as error:
                self._start_over(chain, error)
            except (*UNUSABLE, NotYetKnown, ReportFailed, BadRequest, RepeatedPage) as error:
                self.failed.append(error)
                self._close(chain.place)

    def _take(self, chain: _Chain, job: Job) -> None:
        """Read a page; then request the query's next page, or load the window if this was its last page."""
        if chain.place in self._closed:
            return
        if self._is_left_to_next_run(chain, job):
            self._close(chain.place)
            return
        if job.state not in (JobState.DONE, JobState.EMPTY):
            self._forget(chain.pages[:-1], "a later page failed")
            raise failure_of(self.run, self.source.job_api, job)
        opened = self._opened.get(chain.place) or self._open(chain.place)
        opened.pages.append(job)
        self._read(opened, job)
        if job.next_page is not None:
            chain.pages.append(self._next_page(chain, job.next_page))
            self._waiting[chain.pages[-1].id] = chain
            return
        opened.missing -= 1
        if not opened.missing:
            self._load(opened)
            self._close(chain.place)

    def _is_left_to_next_run(self, chain: _Chain, job: Job) -> bool:
        """Park a job that is not ready; skip one that another run has superseded."""
        window = self.windows[chain.place]
        days, markets = window.days_in(self.run), window.window.markets
        if job.is_live or job.state is JobState.THROTTLED:
            park(self.run, [self.source.table.name], markets, days, job)
            return True
        if job.reason == SUPERSEDED:
            for market in markets:
                self.run.skip([self.source.table.name], market, days, f"{job}: {SUPERSEDED} by another run")
            return True
        return False

    def _open(self, place: int) -> _Opened:
        window, files, source = self.windows[place], self.cleanup.enter_context(ExitStack()), self.source
        requested = Requested(self._covered(window).markets, frozenset(window.window.days))
        folder, collector = files.enter_context(collecting_window(self.run.spool, source, requested))
        self._opened[place] = _Opened(window, collector, folder, files, len(window.requests))
        return self._opened[place]

    def _close(self, place: int) -> None:
        """Close a window that is loaded or left to another run."""
        self._closed.add(place)
        if opened := self._opened.pop(place, None):
            opened.files.close()

    def _read(self, opened: _Opened, page: Job) -> None:
        if page.document_id is None:  # done without a document: no rows
            return
        with document_of(self.run, page, opened.folder, self.source.document_source) as document:
            collect_document(self.source, document, page, opened.collector)
            document.remove()

    def _start_over(self, chain: _Chain, error: PageTokenExpired) -> None:
        """Read a window from its beginning again, because a page token no longer works; queries that are done serve."""
        place = chain.place
        if self._restarts[place] == RESTARTS:
            self.failed.append(error)
            self._close(place)
            return
        self._restarts[place] += 1
        self.run.log.warning("seller %s: %s The window is read from its first page again", self.run.who, error)
        if opened := self._opened.pop(place, None):
            opened.files.close()
        self._waiting = {job_id: other for job_id, other in self._waiting.items() if other.place != place}
        self._wait_for(place, self.source.request(self.run, self.windows[place].requests))

    def _next_page(self, chain: _Chain, token: str) -> Job:
        try:
            chain.guard.check(token, [chain.pages[-1].amazon_id])
            if len(chain.pages) == MOST_PAGES:
                raise self._endless(chain)
            (page,) = self.source.request(self.run, [next_page(chain.pages[0].request, token)])
        except (BadRequest, RepeatedPage, EndlessPages):  # do not use the token again: start with the first page
            self._forget(chain.pages, "Amazon did not return its next page")
            raise
        return page

    def _endless(self, chain: _Chain) -> EndlessPages:
        message = f"{chain.pages[0]} has more than {MOST_PAGES} pages"
        return EndlessPages(message, operation=self.source.job_api.poll, seller=self.run.who)

    def _forget(self, pages: Sequence[Job], reason: str) -> None:
        for page in pages:
            self.run.jobs.update(replace(page, state=JobState.FATAL, reason=reason))

    def _load(self, opened: _Opened) -> None:
        run, name, collector = self.run, self.source.table.name, opened.collector
        if collector.signals:
            run.log.warning("seller %s: %s: unusual, but kept: %s", run.who, name, dict(collector.signals))
        with run.lease(name) as lease:
            losses = losses_of(run, self.source, self._covered(opened.window), collector)
            if doubted := doubted_days(run, self.source, collector, opened.pages, losses):
                remember_doubt(run, self.source, opened.window, opened.pages, doubted)
                return
            report_losses(run, name, collector, losses)
            window, markets = opened.window.window, self.source.covers(run, opened.window.window)
            all_rejected = collector.fetched > 0 and not len(collector.main.spool)
            loads = collector.loads(self._whole_sets(opened.window))
            run.load(
                lease,
                source=opened.window.requests[0].report_type,
                window=window.load_windows("partial" if all_rejected else "created", markets),
                parts=loads,
                markets=markets,
                began=min([opened.began, *(page.created_at for page in opened.pages if page.created_at)]),
                details=self._details(opened),
            )
        if differing := loads[0].signals[DIFFERING]:
            run.log.warning("seller %s: %s: %d %s", run.who, name, differing, DIFFERING)
        if all_rejected:
            self._leave_open(opened)
        if all(page.state is JobState.EMPTY for page in opened.pages):
            why = opened.pages[-1].reason or "there is no data in its window"
            run.outcome(name).why_empty.update({market.id: why for market in markets})
        for page in opened.pages:
            run.jobs.mark_collected(page)

    def _leave_open(self, opened: _Opened) -> None:
        """Report a window whose records were all rejected; its days stay open, and the next run reads them again."""
        name, rejected = self.source.table.name, counted(opened.collector.fetched, "record")
        reason = f"{name}: all {rejected} of {day_span(opened.window.window.days)} were rejected; see rejected_records"
        for market in opened.window.window.markets:
            self.run.skip([name], market, opened.window.days_in(self.run), reason)

    def _whole_sets(self, window: JobWindow) -> list[tuple[Any, ...]]:
        """The days that the load replaces, if the table is replaced by day."""
        if self.source.table.replaced_by != ("marketplace_id", self.source.table.day):
            return []
        return [(market.id, day) for market in self._covered(window).markets for day in window.window.days]

    def _covered(self, window: JobWindow) -> DayWindow:
        """The window's days, in all marketplaces whose rows the documents have."""
        return replace(window.window, markets=self.source.covers(self.run, window.window))

    def _details(self, opened: _Opened) -> dict[str, Any]:
        plural = "queries" if self.source.job_api.kind == "query" else "reports"
        return {**self.source.notes(opened.window), plural: [job_details(page) for page in opened.pages]}
