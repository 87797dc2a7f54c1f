"""Which source brings a span of orders soonest: pages of searchOrders, or XML reports.

Pure arithmetic over token buckets in `predict_*` and `choose`; `plan_orders` reads the buckets for it.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from xpert_pipeline.spapi.session import SellerApi

PAGE_SIZE = 100
SECONDS_PER_CALL = 0.5
MAX_WINDOW_DAYS = 30
GENERATION_SECONDS = 20.0  # a report's time at Amazon, however small
GENERATION_SECONDS_PER_ROW = 1 / 20_000
ROWS_PER_SECOND = 20_000  # downloading and parsing

Source = Literal["pages", "report"]


@dataclass(frozen=True, slots=True)
class Bucket:
    """A token bucket as it stands: requests that may go at once, and requests per second after that."""

    level: float
    rate: float

    def wait_for(self, calls: int) -> float:
        """Seconds until the last of so many calls has its token."""
        return max(0.0, (calls - max(0.0, math.floor(self.level))) / self.rate)


@dataclass(frozen=True, slots=True)
class Plan:
    """The chosen source, its predicted seconds, those of every source, and the reason in a sentence."""

    source: Source
    seconds: float
    alternatives: Mapping[Source, float]
    why: str

    def forced(self, source: Source, reason: str) -> "Plan":
        """The same predictions, but another source for a reason that seconds do not know."""
        why = f"{source} although predicted to take {self.alternatives[source]:.0f} s: {reason}"
        return replace(self, source=source, seconds=self.alternatives[source], why=why)

    def as_dict(self) -> dict[str, Any]:
        """A JSON-able form for the ledger."""
        predicted = {source: round(seconds, 1) for source, seconds in self.alternatives.items()}
        return {"source": self.source, "seconds": round(self.seconds, 1), "predicted": predicted, "why": self.why}


def predict_pages(expected_orders: float, search_orders: Bucket) -> float:
    """Seconds that pages of searchOrders take: their tokens, and the calls themselves."""
    pages = max(1, math.ceil(expected_orders / PAGE_SIZE))
    return search_orders.wait_for(pages) + pages * SECONDS_PER_CALL


def predict_report(
    expected_orders: float,
    days: float,
    *,
    create_report: Bucket,
    get_report_document: Bucket,
    get_reports: Bucket,
    get_report: Bucket,
    generation_seconds: float = GENERATION_SECONDS,
) -> float:
    """Seconds that XML reports take, in windows of at most 30 days that are made at the same time.

    One look-up for all windows, then each window's createReport, generation and getReportDocument. The
    last window is the last to be created; documents are collected while later windows are made, so its
    own path or the tokens for all documents decide, whichever is longer.
    """
    windows = max(1, math.ceil(days / MAX_WINDOW_DAYS))
    rows = expected_orders / windows
    generation = generation_seconds + rows * GENERATION_SECONDS_PER_ROW
    created = get_reports.wait_for(1) + create_report.wait_for(windows) + (windows + 1) * SECONDS_PER_CALL
    polled = get_report.wait_for(windows) + windows * SECONDS_PER_CALL
    documents = get_report_document.wait_for(windows) + windows * 2 * SECONDS_PER_CALL
    ready = max(created + max(generation, polled), get_report_document.wait_for(windows))
    return ready + (documents - get_report_document.wait_for(windows)) + expected_orders / ROWS_PER_SECOND


def choose(pages_seconds: float, report_seconds: float, *, expected_orders: float, days: float, is_guess: bool) -> Plan:
    """Take the quicker source; at a draw pages, which carry more columns."""
    alternatives: dict[Source, float] = {"pages": pages_seconds, "report": report_seconds}
    source: Source = "pages" if pages_seconds <= report_seconds else "report"
    count = f"{'about ' if is_guess else ''}{expected_orders:.0f} orders in {days:.1f} days"
    why = (
        f"{count}: searchOrders pages are predicted to take {pages_seconds:.0f} s, "
        f"XML reports {report_seconds:.0f} s, so {'pages' if source == 'pages' else 'the report'}"
    )
    return Plan(source, alternatives[source], alternatives, why)


def plan_orders(api: SellerApi, *, expected_orders: float, days: float, is_guess: bool = False) -> Plan:
    """Predict both sources from the seller's buckets as they stand, and choose.

    Args:
        api: whose buckets count.
        expected_orders: orders in the span.
        days: length of the span.
        is_guess: whether the number of orders is one, for the sentence.
    """
    pages = predict_pages(expected_orders, _bucket(api, "searchOrders"))
    report = predict_report(
        expected_orders,
        days,
        create_report=_bucket(api, "createReport"),
        get_report_document=_bucket(api, "getReportDocument"),
        get_reports=_bucket(api, "getReports"),
        get_report=_bucket(api, "getReport"),
    )
    return choose(pages, report, expected_orders=expected_orders, days=days, is_guess=is_guess)


def _bucket(api: SellerApi, operation: str) -> Bucket:
    return Bucket(api.level(operation), api.rate(operation))
