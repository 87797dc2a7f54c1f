"""How a seller's orders come in: reports that an earlier run left, days not complete by order date, then changes.

Every span is fetched to disk first and then committed in one transaction, under the lease of the `orders` stream.
Reports of several spans are made at Amazon at the same time, and loaded as they get ready; what both sources of a span
are predicted to take is logged.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID

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
)
from xpert_pipeline.assets.report_steps import park, ready, why_not
from xpert_pipeline.assets.run_start import RunStart
from xpert_pipeline.assets.seller_run import SellerRun
from xpert_pipeline.postgres.coverage import first_load_started
from xpert_pipeline.postgres.ledger import LoadWindow
from xpert_pipeline.postgres.loading import load
from xpert_pipeline.progress import step
from xpert_pipeline.spapi.desks import ReportRequest
from xpert_pipeline.spapi.errors import BadRequest, ReportFailed, SpApiError, Stopped
from xpert_pipeline.spapi.planner import REPORTS_TOGETHER, Buckets
from xpert_pipeline.spapi.report_asking import ask
from xpert_pipeline.spapi.report_windows import split_windows
from xpert_pipeline.spapi.report_work import LIVE_WITHIN, State, Work
from xpert_pipeline.spapi.reports import ReportDesk
from xpert_pipeline.spapi.source_choice import Plan
from xpert_pipeline.tables.validation import chunks

STEP = "orders_and_items"
TABLES = ("orders", "order_items")
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
    missing, changes = open_days(run), _changes(run, buckets)
    left = [] if run.refetch else _left_behind(run, "created")
    left = [piece for piece in left if any(_lies_in(run, piece.span, day) for day in missing)]
    days = [day for day in missing if not any(_lies_in(run, piece.span, day) for piece in left)]
    room = buckets.begin(REPORTS["created"], beside=len(changes))
    created = [*left, *(Piece(span, plan) for span, plan in plan_spans(run, created_spans(run, days), buckets))]
    first = [*changes, *created[:room]]
    try:
        first = _asked(run, first)
    except BadRequest:  # the rest are asked for one by one, in their turn
        run.log.warning("seller %s: a report of orders was refused", run.seller.amazon_seller_id)
    return [*first, *created[room:]]


def sync_orders(run: SellerRun, start: RunStart) -> None:
    """Load what the run prepared; then follow the change stream, if it begins only with these loads."""
    pieces: list[Piece] = start.take(run, STEP)
    changes = [piece for piece in pieces if piece.span.kind == "updated"]
    _follow(run, changes)
    _load_all(run, [piece for piece in pieces if piece.span.kind == "created"])
    if not changes:
        _follow(run, _changes(run, Buckets(run.client())))


def _changes(run: SellerRun, buckets: Buckets) -> list[Piece]:
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
    began = first_load_started(run.pool, run.seller.id, STREAM)
    return began - OVERLAP if began else None


def _lies_in(run: SellerRun, span: Span, day: date) -> bool:
    """Whether the span holds the day, or what there was of it when it was asked for: the changes bring the rest."""
    start, end = run.bounds(day, day)
    return span.start <= start and (end <= span.end or (run.is_live and start < span.end))


def _asked(run: SellerRun, pieces: Sequence[Piece]) -> list[Piece]:
    """The same pieces, with the reports of those that are read by report."""
    wanting = [piece for piece in pieces if piece.work is None and piece.plan and piece.plan.source == "report"]
    if not wanting:
        return list(pieces)
    requests = [ReportRequest(REPORTS[piece.span.kind], piece.span.start, piece.span.end) for piece in wanting]
    works = ask(run.client(), run.book(), DESK, requests, not_older_than=_oldest_of_use(run))
    found = dict(zip((piece.span for piece in wanting), works, strict=True))
    return [replace(piece, work=found.get(piece.span, piece.work)) for piece in pieces]


def _follow(run: SellerRun, pieces: Sequence[Piece]) -> None:
    """Load changes in the order of time; behind one that is not ready none is loaded, or the stream had a gap."""
    for piece in _asked(run, pieces):
        if piece.work is None:
            _load(run, piece)
            continue
        (work,) = ready(run, DESK, [piece.work])
        if not _settled(run, replace(piece, work=work)):
            return


def _load_all(run: SellerRun, pieces: Sequence[Piece]) -> None:
    """Load orders by date: what is read by pages while the reports are made, and each report as it gets ready.

    All reports are asked for before any is waited for. What Amazon refuses or fails does not keep from being loaded
    what was asked for already.

    Raises:
        SpApiError: The first of all, at the end.
    """
    waiting = {piece.work.id: piece for piece in pieces if piece.work}
    failures: list[SpApiError] = []
    with _noting(failures):
        for batch in chunks([piece for piece in pieces if piece.work is None], REPORTS_TOGETHER):
            for piece in _asked_for(run, batch, failures):
                if piece.work is None:
                    _load(run, piece)
                else:
                    waiting[piece.work.id] = piece
            _load_ready(run, waiting, failures)
    with _noting(failures):
        _load_ready(run, waiting, failures, is_waiting=True)
    if failures:
        raise failures[0]


@contextmanager
def _noting(failures: list[SpApiError]) -> Iterator[None]:
    """Go on after the block whatever Amazon answered in it."""
    try:
        yield
    except Stopped:
        raise
    except SpApiError as error:
        failures.append(error)


def _asked_for(run: SellerRun, pieces: Sequence[Piece], failures: list[SpApiError]) -> list[Piece]:
    """The same pieces with their reports, less those whose report Amazon refuses."""
    try:
        return _asked(run, pieces)
    except BadRequest:  # one of them: the others are asked for one by one
        found = []
        for piece in pieces:
            try:
                found += _asked(run, [piece])
            except BadRequest as error:
                failures.append(error)
        return found


def _load_ready(
    run: SellerRun, waiting: dict[UUID, Piece], failures: list[SpApiError], *, is_waiting: bool = False
) -> None:
    """Load reports that are ready, and take them from those waited for; at the end wait for them, or park them."""
    for work in ready(run, DESK, [piece.work for piece in waiting.values() if piece.work], is_waiting=is_waiting):
        piece = replace(waiting.pop(work.id), work=work)
        if work.is_live and not is_waiting:
            waiting[work.id] = piece
            continue
        try:
            _settled(run, piece)
        except ReportFailed as error:
            failures.append(error)


def _settled(run: SellerRun, piece: Piece) -> bool:
    """Load a piece whose report was waited for, or park it; False if it was parked."""
    assert piece.work is not None
    if piece.work.is_live:
        park(run, TABLES, _days_of(run, piece.span), piece.work)
        return False
    if piece.work.state is State.FATAL:
        raise why_not(run, DESK, piece.work)
    _load(run, piece)
    run.book().collected(piece.work)
    return True


def _load(run: SellerRun, piece: Piece) -> None:
    span, work = piece.span, piece.work
    why = piece.plan.why if piece.plan else f"{work} was asked for by an earlier run"
    with run.lease(STREAM) as lease:
        step(f"{run.seller.amazon_seller_id}: orders {span}: {why}")
        with spooled(run, from_report=work is not None) as (folder, spool):
            plan = piece.plan.as_dict() if piece.plan else {"source": "report", "why": why}
            fetch = Fetch(folder, spool, run.client().server_now(), span.end, {"plan": plan})
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
