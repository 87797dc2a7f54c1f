"""Limits of single report types, beside the usage plan of createReport: of the whole app, and of equal reports."""

import threading
import time
from collections import deque
from dataclasses import dataclass, field

from xpert_pipeline.sandbox.jobs.report_store import DONE, Report, ReportStore
from xpert_pipeline.sandbox.serving.pace import Pace

DAY = 86_400
APP_PLANS: dict[str, tuple[float, int, int]] = {"GET_SALES_AND_TRAFFIC_REPORT": (900.0, 1, 96)}
"""Report type → (seconds to one createReport more, burst, most in 24 hours), counted over all sellers together."""
HALF_AN_HOUR, FOUR_HOURS = 1_800, 14_400
MINIMUM_SECONDS: dict[str, int | None] = {
    "GET_XML_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL": None,
    "GET_XML_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL": None,
    "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL": None,
    "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL": None,
    "GET_MERCHANT_LISTINGS_ALL_DATA": None,
    "GET_SALES_AND_TRAFFIC_REPORT": None,
    "GET_FBA_MYI_ALL_INVENTORY_DATA": HALF_AN_HOUR,
    "GET_FBA_MYI_UNSUPPRESSED_INVENTORY_DATA": HALF_AN_HOUR,
    "GET_FBA_INVENTORY_PLANNING_DATA": FOUR_HOURS,
}
"""Report type → the shortest time between two equal reports; None where Amazon sets none."""


@dataclass(slots=True)
class AppPlans:
    """How much of the app's plans is used up."""

    pace: Pace
    granted: dict[str, deque[float]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, report_type: str) -> bool:
        """Take a createReport of a type; True also for types without such a plan."""
        if report_type not in APP_PLANS or self.pace.unlimited:
            return True
        seconds, burst, most = APP_PLANS[report_type]
        now = time.monotonic()
        with self.lock:
            times = self.granted.setdefault(report_type, deque())
            while times and times[0] <= now - self.pace.waiting(DAY):
                times.popleft()
            if len(times) >= most or self._level(times, now, self.pace.waiting(seconds), burst) < 1:
                return False
            times.append(now)
            return True

    @staticmethod
    def _level(times: deque[float], now: float, seconds: float, burst: int) -> float:
        """What is in the bucket after all that was taken."""
        level, since = float(burst), now
        for taken in times:
            level = min(float(burst), level + max(0.0, taken - since) / seconds) - 1
            since = taken
        return min(float(burst), level + (now - since) / seconds)


def was_done(reports: ReportStore, report: Report, now: float) -> bool:
    """Whether an equal report was DONE before."""
    return any(_is_done_twin(other, report, now) for other in reports.of(report.seller_id))


def is_too_early(reports: ReportStore, report: Report, now: float) -> bool:
    """Whether an equal report was DONE within the type's minimum interval."""
    seconds = MINIMUM_SECONDS.get(report.report_type)
    if seconds is None:
        return False
    since = now - reports.pace.waiting(seconds)
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
