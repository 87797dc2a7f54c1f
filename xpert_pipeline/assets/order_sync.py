"""How a seller's orders come in: reports that an earlier run left, days not complete by order date, then changes.

Every span is fetched to disk first and then committed in one transaction, under the lease of the `orders` stream.
Reports of several spans are made at Amazon at the same time, and loaded as they get ready; what both sources of a span
are predicted to take is logged.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from xpert_pipeline.assets.order_fetch import Fetch, fetch_pages, fetch_report, spooled
from xpert_pipeline.assets.order_plan import (
    OVERLAP,
    REPORTS,
    STREAM,
    Kind,
    Span,
    changed_spans,
    created_spans,
    open_days,
    plan_spans,
    stream_position,
)
from xpert_pipeline.assets.report_steps import park, ready, why_not
from xpert_pipeline.assets.run_start import RunStart
from xpert_pipeline.assets.seller_run import SellerRun
from xpert_pipeline.postgres.coverage import first_load_started
from xpert_pipeline.postgres.ledger import LoadWindow
from xpert_pipeline.postgres.loading import load
from xpert_pipeline.progress import step
from xpert_pipeline.spapi.desks import ReportRequest
from xpert_pipeline.spapi.errors import SpApiError
from xpert_pipeline.spapi.planner import Plan
from xpert_pipeline.spapi.report_work import LIVE_WITHIN, State, Work, ask
from xpert_pipeline.spapi.reports import ReportDesk
from xpert_pipeline.tables.validation import chunks

STEP = "orders_and_items"
TABLES = ("orders", "order_items")
DESK = ReportDesk()
REPORTS_AHEAD = 10
"""Spans whose reports are requested together; the burst of createReport is 15."""


@dataclass(frozen=True)
class Piece:
    """A span, how it is to be read, and its report where one was asked for."""

    span: Span
    plan: Plan | None
    work: Work | None = None


def prepare_orders(run: SellerRun) -> list[Piece]:
    """Plan what the run needs and ask for the reports; those that an earlier run asked for are taken up first."""
    missing = open_days(run)
    left = _left_behind(run, missing)
    days = [day for day in missing if not _covers(run, left, day)]
    spans = created_spans(run, days)
    if run.is_live and not any(piece.span.kind == "updated" for piece in left):
        spans += changed_spans(run)
    pieces = [*left, *(Piece(span, plan) for span, plan in plan_spans(run, spans))]
    return [*_asked(run, pieces[:REPORTS_AHEAD]), *pieces[REPORTS_AHEAD:]]


def sync_orders(run: SellerRun, start: RunStart) -> None:
    """Load what the run prepared; then follow the change stream, if it begins only with these loads."""
    pieces: list[Piece] = start.take(run, STEP)
    _load_all(run, pieces)
    if run.is_live and not any(piece.span.kind == "updated" for piece in pieces):
        _load_all(run, [Piece(span, plan) for span, plan in plan_spans(run, changed_spans(run))])


def _left_behind(run: SellerRun, missing: Sequence[date]) -> list[Piece]:
    """Reports of an earlier run that died or did not wait: their windows, as far as this run is about them.

    One older than the change stream is of no use: what changed between the two would be lost.
    """
    began = first_load_started(run.pool, run.seller.id, STREAM)
    kinds: dict[str, Kind] = {REPORTS["created"]: "created", REPORTS["updated"]: "updated"}
    pieces = []
    for work in run.book().unfinished("report", list(kinds), LIVE_WITHIN):
        kind, window = kinds[work.request.report_type], (work.request.start, work.request.end)
        if window[0] is None or window[1] is None or run.refetch:
            continue
        span = Span(kind, window[0], window[1])
        useful = began is None or work.created_at is None or work.created_at >= began - OVERLAP
        wanted = any(_lies_in(run, span, day) for day in missing)
        if useful and (wanted if kind == "created" else run.is_live and _follows(run, span)):
            pieces.append(Piece(span, None, work))
    return pieces


def _follows(run: SellerRun, span: Span) -> bool:
    """Whether the change stream would go on with this span, without a gap and with something new."""
    mark = stream_position(run)
    return mark is not None and span.start <= mark < span.end


def _covers(run: SellerRun, pieces: Sequence[Piece], day: date) -> bool:
    return any(piece.span.kind == "created" and _lies_in(run, piece.span, day) for piece in pieces)


def _lies_in(run: SellerRun, span: Span, day: date) -> bool:
    """Whether the span holds the day, or what there was of it when it was asked for: the changes bring the rest."""
    start, end = run.bounds(day, day)
    return span.start <= start and (end <= span.end or (run.is_live and start < span.end))


def _asked(run: SellerRun, pieces: Sequence[Piece]) -> list[Piece]:
    """The same pieces, with the reports of those that are read by report."""
    wanting = [piece for piece in pieces if piece.work is None and piece.plan and piece.plan.source == "report"]
    requests = [ReportRequest(REPORTS[piece.span.kind], piece.span.start, piece.span.end) for piece in wanting]
    works = dict(zip((piece.span for piece in wanting), ask(run.client(), run.book(), DESK, requests), strict=True))
    return [Piece(piece.span, piece.plan, works.get(piece.span, piece.work)) for piece in pieces]


def _load_all(run: SellerRun, pieces: Sequence[Piece]) -> None:
    """Load pieces: those read by pages while the reports are made, then each report as it gets ready.

    A report that failed does not keep the others from being loaded.

    Raises:
        ReportFailed: Of the first report that failed, at the end.
    """
    failure: SpApiError | None = None
    for batch in chunks(pieces, REPORTS_AHEAD):
        asked = _asked(run, batch)
        for piece in asked:
            if piece.work is None:
                _load(run, piece)
        by_work = {piece.work.id: piece for piece in asked if piece.work is not None}
        for work in ready(run, DESK, [piece.work for piece in asked if piece.work is not None]):
            piece = Piece(by_work[work.id].span, by_work[work.id].plan, work)
            if work.is_live:
                park(run, TABLES, _days_of(run, piece.span), work)
            elif work.state is State.FATAL:
                failure = failure or why_not(run, work)
            else:
                _load(run, piece)
                run.book().collected(work)
    if failure is not None:
        raise failure


def _load(run: SellerRun, piece: Piece) -> None:
    span, work = piece.span, piece.work
    why = piece.plan.why if piece.plan else f"{work} was asked for by an earlier run"
    with run.lease(STREAM) as lease:
        step(f"{run.seller.amazon_seller_id}: orders {span}: {why}")
        with spooled(run, from_report=work is not None) as (folder, spool):
            plan = piece.plan.as_dict() if piece.plan else {"source": "report", "why": why}
            fetch = Fetch(folder, spool, datetime.now(UTC), span.end, {"plan": plan})
            source = fetch_pages(run, span, fetch) if work is None else fetch_report(run, span, fetch, work)
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


def _days_of(run: SellerRun, span: Span) -> list[date]:
    """Days of the run that a span is about; changes may be of any day, and are told of today's."""
    if span.kind == "updated":
        return [run.today]
    last = span.end - timedelta(microseconds=1)
    return [
        day for day in run.days if span.start.astimezone(run.zone).date() <= day <= last.astimezone(run.zone).date()
    ]
