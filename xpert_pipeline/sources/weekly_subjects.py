"""A report about some known products in one week: the products are an option, and only some fit into a report."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, LiteralString

from xpert_pipeline.sources.aids import ask_for_help
from xpert_pipeline.sources.job_windows import JobWindow
from xpert_pipeline.sources.known import known_values
from xpert_pipeline.sources.run import SellerRun
from xpert_pipeline.sources.source import LATER
from xpert_pipeline.sources.weekly_report import WeeklyReport
from xpert_pipeline.sources.windows import DayWindow
from xpert_pipeline.spapi.jobs.api import JobRequest
from xpert_pipeline.spapi.session import SellerApi


@dataclass(frozen=True, kw_only=True)
class WeeklySubjectReport(WeeklyReport):
    """A weekly report that names its products: a week takes as many reports as the known products need.

    Attributes:
        subjects: SQL that returns the known products, the oldest first, so that a new one changes only the last
            request; it has `%(seller_id)s` and `%(marketplace_id)s`.
        is_subject: Whether Amazon can be asked about a value.
        option: Name of the option with the products, which are separated by spaces.
        most: The most products that fit.
        count: Asks Amazon how many products there are, for a plan before the tables are loaded that know them.
        at_most: The most products that `subjects` returns; None if it returns all.
    """

    subjects: LiteralString
    is_subject: Callable[[str], bool]
    option: str
    most: int
    count: Callable[[SellerApi, str], int] | None = None
    at_most: int | None = None

    @property
    def how(self) -> str:
        """How much one report covers."""
        return f"one report covers a week of up to {self.most} products"

    def requests(self, run: SellerRun, window: DayWindow) -> tuple[JobRequest, ...]:
        """One report for each batch of products; none if no product is known."""
        (market,) = window.markets
        (week,) = super().requests(run, window)
        known = known_values(run, market, self.subjects, self.is_subject, "values are not valid product ids")
        return tuple(
            replace(week, options={**self.options, self.option: " ".join(batch)})
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
