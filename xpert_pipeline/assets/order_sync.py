"""How a seller's orders come in: reports that an earlier run left, days not complete by order date, then changes.

Every span is fetched to disk first and then committed in one transaction, under the lease of the `orders` stream.
Reports of several spans are made at Amazon at the same time, and loaded as they get ready; what both sources of a span
are predicted to take is logged.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

from xpert_pipeline.assets.order_fetch import Fetch, fetch_pages, fetch_report, spooled
from xpert_pipeline.assets.order_pieces import DESK, Piece, plan_changes, with_reports, with_reports_not_refused
from xpert_pipeline.assets.order_plan import STREAM, Span
from xpert_pipeline.assets.report_steps import park, ready, why_not
from xpert_pipeline.assets.run_start import RunStart
from xpert_pipeline.assets.seller_run import SellerRun
from xpert_pipeline.postgres.ledger import LoadWindow
from xpert_pipeline.postgres.loading import load
from xpert_pipeline.progress import step
from xpert_pipeline.spapi.errors import ReportFailed, SpApiError, Stopped
from xpert_pipeline.spapi.planner import REPORTS_TOGETHER, Buckets
from xpert_pipeline.spapi.report_work import State
from xpert_pipeline.tables.validation import chunks

STEP = "orders_and_items"
TABLES = ("orders", "order_items")


def sync_orders(run: SellerRun, start: RunStart) -> None:
    """Load what the run prepared; then follow the change stream, if it begins only with these loads."""
    pieces: list[Piece] = start.take(run, STEP)
    changes = [piece for piece in pieces if piece.span.kind == "updated"]
    _follow(run, changes)
    _load_all(run, [piece for piece in pieces if piece.span.kind == "created"])
    if not changes:
        _follow(run, plan_changes(run, Buckets(run.client())))


def _follow(run: SellerRun, pieces: Sequence[Piece]) -> None:
    """Load changes in the order of time; behind one that is not ready none is loaded, or the stream had a gap."""
    for piece in with_reports(run, pieces):
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
            for piece in with_reports_not_refused(run, batch, failures):
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
                marketplace_ids=[run.marketplace_id],
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
