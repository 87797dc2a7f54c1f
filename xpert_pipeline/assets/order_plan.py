"""Which orders a run asks for, and from where: spans of days not complete, the change stream, and the cheaper source.

Nothing is loaded here. Counts come from Amazon's order metrics, else from the ledger's history, else from a guess that
says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from xpert_pipeline.assets.seller_run import SellerRun
from xpert_pipeline.partitions import contiguous
from xpert_pipeline.postgres.coverage import (
    covered_days,
    first_load_started,
    followed_until,
    latest_detail,
    records_per_day,
)
from xpert_pipeline.progress import step
from xpert_pipeline.spapi.errors import NotGranted
from xpert_pipeline.spapi.operations.sales import get_order_metrics
from xpert_pipeline.spapi.planner import Buckets, plan_orders
from xpert_pipeline.spapi.report_windows import split_windows
from xpert_pipeline.spapi.source_choice import Expected, Plan
from xpert_pipeline.wording import counted

STREAM = "orders"
OVERLAP = timedelta(minutes=5)
SETTLING = timedelta(seconds=150)
"""searchOrders refuses bounds within 2 minutes of now; orders this young are left to the next run."""
REPORTS = {
    "created": "GET_XML_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL",
    "updated": "GET_XML_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL",
}
GUESS_PER_DAY = 100
UPDATES_PER_ORDER = 3

Kind = Literal["created", "updated"]


@dataclass(frozen=True)
class Span:
    """What to ask for: orders created, or updated, in a half-open interval."""

    kind: Kind
    start: datetime
    end: datetime

    def __str__(self) -> str:
        return f"{self.kind} {self.start:%Y-%m-%d %H:%M} to {self.end:%Y-%m-%d %H:%M} UTC"

    @property
    def days(self) -> float:
        """Length in days."""
        return (self.end - self.start) / timedelta(days=1)


def open_days(run: SellerRun) -> list[date]:
    """Days of the run whose orders are neither loaded nor served by the change stream; all of them on `refetch`."""
    asked = [day for day in run.days if day <= run.today]
    if run.refetch:
        return asked
    until = stream_position(run) if run.is_live else None
    complete = covered_days(run.pool, run.scope, STREAM, asked, until)
    if complete:
        step(
            f"{run.seller.amazon_seller_id}: orders: {len(complete)} of {counted(len(asked), 'day')} complete and kept "
            "current by the change stream: not asked again (--refetch asks)"
        )
    return [day for day in asked if day not in complete]


def stream_position(run: SellerRun) -> datetime | None:
    """From when on the change stream will be read next: its watermark, or the moment the first load began."""
    mark = followed_until(run.pool, run.scope, STREAM)
    if mark is None and (began := first_load_started(run.pool, run.scope, STREAM)):
        mark = began - OVERLAP
    return mark


def created_spans(run: SellerRun, days: list[date]) -> list[Span]:
    """Spans of order dates, newest first."""
    latest = run.client().server_now() - SETTLING
    spans = []
    for first, last in contiguous(days):
        start, end = run.bounds(first, last)
        spans.append(Span("created", start.astimezone(UTC), min(end.astimezone(UTC), latest)))
    return [span for span in spans if span.start < span.end]


def changed_spans(run: SellerRun) -> list[Span]:
    """Spans of the change stream, from its position to now; none before the first load."""
    mark = stream_position(run)
    if mark is None:
        return []
    end = run.client().server_now() - SETTLING
    return [Span("updated", *window) for window in split_windows(mark - OVERLAP, end)] if end > mark else []


def plan_spans(run: SellerRun, spans: Sequence[Span], buckets: Buckets) -> list[tuple[Span, Plan]]:
    """Predict every source of each span, in this order, and choose the quickest.

    Args:
        run: Whose.
        spans: In the order in which they are asked for.
        buckets: The seller's, of which other spans and streams spend, too.
    """
    differing = spans and latest_detail(run.pool, run.scope, STREAM, "item_ids") == "mismatch"
    because = "the XML report's item codes are not this seller's order item ids" if differing else None
    return [(span, _plan(run, span, buckets, because)) for span in spans]


def _plan(run: SellerRun, span: Span, buckets: Buckets, because: str | None) -> Plan:
    report_type = REPORTS[span.kind]
    seconds = run.book().generation_seconds("report", report_type)
    expected = expected_orders(run, span)
    plan = plan_orders(
        buckets,
        expected,
        days=span.days,
        generation_seconds=seconds,
        report_type=report_type,
        pages_because=because,
    )
    run.log.info("seller %s, orders %s: %s", run.seller.amazon_seller_id, span, plan.why)
    return plan


def expected_orders(run: SellerRun, span: Span) -> Expected:
    """How many orders the span holds, and how that is known.

    Changes are counted from the ledger's earlier changes; orders by date from Amazon's own count.
    """
    seller = run.seller
    if span.kind == "updated" and (daily := records_per_day(run.pool, run.scope, STREAM, "updated")) is not None:
        return Expected(daily * span.days, "by the ledger's earlier changes")
    factor, start = 1.0, span.start
    if span.kind == "updated":
        factor, start = UPDATES_PER_ORDER, span.start - timedelta(days=1)
    try:
        found = get_order_metrics(run.client(), start, span.end, granularity="Total", timezone=seller.timezone)
    except NotGranted:
        daily = records_per_day(run.pool, run.scope, STREAM, "created")
        if daily is not None:
            return Expected(daily * span.days * factor, "by the ledger's earlier days")
        return Expected(GUESS_PER_DAY * span.days * factor, None)
    counted = sum(int(interval["orderCount"]) for interval in found)
    share = span.days / max(span.days, (span.end - start) / timedelta(days=1))
    return Expected(counted * factor * share, "by Amazon's order metrics" if factor == 1 else None)
