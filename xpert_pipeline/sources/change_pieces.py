"""The pieces that a run of a change feed reads: spans with their plans and reports.

A run first uses reports that an earlier run requested. `change_loading` loads the pieces.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from xpert_pipeline.postgres.coverage import first_load_started
from xpert_pipeline.sources.change_spans import Feed, changed_spans, created_spans, open_days
from xpert_pipeline.sources.jobs import unfinished
from xpert_pipeline.sources.run import Market, SellerRun
from xpert_pipeline.sources.span_plans import plan_spans
from xpert_pipeline.sources.windows import Kind, Span
from xpert_pipeline.spapi.errors import BadRequest, SpApiError
from xpert_pipeline.spapi.jobs.api import JobRequest
from xpert_pipeline.spapi.jobs.job import Job
from xpert_pipeline.spapi.jobs.report_api import ReportApi
from xpert_pipeline.spapi.jobs.report_windows import split_windows
from xpert_pipeline.spapi.jobs.requesting import request_jobs
from xpert_pipeline.spapi.planning.planner import BucketLevels
from xpert_pipeline.spapi.planning.source_choice import SourcePlan

JOB_API = ReportApi()


@dataclass(frozen=True)
class Piece:
    """A span, the plan for reading it, and its report if one was requested."""

    span: Span
    plan: SourcePlan | None
    job: Job | None = None


def prepare_pieces(run: SellerRun, feed: Feed) -> list[Piece]:
    """Plan the run and request the first reports."""
    levels = BucketLevels(run.client())
    missing, changes = open_days(run, feed), plan_changes(run, feed, levels)
    left = [] if run.refetch else _left_behind(run, feed, "created")
    left = [piece for piece in left if any(_covers(piece.span, market, day) for market, day in _places(missing))]
    rest = {
        market: [day for day in days if not any(_covers(piece.span, market, day) for piece in left)]
        for market, days in missing.items()
    }
    room = levels.begin(feed.bulk.types["created"], beside=len(changes)) if feed.bulk else 0
    new = plan_spans(run, feed, created_spans(run, feed, rest), levels)
    created = [*left, *(Piece(span, plan) for span, plan in new)]
    first = [*changes, *created[:room]]
    try:
        first = with_reports(run, feed, first)
    except BadRequest as error:  # each report is requested separately later
        run.log.warning("seller %s: Amazon rejected a report request for %s: %s", run.who, feed.name, error)
    return [*first, *created[room:]]


def plan_changes(run: SellerRun, feed: Feed, levels: BucketLevels, followed: Sequence[Market] = ()) -> list[Piece]:
    """Plan the spans of the change stream, oldest first; a report of an earlier run may replace the first ones.

    Args:
        run: The seller's run.
        feed: The feed.
        levels: The seller's token buckets.
        followed: Marketplaces whose changes the run has followed already.
    """
    pieces: list[Piece] = []
    for spans in changed_spans(run, feed, followed):
        pieces += _with_left_behind(run, feed, spans, levels)
    return pieces


def _with_left_behind(run: SellerRun, feed: Feed, spans: Sequence[Span], levels: BucketLevels) -> list[Piece]:
    fresh = [Piece(span, plan) for span, plan in plan_spans(run, feed, spans, levels)]
    first = fresh[0]
    if not first.plan or first.plan.source == "pages":
        return fresh
    mark, pages = first.span.start + feed.overlap, first.plan.predictions["pages"].seconds
    for piece in _left_behind(run, feed, "updated"):
        if not piece.span.start <= mark < piece.span.end or piece.span.markets != first.span.markets:
            continue
        if (
            piece.job and piece.job.is_live and pages < run.options.patience
        ):  # an earlier run already waited for it without success
            return [replace(first, plan=first.plan.forced("pages", f"{piece.job} is late")), *fresh[1:]]
        windows = split_windows(piece.span.end - feed.overlap, fresh[-1].span.end)
        rest = [Span("updated", *window, first.span.markets) for window in windows]
        return [piece, *(Piece(span, plan) for span, plan in plan_spans(run, feed, rest, levels))]
    return fresh


def with_reports(run: SellerRun, feed: Feed, pieces: Sequence[Piece]) -> list[Piece]:
    """Request the missing reports, and return all pieces with their jobs."""
    lacking = [piece for piece in pieces if piece.job is None and piece.plan and piece.plan.source == "report"]
    if not lacking or feed.bulk is None:
        return list(pieces)
    types = feed.bulk.types
    requests = [
        JobRequest(types[span.kind], span.start, span.end, None, span.marketplace_ids)
        for span in (piece.span for piece in lacking)
    ]
    markets = [market for piece in lacking for market in piece.span.markets]
    oldest = oldest_usable(run, feed, markets)
    jobs = request_jobs(run.client(), run.jobs, JOB_API, requests, not_older_than=oldest)
    by_span = dict(zip((piece.span for piece in lacking), jobs, strict=True))
    return [replace(piece, job=by_span.get(piece.span, piece.job)) for piece in pieces]


def with_accepted_reports(
    run: SellerRun, feed: Feed, pieces: Sequence[Piece], failures: list[SpApiError]
) -> list[Piece]:
    """Like `with_reports`, but leave out pieces whose report Amazon rejects, and collect the errors."""
    try:
        return with_reports(run, feed, pieces)
    except BadRequest:  # one of the requests is wrong: send each separately
        accepted = []
        for piece in pieces:
            try:
                accepted += with_reports(run, feed, [piece])
            except BadRequest as error:
                failures.append(error)
        return accepted


def oldest_usable(run: SellerRun, feed: Feed, markets: Sequence[Market]) -> datetime | None:
    """Return the earliest creation time of a usable report; an older one would miss changes before the stream began.

    Returns:
        None before the first load, which starts the stream.
    """
    if run.refetch:
        return run.client().server_now() - timedelta(seconds=1)
    began = [first_load_started(run.pool, market.scope, feed.name) for market in dict.fromkeys(markets)]
    return max((moment - feed.overlap for moment in began if moment), default=None)


def _left_behind(run: SellerRun, feed: Feed, kind: Kind) -> list[Piece]:
    """Reports that an earlier run left, if they are recent enough for the change stream."""
    if feed.bulk is None:
        return []
    known = {market.id: market for market in run.markets}
    oldest = oldest_usable(run, feed, run.markets)
    pieces = []
    for job in unfinished(run, JOB_API, [feed.bulk.types[kind]], not_older_than=oldest):
        start, end, ids = job.request.start, job.request.end, job.request.marketplace_ids
        if start is not None and end is not None and ids and set(ids) <= known.keys():
            markets = tuple(market for market in run.markets if market.id in ids)
            pieces.append(Piece(Span(kind, start, end, markets), None, job))
    return pieces


def _places(days: Mapping[Market, Sequence[date]]) -> list[tuple[Market, date]]:
    return [(market, day) for market, some in days.items() for day in some]


def _covers(span: Span, market: Market, day: date) -> bool:
    """Whether a span contains a local day; in a live market it may end during the day, as changes add the rest."""
    if market not in span.markets:
        return False
    start, end = market.bounds(day, day)
    return span.start <= start and (end <= span.end or (market.is_live and start < span.end))
