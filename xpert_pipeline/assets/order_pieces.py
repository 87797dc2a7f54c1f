"""What a run asks of orders: spans with their plans, reports that an earlier run left, and those it asks for itself.

Nothing is loaded here; `order_sync` does that with the pieces.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

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
)
from xpert_pipeline.assets.seller_run import SellerRun
from xpert_pipeline.postgres.coverage import first_load_started
from xpert_pipeline.spapi.desks import ReportRequest
from xpert_pipeline.spapi.errors import BadRequest, SpApiError
from xpert_pipeline.spapi.planner import Buckets
from xpert_pipeline.spapi.report_asking import ask
from xpert_pipeline.spapi.report_windows import split_windows
from xpert_pipeline.spapi.report_work import LIVE_WITHIN, Work
from xpert_pipeline.spapi.reports import ReportDesk
from xpert_pipeline.spapi.source_choice import Plan

DESK = ReportDesk()


@dataclass(frozen=True)
class Piece:
    """A span, how it is to be read, and its report where one was asked for."""

    span: Span
    plan: Plan | None
    work: Work | None = None


def prepare_orders(run: SellerRun) -> list[Piece]:
    """Plan what the run needs and ask for the reports; those that an earlier run asked for are taken up first."""
    buckets = Buckets(run.client())
    missing, changes = open_days(run), plan_changes(run, buckets)
    left = [] if run.refetch else _left_behind(run, "created")
    left = [piece for piece in left if any(_lies_in(run, piece.span, day) for day in missing)]
    days = [day for day in missing if not any(_lies_in(run, piece.span, day) for piece in left)]
    room = buckets.begin(REPORTS["created"], beside=len(changes))
    created = [*left, *(Piece(span, plan) for span, plan in plan_spans(run, created_spans(run, days), buckets))]
    first = [*changes, *created[:room]]
    try:
        first = with_reports(run, first)
    except BadRequest as error:  # they are asked for one by one, in their turn
        run.log.warning("seller %s: a report of orders was refused: %s", run.seller.amazon_seller_id, error)
    return [*first, *created[room:]]


def plan_changes(run: SellerRun, buckets: Buckets) -> list[Piece]:
    """Spans of the change stream in the order of time; a report that an earlier run asked for serves the first.

    Unless pages are quicker than waiting for it once more.
    """
    spans = changed_spans(run) if run.is_live else []
    fresh = [Piece(span, plan) for span, plan in plan_spans(run, spans, buckets)]
    if not fresh or not fresh[0].plan or fresh[0].plan.source == "pages":
        return fresh
    mark, pages = fresh[0].span.start + OVERLAP, fresh[0].plan.predictions["pages"].seconds
    for piece in _left_behind(run, "updated"):
        if not piece.span.start <= mark < piece.span.end:
            continue
        if piece.work and piece.work.is_live and pages < run.patience:  # it was waited for in vain: no second time
            return [Piece(fresh[0].span, fresh[0].plan.forced("pages", f"{piece.work} is late")), *fresh[1:]]
        rest = [Span("updated", *window) for window in split_windows(piece.span.end - OVERLAP, fresh[-1].span.end)]
        return [piece, *(Piece(span, plan) for span, plan in plan_spans(run, rest, buckets))]
    return fresh


def _left_behind(run: SellerRun, kind: Kind) -> list[Piece]:
    """Reports of an earlier run that died or did not wait, as far as they are not older than the change stream."""
    oldest = _oldest_of_use(run)
    pieces = []
    for work in run.book().unfinished("report", [REPORTS[kind]], LIVE_WITHIN):
        start, end = work.request.start, work.request.end
        is_of_use = oldest is None or work.created_at is None or work.created_at >= oldest
        if start is not None and end is not None and is_of_use:
            pieces.append(Piece(Span(kind, start, end), None, work))
    return pieces


def _oldest_of_use(run: SellerRun) -> datetime | None:
    """Reports must be of this moment or later: what changed between an older one and the change stream would be lost.

    None before the first load, which begins the stream.
    """
    if run.refetch:
        return run.client().server_now() - timedelta(seconds=1)
    began = first_load_started(run.pool, run.scope, STREAM)
    return began - OVERLAP if began else None


def _lies_in(run: SellerRun, span: Span, day: date) -> bool:
    """Whether the span holds the day, or what there was of it when it was asked for: the changes bring the rest."""
    start, end = run.bounds(day, day)
    return span.start <= start and (end <= span.end or (run.is_live and start < span.end))


def with_reports(run: SellerRun, pieces: Sequence[Piece]) -> list[Piece]:
    """The same pieces, with the reports of those that are read by report."""
    wanting = [piece for piece in pieces if piece.work is None and piece.plan and piece.plan.source == "report"]
    if not wanting:
        return list(pieces)
    requests = [ReportRequest(REPORTS[piece.span.kind], piece.span.start, piece.span.end) for piece in wanting]
    works = ask(run.client(), run.book(), DESK, requests, not_older_than=_oldest_of_use(run))
    found = dict(zip((piece.span for piece in wanting), works, strict=True))
    return [replace(piece, work=found.get(piece.span, piece.work)) for piece in pieces]


def with_reports_not_refused(run: SellerRun, pieces: Sequence[Piece], failures: list[SpApiError]) -> list[Piece]:
    """The same pieces with their reports, less those whose report Amazon refuses."""
    try:
        return with_reports(run, pieces)
    except BadRequest:  # one of them: the others are asked for one by one
        found = []
        for piece in pieces:
            try:
                found += with_reports(run, [piece])
            except BadRequest as error:
                failures.append(error)
        return found
