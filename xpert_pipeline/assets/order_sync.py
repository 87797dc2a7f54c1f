"""How a seller's orders come in: days not complete by order date, then what changed since the watermark.

The planner chooses between pages of `searchOrders` and the XML all-orders report; both predictions are logged.
Every window is fetched to disk first and then committed in one transaction, under the lease of the `orders` stream.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from xpert_pipeline.assets.order_report_rows import parse_report_order
from xpert_pipeline.assets.order_rows import parse_order
from xpert_pipeline.assets.order_spool import OrderSpool
from xpert_pipeline.assets.seller_run import SellerRun
from xpert_pipeline.partitions import contiguous
from xpert_pipeline.postgres.coverage import covered_days, first_load_started, followed_until, latest_detail
from xpert_pipeline.postgres.ledger import LoadWindow
from xpert_pipeline.postgres.loading import load
from xpert_pipeline.postgres.spool import RowSpool, spool_folder
from xpert_pipeline.progress import step
from xpert_pipeline.spapi.documents import Document, fetch_document
from xpert_pipeline.spapi.errors import NotGranted, ReportCancelled
from xpert_pipeline.spapi.operations.orders import search_orders
from xpert_pipeline.spapi.operations.sales import get_order_metrics
from xpert_pipeline.spapi.order_reports import compare_item_ids, read_orders
from xpert_pipeline.spapi.planner import Plan, plan_orders
from xpert_pipeline.spapi.report_windows import split_windows
from xpert_pipeline.spapi.reports import Report, ReportRequest, request_reports, wait_for_report
from xpert_pipeline.tables.validation import chunks

STREAM = "orders"
OVERLAP = timedelta(minutes=5)
SETTLING = timedelta(seconds=150)
"""searchOrders refuses bounds within 2 minutes of now; orders this young are left to the next run."""
REPORTS = {
    "created": "GET_XML_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL",
    "updated": "GET_XML_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL",
}
REPORTS_AHEAD = 10
"""Windows whose reports are requested together; the burst of createReport is 15."""
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


def sync_orders(run: SellerRun) -> None:
    """Load the run's open days, then follow the change stream if today is among them."""
    asked = [day for day in run.days if day <= run.today]
    days = asked if run.refetch else _open_days(run, asked)
    if known := len(asked) - len(days):
        step(
            f"{run.seller.amazon_seller_id}: orders: {known} of {len(asked)} days are complete and kept current by the "
            "change stream; they are not asked again (--refetch asks)"
        )
    _load_spans(run, [_created_span(run, first, last) for first, last in contiguous(days)])
    if run.is_live and (changes := _changes(run)):
        _load_spans(run, [Span("updated", start, end) for start, end in split_windows(changes.start, changes.end)])


def _open_days(run: SellerRun, asked: list[date]) -> list[date]:
    """Days whose orders are neither loaded nor served by the change stream."""
    until = _stream_position(run) if run.is_live else None
    complete = covered_days(run.pool, run.seller.id, STREAM, asked, run.seller.timezone, until)
    return [day for day in asked if day not in complete]


def _stream_position(run: SellerRun) -> datetime | None:
    """From when on the change stream will be read next: its watermark, or the moment the first load began."""
    mark = followed_until(run.pool, run.seller.id, STREAM)
    if mark is None and (began := first_load_started(run.pool, run.seller.id, STREAM)):
        mark = began - OVERLAP
    return mark


def _created_span(run: SellerRun, first: date, last: date) -> Span:
    start, end = run.bounds(first, last)
    return Span("created", start.astimezone(UTC), min(end.astimezone(UTC), run.client().server_now() - SETTLING))


def _changes(run: SellerRun) -> Span | None:
    mark = _stream_position(run)
    if mark is None:
        return None
    end = run.client().server_now() - SETTLING
    return Span("updated", mark - OVERLAP, end) if end > mark else None


@dataclass
class _Fetch:
    """One window being fetched: where to, until when it reads, since when its state is known."""

    folder: Path
    spool: OrderSpool
    began: datetime
    end: datetime
    details: dict[str, Any]


def _load_spans(run: SellerRun, spans: Sequence[Span]) -> None:
    """Load spans one by one; the reports that several will need are made at Amazon at the same time."""
    for batch in chunks((span for span in spans if span.start < span.end), REPORTS_AHEAD):
        plans = [_plan(run, span) for span in batch]
        by_report = [span for span, plan in zip(batch, plans, strict=True) if plan.source == "report"]
        reports = dict(zip(by_report, _request_reports(run, by_report), strict=True)) if len(by_report) > 1 else {}
        for span, plan in zip(batch, plans, strict=True):
            _load_span(run, span, plan, reports.get(span))


def _request_reports(run: SellerRun, spans: Sequence[Span]) -> list[Report]:
    kind = REPORTS[spans[0].kind]
    return request_reports(run.client(), [ReportRequest(kind, span.start, span.end) for span in spans])


def _load_span(run: SellerRun, span: Span, plan: Plan, report: Report | None) -> None:
    with run.lease(STREAM) as lease:
        step(f"{run.seller.amazon_seller_id}: orders {span}: {plan.why}")
        with _spool(run, from_report=plan.source == "report") as (folder, spool):
            fetch = _Fetch(folder, spool, datetime.now(UTC), span.end, {"plan": plan.as_dict()})
            if plan.source == "report":
                source = _fetch_report(run, span, fetch, report)
            else:
                source, fetch.end = "searchOrders", _fetch_pages(run, span, spool)
            lease.check()
            if spool.signals:
                fetch.details["signals"] = dict(spool.signals)
                run.log.warning("seller %s: kept, but new to us: %s", run.seller.amazon_seller_id, dict(spool.signals))
            load(
                run.pool,
                seller_id=run.seller.id,
                lease=lease,
                run_id=run.run_id,
                source=source,
                window=LoadWindow(span.kind, span.start, fetch.end),
                parts=spool.parts(),
                partitions=run.days,
                waits=run.client().bill().waits,
                started_at=fetch.began,
                details=fetch.details,
            )


def _plan(run: SellerRun, span: Span) -> Plan:
    expected, guess = _expected_orders(run, span)
    plan = plan_orders(run.client(), expected_orders=expected, days=span.days, is_guess=guess)
    if plan.source == "report" and latest_detail(run.pool, run.seller.id, STREAM, "item_ids") == "mismatch":
        plan = plan.forced("pages", "the XML report's item codes are not this seller's order item ids")
    run.log.info("seller %s, orders %s: %s", run.seller.amazon_seller_id, span, plan.why)
    return plan


def _expected_orders(run: SellerRun, span: Span) -> tuple[float, bool]:
    """How many orders the span holds: Amazon's own count, else a guess that says it is one."""
    factor = 1.0
    start = span.start
    if span.kind == "updated":
        factor, start = UPDATES_PER_ORDER, span.start - timedelta(days=1)
    try:
        found = get_order_metrics(run.client(), start, span.end, granularity="Total", timezone=run.seller.timezone)
    except NotGranted:
        return GUESS_PER_DAY * span.days, True
    counted = sum(int(interval["orderCount"]) for interval in found)
    return counted * factor * (span.days / max(span.days, (span.end - start) / timedelta(days=1))), False


def _fetch_pages(run: SellerRun, span: Span, spool: OrderSpool) -> datetime:
    end = span.end
    parse = partial(parse_order, marketplace_id=run.marketplace_id, zone=run.zone, signals=spool.signals)
    for page in search_orders(run.client(), **{span.kind: (span.start, span.end)}):
        spool.add(page.orders, parse)
        end = min(end, page.upper_bound)
    return end


def _fetch_report(run: SellerRun, span: Span, fetch: _Fetch, requested: Report | None) -> str:
    api, kind = run.client(), REPORTS[span.kind]
    try:
        report = wait_for_report(api, requested or _request_reports(run, [span])[0])
    except ReportCancelled as error:  # no data, or Amazon's whim: only the pages can tell
        fetch.details["report"] = str(error)
        return _fetch_pages_instead(run, span, fetch)
    assert report.document_id is not None
    if report.created_at:
        fetch.began = min(fetch.began, report.created_at)
    fetch.details["report"] = {"id": report.id, "reused": report.reused}
    document = fetch_document(api, report.document_id, fetch.folder)
    if not _item_ids_match(run, span, document, fetch.details):
        return _fetch_pages_instead(run, span, fetch)
    parse = partial(parse_report_order, marketplace_id=run.marketplace_id, zone=run.zone, signals=fetch.spool.signals)
    fetch.spool.add(read_orders(document.path, api.marketplace, charset=document.charset), parse)
    return kind


def _fetch_pages_instead(run: SellerRun, span: Span, fetch: "_Fetch") -> str:
    fetch.spool.from_report = False
    fetch.end = _fetch_pages(run, span, fetch.spool)
    return "searchOrders"


def _item_ids_match(run: SellerRun, span: Span, document: Document, details: dict[str, Any]) -> bool:
    """Before a seller's first XML load: are its item codes the order item ids of the API? One page tells."""
    if latest_detail(run.pool, run.seller.id, STREAM, "item_ids") == "match":
        details["item_ids"] = "match"
        return True
    page = next(islice(search_orders(run.client(), **{span.kind: (span.start, span.end)}), 1), None)
    report = read_orders(document.path, run.client().marketplace, charset=document.charset)
    comparison = compare_item_ids(page.orders if page else [], report)
    if comparison.compared:
        details["item_ids"] = "match" if comparison.matches else "mismatch"
    if not comparison.matches:
        run.log.warning(
            "seller %s: %d of %d order item ids differ between searchOrders and the XML report; "
            "its orders are read by searchOrders from now on",
            run.seller.amazon_seller_id,
            comparison.differing,
            comparison.compared,
        )
    return comparison.matches


@contextmanager
def _spool(run: SellerRun, *, from_report: bool) -> Iterator[tuple[Path, OrderSpool]]:
    with spool_folder(run.spool, "orders") as folder, RowSpool(folder) as orders, RowSpool(folder) as items:
        yield folder, OrderSpool(orders, items, from_report, signals=Counter())
