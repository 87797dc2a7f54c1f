"""A report about some known products in one week, from Sunday to Saturday."""

import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from functools import partial
from typing import Any, LiteralString

from xpert_pipeline.postgres.coverage import covered_days
from xpert_pipeline.sources.aids import ask_for_help
from xpert_pipeline.sources.job_windows import JobWindow
from xpert_pipeline.sources.known import known_values
from xpert_pipeline.sources.report import WindowedReport
from xpert_pipeline.sources.run import Market, SellerRun
from xpert_pipeline.sources.source import LATER
from xpert_pipeline.sources.windows import DayWindow
from xpert_pipeline.spapi.jobs.api import JobRequest
from xpert_pipeline.spapi.session import SellerApi

DAYS_OF_WEEK = 7
LATEST = clock(23, 59, 59, tzinfo=UTC)


def sunday_of(day: date) -> date:
    """The first day of the day's week."""
    return day - timedelta(days=day.isoweekday() % DAYS_OF_WEEK)


@dataclass(frozen=True, kw_only=True)
class WeeklyReport(WindowedReport):
    """A report that covers exactly one week of one marketplace, for as many products as fit into one option.

    Amazon rejects a period that is not a week from Sunday to Saturday, so a week is always read as a whole, also if a
    run asks for some of its days. It is read `ready_after` its end, and once more when all of it is older than
    `rule.restated`: until then Amazon may answer that it has no data yet.

    Attributes:
        subjects: SQL that returns the known products, the oldest first, so that a new one changes only the last
            request; it has `%(seller_id)s` and `%(marketplace_id)s`.
        is_subject: Whether Amazon can be asked about a value.
        option: Name of the option with the products, which are separated by spaces.
        most: The most products that fit.
        ready_after: How long after its end Amazon has a week.
        count: Asks Amazon how many products there are, for a plan before the tables are loaded that know them.
        at_most: The most products that `subjects` returns; None if it returns all.
    """

    subjects: LiteralString
    is_subject: Callable[[str], bool]
    option: str
    most: int
    ready_after: timedelta
    count: Callable[[SellerApi, str], int] | None = None
    at_most: int | None = None
    longest: int = DAYS_OF_WEEK

    @property
    def how(self) -> str:
        """How much one report covers."""
        return f"one report covers a week of up to {self.most} products"

    def open_days(self, run: SellerRun) -> dict[Market, list[date]]:
        """Days of whole weeks that are to be read, by marketplace."""
        weeks = {market: self._weeks(run, market, days) for market, days in super().open_days(run).items()}
        return {market: days for market, days in weeks.items() if days}

    def cut(self, run: SellerRun, open_days: Mapping[Market, Collection[date]]) -> list[DayWindow]:
        """One window for each week of each marketplace, newest first."""
        weeks = {(sunday_of(day), market) for market, days in open_days.items() for day in days}
        ordered = sorted(weeks, key=lambda week: (week[0], week[1].id), reverse=True)
        return [DayWindow(tuple(_days_from(sunday)), (market,)) for sunday, market in ordered]

    def requests(self, run: SellerRun, window: DayWindow) -> tuple[JobRequest, ...]:
        """One report for each batch of products; none if no product is known."""
        (market,) = window.markets
        known = known_values(run, market, self.subjects, self.is_subject, "values are not valid product ids")
        start, end = datetime.combine(window.first, clock(), UTC), datetime.combine(window.last, LATEST)
        return tuple(
            JobRequest(self.report, start, end, {**self.options, self.option: " ".join(batch)}, (market.id,))
            for batch in (known[place : place + self.most] for place in range(0, len(known), self.most))
        )

    def completed(self, run: SellerRun, window: JobWindow) -> JobWindow:
        """Add the requests that an earlier run did not send.

        If as many were sent as are needed now, they stay as they are: which products are asked for may change from day
        to day, and a product that is new now was not there in that week.
        """
        needed = self.requests(run, window.window)
        if len(window.requests) >= len(needed):
            return window
        lacking = [request for request in needed if request not in window.requests]
        return replace(window, requests=(*window.requests, *lacking))

    def prepare(self, run: SellerRun) -> Any:
        """Plan and request; return LATER if the run must load the products first."""
        windows = super().prepare(run)
        return LATER if not windows and run.options.steps.intersection(self.after) else windows

    def expected_jobs(self, run: SellerRun) -> list[tuple[DayWindow, int]]:
        """One report for each week and batch of products; before these are loaded, by Amazon's own count."""
        known = super().expected_jobs(run)
        count = self.count
        loads_them = run.is_live and run.options.steps.intersection(self.after)
        if known or count is None or not loads_them:
            return known
        open_days, expected = self.open_days(run), []
        for market, days in open_days.items():
            number = ask_for_help(run, f"counts of {self.after[0]}", partial(count, run.client(), market.id))
            number = number or 0
            asked = number if self.at_most is None else min(number, self.at_most)
            reports = math.ceil(asked / self.most)
            expected += [(window, reports) for window in self.cut(run, {market: days})]
        return expected

    def why_none(self, run: SellerRun) -> str:
        """Explain that without products there is nothing to ask about."""
        return f"no product is known yet, so there is nothing to request: load {', '.join(self.after)} first"

    def days_of(self, run: SellerRun, request: JobRequest) -> list[date]:
        """The days of the request's week."""
        assert request.start is not None
        return list(_days_from(request.start.astimezone(UTC).date()))

    def _weeks(self, run: SellerRun, market: Market, days: Sequence[date]) -> list[date]:
        """The days of the weeks of these days that Amazon has, without those that were read and may change again."""
        weeks = [list(_days_from(sunday)) for sunday in sorted({sunday_of(day) for day in days})]
        ready = [week for week in weeks if week[-1] < market.today - self.ready_after]
        if not run.refetch and ready:
            covered = covered_days(run.pool, market.scope, self.table.name, [day for week in ready for day in week])
            ready = [week for week in ready if not (covered.issuperset(week) and self._may_change(market, week))]
        return [day for week in ready for day in week]

    def _may_change(self, market: Market, week: Sequence[date]) -> bool:
        return week[-1] >= market.today - self.rule.restated


def _days_from(sunday: date) -> Iterator[date]:
    return (sunday + timedelta(days=n) for n in range(DAYS_OF_WEEK))
