"""What a run would do before it does it: for each stream its windows, sources, calls and predicted seconds.

Uses the same predictions as the run itself. Nothing is asked for or loaded but counts (order metrics, listings).
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from xpert_pipeline.assets.catalog import REPORT, SEARCH_LIMIT, count_wanted
from xpert_pipeline.assets.economics import economics_windows
from xpert_pipeline.assets.kiosk_windows import Window
from xpert_pipeline.assets.kiosk_windows import open_days as kiosk_days
from xpert_pipeline.assets.order_plan import REPORTS, Span, changed_spans, created_spans, open_days, plan_spans
from xpert_pipeline.assets.seller_run import SellerRun
from xpert_pipeline.assets.traffic import traffic_windows
from xpert_pipeline.spapi.planning.planner import BucketLevels, predict_listings, predict_made
from xpert_pipeline.spapi.planning.source_choice import Prediction, SourcePlan, how_known
from xpert_pipeline.tables.traffic import TRAFFIC_DAILY
from xpert_pipeline.wording import counted


@dataclass(frozen=True)
class StreamPlan:
    """One window of one stream.

    Attributes:
        table: Asset.
        window: What is asked for, in words.
        source: Operation or report chosen.
        seconds: Predicted, from the start of the run until it is loaded.
        calls: Predicted, by operation.
        predicted: Seconds of every source there is.
        why: The reason, and what of it is a guess.
        created: First and last day, of a window of orders by their dates.
        plan: The facts behind the reason, of orders.
    """

    table: str
    window: str
    source: str
    seconds: float
    calls: Mapping[str, int]
    predicted: Mapping[str, float]
    why: str
    created: tuple[date, date] | None = None
    plan: SourcePlan | None = None


@dataclass(frozen=True)
class RunPlan:
    """All streams of one seller's run. `complete` counts days of orders that need no asking."""

    seller: str
    streams: Sequence[StreamPlan]
    complete: int = 0
    calls: Counter[str] = field(default_factory=Counter)

    @property
    def seconds(self) -> float:
        """Predicted seconds of the whole run: reports are made while pages are read, so the longer one counts."""
        paged: dict[str, float] = {}
        for each in self.streams:
            if not _is_made(each):
                paged[each.table] = max(paged.get(each.table, 0.0), each.seconds)
        made = max((each.seconds for each in self.streams if _is_made(each)), default=0.0)
        return max(sum(paged.values()), made)


def plan_run(run: SellerRun) -> RunPlan:
    """Plan a seller's run as it would begin now."""
    buckets = BucketLevels(run.client())
    missing = open_days(run)
    changes = changed_spans(run) if run.is_live else []
    buckets.begin(REPORTS["created"], beside=len(changes))
    spans = [*changes, *created_spans(run, missing)]
    orders = [_order_stream(run, span, plan) for span, plan in plan_spans(run, spans, buckets)]
    streams = [*orders, *_products(run, buckets)]
    streams += _kiosk(run, buckets, "economics_daily", economics_windows(run), "one query holds up to 60 days")
    traffic = traffic_windows(run)
    streams += _kiosk(run, buckets, "traffic_daily", traffic, "30 ASINs each, or all of a day")
    if not traffic and (days := kiosk_days(run, TRAFFIC_DAILY)):
        window = days_text(days[0], days[-1], len(days))
        why = "no ASIN is known before products is loaded: its queries are not counted"
        streams.append(StreamPlan("traffic_daily", window, "Data Kiosk", 0.0, {}, {}, why))
    total: Counter[str] = Counter()
    for stream in streams:
        total.update(stream.calls)
    return RunPlan(run.seller.amazon_seller_id, streams, len(run.days) - len(missing), total)


def _order_stream(run: SellerRun, span: Span, plan: SourcePlan) -> StreamPlan:
    first = span.start.astimezone(run.zone).date()
    last = (span.end - timedelta(microseconds=1)).astimezone(run.zone).date()
    created = (first, last) if span.kind == "created" else None
    window = f"created {days_text(first, last)}" if created else f"changed since {span.start:%F %R} UTC"
    source = "searchOrders" if plan.source == "pages" else "XML all-orders report"
    predicted = {str(name): each.seconds for name, each in plan.predictions.items()}
    return StreamPlan("orders", window, source, plan.seconds, plan.calls, predicted, plan.why, created, plan)


def _products(run: SellerRun, buckets: BucketLevels) -> list[StreamPlan]:
    if not run.is_live:
        return []
    mark, total = count_wanted(run)
    window = f"changed since {mark:%F %R} UTC" if mark else "all listings"
    pages = predict_listings(total, buckets["searchListingsItems"], buckets["searchCatalogItems"])
    learnt = run.book().generation_seconds("report", REPORT)
    report = predict_made(1, learnt, create=buckets["createReport"], document=buckets["getReportDocument"])
    by_report = total > SEARCH_LIMIT
    chosen: Prediction = report if by_report else pages
    buckets.spend(chosen.calls)
    rule = "pages carry more columns"
    if by_report:
        rule = f"above {SEARCH_LIMIT:,} listings the search shows no more; {how_known(learnt)}"
    source = "merchant listings report" if by_report else "searchListingsItems and searchCatalogItems"
    predicted = {"pages": pages.seconds, "report": report.seconds}
    why = f"{counted(total, 'listing')}: {rule}"
    return [StreamPlan("products", window, source, chosen.seconds, chosen.calls, predicted, why)]


def _kiosk(run: SellerRun, buckets: BucketLevels, table: str, windows: Sequence[Window], how: str) -> list[StreamPlan]:
    """All queries of a dataset together: they are made at the same time."""
    if not windows:
        return []
    days = [day for window in windows for day in window.days]
    requests = [request for window in windows for request in window.requests]
    learnt = run.book().generation_seconds("query", requests[0].report_type)
    made = predict_made(
        len(requests), learnt, create=buckets["createQuery"], document=buckets["getDocument"], kind="query"
    )
    buckets.spend(made.calls)
    why = f"{counted(len(requests), 'query', 'queries')} for {counted(len(days), 'day')} ({how}); {how_known(learnt)}"
    window = days_text(min(days), max(days), len(days))
    return [StreamPlan(table, window, "Data Kiosk", made.seconds, made.calls, {"queries": made.seconds}, why)]


def _is_made(stream: StreamPlan) -> bool:
    """Whether Amazon makes it while the run does other things."""
    return "createReport" in stream.calls or "createQuery" in stream.calls


def days_text(first: date, last: date, count: int | None = None) -> str:
    """Days for people; `count` where there are gaps between them."""
    return f"{first} to {last} ({counted(count or (last - first).days + 1, 'day')})"


def shown(seconds: float) -> str:
    """Seconds for people."""
    if seconds < 90:
        return f"{math.ceil(seconds)} s"
    minutes = math.ceil(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02} min"
