"""A report about the present state, of which Amazon keeps no history. It is read once a day, so the table has one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from typing import Any

from xpert_pipeline.postgres.coverage import covered_days
from xpert_pipeline.sources.job_windows import JobWindow
from xpert_pipeline.sources.report import WindowedReport
from xpert_pipeline.sources.run import Market, SellerRun
from xpert_pipeline.sources.windows import DayWindow, Restatement
from xpert_pipeline.spapi.jobs.api import JobRequest

NEVER_AGAIN = Restatement(restated=timedelta(0), oldest=timedelta(0))


@dataclass(frozen=True, kw_only=True)
class PresentReport(WindowedReport):
    """A report that tells how things are when Amazon writes it, whatever period is asked for.

    Only a live run requests it, once for each local day of each marketplace. The request carries the start of that day:
    so a report that was not ready in time is loaded by a later run for the day on which it was asked for. Other past
    days have no history.
    """

    rule: Restatement = NEVER_AGAIN
    longest: int = 1

    @property
    def how(self) -> str:
        """How much one report covers."""
        return "one report a day: Amazon keeps only the present state"

    def requests(self, run: SellerRun, window: DayWindow) -> tuple[JobRequest, ...]:
        """One report of the marketplace; its end is left to Amazon, because the day is not over."""
        (market,) = window.markets
        start, _ = market.bounds(window.first, window.last)
        return (JobRequest(self.report, start.astimezone(UTC), None, dict(self.options) or None, (market.id,)),)

    def days_of(self, run: SellerRun, request: JobRequest) -> list[date]:
        """The local day on which the report was asked for."""
        assert request.start is not None
        return [request.start.astimezone(run.market(request.marketplace_ids[0]).zone).date()]

    def open_days(self, run: SellerRun) -> dict[Market, list[date]]:
        """Today of each live marketplace, and days on which a report was asked for that is not loaded yet."""
        open_days = {market: self._open_days(run, market) for market in run.markets if market.is_live}
        return {market: days for market, days in open_days.items() if days}

    def sync(self, run: SellerRun, prepared: list[JobWindow] | None) -> None:
        """Load today and what an earlier run left; other past days have no history."""
        for market in run.markets:
            first = market.today if market.is_live else date.max
            run.outcome(self.table.name).no_history(market.id, first, keeps_days=True)
        super().sync(run, prepared)

    def _open_days(self, run: SellerRun, market: Market) -> list[date]:
        if run.refetch:
            return [market.today]
        days = sorted({market.today, *self._left_days(run, market)})
        covered = covered_days(run.pool, market.scope, self.table.name, days)
        return [day for day in days if day not in covered]

    def _left_days(self, run: SellerRun, market: Market) -> Sequence[date]:
        """Days whose report an earlier run asked for and did not load."""
        windows: list[Any] = [self._window_of(run, job.request) for job in self._unfinished(run)]
        return [day for window in windows if window and market in window.markets for day in window.days]
