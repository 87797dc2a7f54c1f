"""Sources whose data Amazon prepares on request: reports and Data Kiosk queries over windows of local days.

`report` and `kiosk` implement the two kinds. This module finds the open days, the requests that cover them, and the
jobs that an earlier run left. `window_loading` waits for the jobs and loads them.
"""

from abc import abstractmethod
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, ClassVar

from xpert_pipeline.progress import step
from xpert_pipeline.sources.collect import Carried, Row
from xpert_pipeline.sources.job_windows import JobWindow, Requested, SalesEvidence
from xpert_pipeline.sources.jobs import supersede, unfinished
from xpert_pipeline.sources.plan import StreamPlan, days_text
from xpert_pipeline.sources.rows import row_parser, unfilled_columns
from xpert_pipeline.sources.run import Market, SellerRun
from xpert_pipeline.sources.source import Source
from xpert_pipeline.sources.window_loading import load_windows
from xpert_pipeline.sources.windows import DayWindow, Restatement, day_windows, restated_open_days
from xpert_pipeline.spapi.documents.download import Document, DocumentSource
from xpert_pipeline.spapi.errors import NotGranted
from xpert_pipeline.spapi.jobs.api import JobApi, JobRequest
from xpert_pipeline.spapi.jobs.job import Job
from xpert_pipeline.spapi.jobs.requesting import request_jobs
from xpert_pipeline.spapi.planning.planner import BucketLevels, predict_made
from xpert_pipeline.spapi.planning.source_choice import how_known
from xpert_pipeline.tables.contract import Table
from xpert_pipeline.wording import counted, day_span, duration_words

Parse = Callable[[Any, Requested, Counter[str]], Row]
AHEAD = 10
"""Maximum number of jobs to request at the start of a run; the burst of createQuery and createReport is 15."""


@dataclass(frozen=True, kw_only=True)
class WindowedJobs(Source):
    """A table filled by jobs over windows of days.

    Attributes:
        table: Its row contract.
        rule: How long Amazon keeps and restates days.
        longest: Maximum number of days in one request.
        together: Whether one request may cover several marketplaces.
        parse: Turns a record into a row; by default, the columns' paths (`At`) are read.
        evidence: How to notice that an answer takes away a day's sales.
    """

    table: Table
    rule: Restatement
    longest: int
    together: bool = True
    parse: Parse | None = None
    evidence: SalesEvidence | None = None

    job_api: ClassVar[JobApi]
    document_source: ClassVar[DocumentSource]
    create: ClassVar[str]
    """Operation that requests a job."""
    fetch_document: ClassVar[str]
    """Operation that returns a document's download URL."""
    noun: ClassVar[tuple[str, str]]
    """Word for a job, singular and plural."""

    @property
    def tables(self) -> tuple[Table, ...]:
        """The table."""
        return (self.table,)

    @property
    def settled_after(self) -> timedelta:
        """As the restatement rule says."""
        return self.rule.restated

    @property
    def operations(self) -> tuple[str, ...]:
        """The operations that request, poll and download."""
        return (self.create, self.job_api.poll, self.fetch_document)

    @property
    @abstractmethod
    def types(self) -> tuple[str, ...]:
        """Report types or datasets of the requests."""

    @property
    def origins(self) -> tuple[str, ...]:
        """The report types or datasets."""
        return self.types

    @abstractmethod
    def requests(self, run: SellerRun, window: DayWindow) -> tuple[JobRequest, ...]:
        """The requests that cover a window.

        Raises:
            ValueError: Amazon has no data for these days.
        """

    @abstractmethod
    def read(self, document: Document, job: Job) -> Iterator[Any]:
        """The records of a document."""

    def carried(self, document: Document) -> Carried:
        """The columns of the table that a document fills; usually all of them."""
        return Carried(self.table.columns)

    def signals(self, document: Document) -> Mapping[str, int]:
        """What is unusual about a document, for `loads.details`."""
        return document.charset.signals

    @abstractmethod
    def key_of(self, record: Any, requested: Requested) -> Row:
        """Return the readable part of the key of a record that cannot be parsed."""

    def unfilled(self) -> Mapping[Table, Sequence[str]]:
        """Columns without a path, if the source has no parser."""
        return {self.table: unfilled_columns(self.table, ("*",) if self.parse else ())}

    def cut(self, run: SellerRun, open_days: Mapping[Market, Collection[date]]) -> list[DayWindow]:
        """Cut open days into windows, newest first."""
        return day_windows(open_days, self.longest, together=self.together)

    def is_current(self, run: SellerRun, window: DayWindow, request: JobRequest) -> bool:
        """Whether an earlier request equals a new one for the window (a later page or an outdated text does not)."""
        try:
            return request in self.requests(run, window)
        except ValueError:
            return False

    def is_own(self, request: JobRequest) -> bool:
        """Whether an earlier request of one of the types was the source's own."""
        return True

    def completed(self, run: SellerRun, window: JobWindow) -> JobWindow:
        """Add requests that the window lacks, such as those for products that became known after planning."""
        return window

    def covers(self, run: SellerRun, window: DayWindow) -> tuple[Market, ...]:
        """The marketplaces whose days a window covers in the ledger; usually those that it asks for."""
        return window.markets

    def notes(self, window: JobWindow) -> Mapping[str, Any]:
        """Details of a window for the ledger, in addition to its jobs."""
        return {}

    def why_none(self, run: SellerRun) -> str:
        """Why nothing can be requested although days are open."""
        return ""

    def row(self, record: Any, requested: Requested, signals: Counter[str]) -> Row:
        """Turn one record into a row."""
        if self.parse is not None:
            return self.parse(record, requested, signals)
        return row_parser(self.table)(record, requested.markets[0])

    def open_days(self, run: SellerRun) -> dict[Market, list[date]]:
        """Days to read, by marketplace."""
        days = {market: restated_open_days(run, market, self.table.name, self.rule) for market in run.markets}
        return {market: days for market, days in days.items() if days}

    def windows(self, run: SellerRun) -> list[JobWindow]:
        """The run's windows: those whose jobs an earlier run left, and new ones for the remaining open days."""
        open_days = self.open_days(run)
        resumed = [] if run.refetch else self._resumed(run, open_days)
        taken = {(market, day) for window in resumed for market in window.window.markets for day in window.window.days}
        rest = {market: [day for day in days if (market, day) not in taken] for market, days in open_days.items()}
        new = [JobWindow(window, self.requests(run, window)) for window in self.cut(run, rest)]
        windows = [*resumed, *(window for window in new if window.requests)]
        return sorted(windows, key=lambda window: window.window.first, reverse=True)

    def prepare(self, run: SellerRun) -> Any:
        """Plan the run and request the first jobs."""
        return self._planned(run)

    def _planned(self, run: SellerRun) -> list[JobWindow]:
        windows = self.windows(run)
        if run.refetch:
            self._supersede_older(run, windows)
        try:
            return self._requested_ahead(run, windows)
        except NotGranted:
            if len(run.markets) == 1:
                raise
            return [alone for window in windows for alone in self._alone(run, window)]

    def _alone(self, run: SellerRun, window: JobWindow) -> Iterator[JobWindow]:
        """Cut a window by marketplace, because Amazon may grant only some; `window_requests` finds out which."""
        for market in window.window.markets:
            days = DayWindow(window.window.days, (market,))
            if requests := self.requests(run, days):
                yield JobWindow(days, requests)

    def sync(self, run: SellerRun, prepared: list[JobWindow] | None) -> None:
        """Load every window."""
        windows = [self.completed(run, window) for window in (self._planned(run) if prepared is None else prepared)]
        jobs = sum(len(window.requests) for window in windows)
        days = sum(len(window.window.days) for window in windows)
        text = f"{counted(days, 'day')} to read by {counted(jobs, *self.noun)}" if jobs else "up to date"
        step(run.who, self.table.name, text)
        if not windows and self.open_days(run) and (why := self.why_none(run)):
            run.outcome(self.table.name).explain(why)
        load_windows(run, self, windows)

    def plan(self, run: SellerRun, levels: BucketLevels) -> Sequence[StreamPlan]:
        """Plan all jobs as one stream, because Amazon prepares them in parallel."""
        expected = self.expected_jobs(run)
        jobs, days = sum(count for _, count in expected), [day for window, _ in expected for day in window.days]
        if not jobs:
            return self._plan_of_none(run)
        learnt = run.jobs.generation_seconds(self.job_api.kind, self.types[0])
        made = predict_made(
            jobs,
            learnt,
            create=levels[self.create],
            document=levels[self.fetch_document],
            kind=self.job_api.kind,
            pace=levels.pace,
        )
        levels.spend(made.calls)
        marketplaces = dict.fromkeys(name for window, _ in expected for name in window.marketplace_ids)
        why = f"{counted(jobs, *self.noun)} for {counted(len(set(days)), 'day')} ({self.how}); {how_known(learnt)}"
        plain = f"{counted(jobs, *self.noun)} (~{duration_words(made.seconds)})"
        return [replace(self._stream(tuple(marketplaces), days, why, made.seconds, made.calls), plain=plain)]

    def expected_jobs(self, run: SellerRun) -> list[tuple[DayWindow, int]]:
        """The windows of a plan, each with the number of its jobs."""
        return [(window.window, len(window.requests)) for window in self.windows(run)]

    @property
    @abstractmethod
    def how(self) -> str:
        """Describes how much one job covers."""

    def _plan_of_none(self, run: SellerRun) -> list[StreamPlan]:
        open_days = self.open_days(run)
        why = self.why_none(run) if open_days else ""
        days = sorted({day for days in open_days.values() for day in days})
        return [self._stream(tuple(market.id for market in open_days), days, why, 0.0, {})] if why else []

    def _stream(
        self, marketplaces: tuple[str, ...], days: Sequence[date], why: str, seconds: float, calls: Mapping[str, int]
    ) -> StreamPlan:
        return StreamPlan(
            table=self.table.name,
            marketplaces=marketplaces,
            window=days_text(min(days), max(days), len(set(days))),
            source="Data Kiosk" if self.job_api.kind == "query" else self.types[0],
            seconds=seconds,
            calls=calls,
            predicted={"queries" if self.job_api.kind == "query" else "reports": seconds} if calls else {},
            why=why,
            is_made=bool(calls),
            created=(min(days), max(days)),
        )

    def request(self, run: SellerRun, requests: Sequence[JobRequest]) -> list[Job]:
        """Request jobs. Reuse jobs that an earlier run left, but never one whose data is already loaded."""
        return request_jobs(run.client(), run.jobs, self.job_api, requests, done_within=timedelta(0))

    def _resumed(self, run: SellerRun, open_days: Mapping[Market, Collection[date]]) -> list[JobWindow]:
        """Windows with at least one open day whose jobs an earlier run left."""
        left: dict[DayWindow, list[JobRequest]] = {}
        for job in self._unfinished(run):
            window = self._window_of(run, job.request)
            if window is not None:
                left.setdefault(window, []).append(job.request)
        resumed: list[JobWindow] = []
        taken: set[tuple[Market, date]] = set()
        for window, requests in left.items():
            places = {(market, day) for market in window.markets for day in window.days}
            is_open = any(day in open_days.get(market, ()) for market, day in places)
            current = tuple(request for request in requests if self.is_current(run, window, request))
            if is_open and current and not places & taken:
                resumed.append(self.completed(run, JobWindow(window, self._without_overlap(current))))
                taken |= places
        return resumed

    def _unfinished(self, run: SellerRun) -> list[Job]:
        """The source's own jobs that an earlier run left."""
        return [job for job in unfinished(run, self.job_api, self.types) if self.is_own(job.request)]

    def _without_overlap(self, requests: Sequence[JobRequest]) -> tuple[JobRequest, ...]:
        """Remove duplicate requests; the newest one stays first."""
        unique: list[JobRequest] = []
        for request in requests:
            if request not in unique:
                unique.append(request)
        return tuple(unique)

    def _window_of(self, run: SellerRun, request: JobRequest) -> DayWindow | None:
        """The window that an earlier request covers; None if the seller no longer has one of its marketplaces."""
        known = {market.id: market for market in run.markets}
        if not request.marketplace_ids or not set(request.marketplace_ids) <= known.keys():
            return None
        markets = tuple(market for market in run.markets if market.id in request.marketplace_ids)
        return DayWindow(tuple(self.days_of(run, request)), markets)

    @abstractmethod
    def days_of(self, run: SellerRun, request: JobRequest) -> list[date]:
        """The local days that a request covers, ascending."""

    def _supersede_older(self, run: SellerRun, windows: Iterable[JobWindow]) -> None:
        """Discard jobs for days that are requested again; their results would overwrite newer figures."""
        again = {(market, day) for window in windows for market in window.window.markets for day in window.window.days}
        for job in self._unfinished(run):
            window = self._window_of(run, job.request)
            if window and any((market, day) in again for market in window.markets for day in window.days):
                hint = (
                    f"It covered {day_span(window.days)}; run xpert backfill for days that the next sync does not read."
                )
                supersede(run, job, hint)

    def _requested_ahead(self, run: SellerRun, windows: Sequence[JobWindow]) -> list[JobWindow]:
        """Request up to AHEAD jobs with the tokens at hand; with more, other steps would have to wait for tokens."""
        room = max(0, min(AHEAD, int(run.client().level(self.create))))
        places = [place for place, window in enumerate(windows) for _ in window.requests][:room]
        requests = [request for window in windows for request in window.requests][:room]
        requested = list(windows)
        for place, job in zip(places, self.request(run, requests), strict=True):
            requested[place] = replace(requested[place], jobs=(*requested[place].jobs, job))
        return requested
