"""A report about one whole week, from Sunday to Saturday. `weekly_subjects` has those about some known products."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock

from xpert_pipeline.postgres.coverage import covered_days
from xpert_pipeline.sources.report import WindowedReport
from xpert_pipeline.sources.run import Market, SellerRun
from xpert_pipeline.sources.windows import DayWindow
from xpert_pipeline.spapi.jobs.api import JobRequest

DAYS_OF_WEEK = 7
LATEST = clock(23, 59, 59, tzinfo=UTC)


def sunday_of(day: date) -> date:
    """The first day of the day's week."""
    return day - timedelta(days=day.isoweekday() % DAYS_OF_WEEK)


@dataclass(frozen=True, kw_only=True)
class WeeklyReport(WindowedReport):
    """A report that covers exactly one week of one marketplace.

    Amazon rejects a period that is not a week from Sunday to Saturday, so a week is always read as a whole, also if a
    run asks for some of its days. It is read `ready_after` its end, and once more when all of it is older than
    `rule.restated`: until then Amazon may answer that it has no data yet.

    Attributes:
        ready_after: How long after its end Amazon has a week.
    """

    ready_after: timedelta
    longest: int = DAYS_OF_WEEK

    @property
    def how(self) -> str:
        """How much one report covers."""
        return "one report covers a week"

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
        """One report for a week."""
        (market,) = window.markets
        start, end = datetime.combine(window.first, clock(), UTC), datetime.combine(window.last, LATEST)
        return (JobRequest(self.report, start, end, dict(self.options), (market.id,)),)

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
