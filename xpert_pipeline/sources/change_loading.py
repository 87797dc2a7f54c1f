"""Fetches and loads the spans of a change feed.

Each span is first fetched to disk and then loaded in one transaction, under the lease of the feed's stream. Amazon
prepares the reports of several spans in parallel; each is loaded when it is ready.
"""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from xpert_pipeline.postgres.ledger import LoadWindow
from xpert_pipeline.progress import step
from xpert_pipeline.sources.change_fetching import Fetch, no_parser
from xpert_pipeline.sources.change_filling import plan_filling
from xpert_pipeline.sources.change_pieces import (
    JOB_API,
    Piece,
    plan_changes,
    with_accepted_reports,
    with_reports,
)
from xpert_pipeline.sources.change_replacing import whole_days
from xpert_pipeline.sources.change_spans import Feed
from xpert_pipeline.sources.collect import collecting
from xpert_pipeline.sources.jobs import collecting_failures, failure_of, park, ready
from xpert_pipeline.sources.run import SellerRun
from xpert_pipeline.sources.windows import Span
from xpert_pipeline.spapi.errors import (
    NotGranted,
    NotYetKnown,
    ReauthRequired,
    SpApiError,
    Stopped,
)
from xpert_pipeline.spapi.jobs.job import JobState
from xpert_pipeline.spapi.planning.planner import REPORTS_TOGETHER, BucketLevels
from xpert_pipeline.tables.validation import chunks
from xpert_pipeline.wording import counted, day_span


def sync_feed(run: SellerRun, feed: Feed, pieces: Sequence[Piece]) -> None:
    """Load the prepared pieces, then follow changes in marketplaces whose change stream starts with these loads."""
    changes = [piece for piece in pieces if piece.span.kind == "updated"]
    _follow(run, feed, changes)
    _load_created(run, feed, [piece for piece in pieces if piece.span.kind == "created"])
    followed = [market for piece in changes for market in piece.span.markets]
    _follow(run, feed, plan_changes(run, feed, BucketLevels(run.client()), followed))
    _fill(run, feed)


def _fill(run: SellerRun, feed: Feed) -> None:
    """Fill columns that a report lacks, with requests to spare; a failure is left to the next run."""
    filling = plan_filling(run, feed, BucketLevels(run.client())[feed.operation])
    if filling is None:
        return
    try:
        _load(run, feed, Piece(filling.span, filling.plan))
    except (Stopped, ReauthRequired):
        raise
    except SpApiError as error:
        run.log.warning(
            "seller %s: %s could not be read again to fill what a report lacks; the next run tries again: %s",
            run.who,
            feed.name,
            error,
        )


def _follow(run: SellerRun, feed: Feed, pieces: Sequence[Piece]) -> None:
    """Load changes, oldest first. Stop at the first span that is not ready; loading a later one would leave a gap."""
    stopped: set[str] = set()
    for piece in with_reports(run, feed, pieces):
        if stopped.intersection(piece.span.marketplace_ids):
            continue
        if piece.job is None:
            _load_granted(run, feed, piece)
            continue
        (job,) = ready(run, JOB_API, [piece.job])
        if not _load_or_park(run, feed, replace(piece, job=job)):
            stopped.update(piece.span.marketplace_ids)


def _load_created(run: SellerRun, feed: Feed, pieces: Sequence[Piece]) -> None:
    """Load records by creation date: pages while Amazon prepares the reports, then each report when it is ready.

    All reports are requested before the run waits for any of them. A rejected or failed report does not stop the
    others from being loaded.

    Raises:
        SpApiError: The first error, raised after all other pieces are loaded.
    """
    waiting = {piece.job.id: piece for piece in pieces if piece.job}
    failures: list[SpApiError] = []
    with collecting_failures(failures):
        for batch in chunks([piece for piece in pieces if piece.job is None], REPORTS_TOGETHER):
            for piece in with_accepted_reports(run, feed, batch, failures):
                if piece.job is None:
                    _load_granted(run, feed, piece)
                else:
                    waiting[piece.job.id] = piece
            _load_ready(run, feed, waiting, failures)
    with collecting_failures(failures):
        _load_ready(run, feed, waiting, failures, is_waiting=True)
    if failures:
        raise failures[0]


def _load_ready(
    run: SellerRun, feed: Feed, waiting: dict[UUID, Piece], failures: list[SpApiError], *, is_waiting: bool = False
) -> None:
    """Load reports that are ready and remove them from `waiting`; with `is_waiting`, wait for them or park them."""
    for job in ready(run, JOB_API, [piece.job for piece in waiting.values() if piece.job], is_waiting=is_waiting):
        piece = replace(waiting.pop(job.id), job=job)
        if job.is_live and not is_waiting:
            waiting[job.id] = piece
            continue
        try:
            _load_or_park(run, feed, piece)
        except NotYetKnown as error:
            failures.append(error)


def _load_or_park(run: SellerRun, feed: Feed, piece: Piece) -> bool:
    """Load a piece if its report is ready, or park it; return False if it was parked.

    If Amazon could not make the report, the piece is loaded by pages. The ledger has Amazon's reason.
    """
    assert piece.job is not None
    if piece.job.is_live:
        names = [table.name for table in feed.tables]
        first, last = piece.span.local_days
        for market in piece.span.markets:
            days = [day for day in run.days if first <= day <= last]
            if piece.span.kind == "updated":  # changes can belong to any day; they count for today
                days = [market.partition_of_today]
            park(run, names, [market], days, piece.job)
        return False
    if piece.job.state is JobState.FATAL:
        failure = failure_of(run, JOB_API, piece.job)
        run.log.warning("%s The same %s is read with %s", failure, feed.name, feed.operation)
    _load_granted(run, feed, piece)
    if piece.job.state is not JobState.FATAL:
        run.jobs.mark_collected(piece.job)
    return True


def _load_granted(run: SellerRun, feed: Feed, piece: Piece) -> None:
    """Load a piece for the marketplaces that Amazon grants.

    Amazon refuses a request as a whole if it does not grant one of its marketplaces; then each is requested alone. A
    refusal is recorded for its marketplace, and later pieces leave it out.

    Raises:
        NotGranted: The seller has only one marketplace.
    """
    refused = run.outcome(feed.name).refused
    markets = tuple(market for market in piece.span.markets if market.id not in refused)
    if not markets:
        return
    try:
        _load(run, feed, replace(piece, span=replace(piece.span, markets=markets)))
    except NotGranted as error:
        if len(markets) > 1:
            for market in markets:
                _load_granted(run, feed, replace(piece, span=replace(piece.span, markets=(market,))))
        elif len(run.markets) == 1:
            raise
        else:
            run.log.warning("seller %s, %s: not granted: %s", run.who, markets[0].place.domain, error)
            for table in feed.tables:
                run.outcome(table.name).not_granted(str(error), markets[0].id)


def _load(run: SellerRun, feed: Feed, piece: Piece) -> None:
    span, job = piece.span, piece.job
    earlier = f"{job} was requested by an earlier run"
    why, plain = (piece.plan.why, piece.plan.plain) if piece.plan else (earlier, "by a report of an earlier run")
    with run.lease(feed.name) as lease:
        step(run.who, feed.name, f"{span.in_words}{run.place_of(span.markets[0])}: {plain}")
        with collecting(run.spool, feed.tables, no_parser) as (folder, collector):
            for part, names in zip(collector.parts, feed.decided, strict=False):
                part.decided = names
            plan = piece.plan.as_dict() if piece.plan else {"source": "report", "why": why}
            fetch = Fetch(run, feed, span, collector, folder, {"plan": plan})
            source = fetch.pages() if job is None else fetch.report(job)
            lease.check()
            if collector.signals:
                run.log.warning("seller %s: new or unusual, but kept: %s", run.who, dict(collector.signals))
            covers_nothing = span.kind == "created" and collector.fetched > 0 and not len(collector.main.spool)
            run.load(
                lease,
                source=source,
                window=LoadWindow("partial" if covers_nothing else span.kind, span.start, fetch.end),
                parts=collector.loads(whole_days=whole_days(run, feed, span, fetch.end, collector)),
                markets=span.markets,
                began=fetch.began,
                details=fetch.details,
                decide=feed.decide,
            )
            if covers_nothing:
                _leave_open(run, feed, span, collector.fetched)


def _leave_open(run: SellerRun, feed: Feed, span: Span, rejected: int) -> None:
    """Report a span whose records were all rejected; its days stay open, and the next run reads them again.

    Only for days by creation. A stream of changes goes on, or one unreadable record would stop it for ever.
    """
    first, last = span.local_days
    reason = f"all {counted(rejected, feed.noun)} of {day_span([first, last])} were rejected; see rejected_records"
    days = [day for day in run.days if first <= day <= last] or [max(run.days)]
    for market in span.markets:
        run.skip([table.name for table in feed.tables], market, days, reason)
