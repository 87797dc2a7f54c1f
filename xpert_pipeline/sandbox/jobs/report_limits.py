"""Limits of individual report types besides createReport's usage plan: for the whole app, and for equal reports."""

import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import NamedTuple

from xpert_pipeline.sandbox.jobs.report_store import Report, ReportStore
from xpert_pipeline.sandbox.jobs.statuses import DONE
from xpert_pipeline.sandbox.serving.pace import Pace

DAY = 86_400


class AppPlan(NamedTuple):
    """A plan for one report type that all sellers of the app share.

    Attributes:
        seconds: Time until the bucket gets one token back.
        burst: Tokens that a full bucket holds.
        most: Reports in 24 hours.
    """

    seconds: float
    burst: int
    most: int


@dataclass(slots=True)
class AppPlans:
    """The use of the app's plans: times of the granted reports, by report type."""

    pace: Pace
    granted: dict[str, deque[float]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, report_type: str, plan: AppPlan | None) -> bool:
        """Take a token for a report and return whether there was one; always True for a type without such a plan."""
        if plan is None or self.pace.unlimited:
            return True
        now = time.monotonic()
        with self.lock:
            times = self.granted.setdefault(report_type, deque())
            while times and times[0] <= now - self.pace.waiting(DAY):
                times.popleft()
            if len(times) >= plan.most or self._level(times, now, self.pace.waiting(plan.seconds), plan.burst) < 1:
                return False
            times.append(now)
            return True

    @staticmethod
    def _level(times: deque[float], now: float, seconds: float, burst: int) -> float:
        """Return the current level of a bucket from which tokens were taken at these times."""
        level, since = float(burst), now
        for taken in times:
            level = min(float(burst), level + max(0.0, taken - since) / seconds) - 1
            since = taken
        return min(float(burst), level + (now - since) / seconds)


def was_done(reports: ReportStore, report: Report, now: float) -> bool:
    """Whether an equal report was DONE before."""
    return any(_is_done_twin(other, report, now) for other in reports.of(report.seller_id))


def is_too_early(reports: ReportStore, report: Report, now: float, minimum_seconds: int | None) -> bool:
    """Whether an equal report was DONE within the type's minimum interval."""
    if minimum_seconds is None:
        return False
    since = now - reports.pace.waiting(minimum_seconds)
    return any(other.created > since and _is_done_twin(other, report, now) for other in reports.of(report.seller_id))


def _is_done_twin(other: Report, report: Report, now: float) -> bool:
    same_window = not report.has_window or (other.start, other.end) == (report.start, report.end)
    return (
        other.report_type == report.report_type
        and set(other.marketplace_ids) == set(report.marketplace_ids)
        and same_window
        and dict(other.options) == dict(report.options)
        and other.status(now) == DONE
    )
