"""Estimates how many records a span of a change feed contains, and says what the estimate is based on.

In this order: earlier changes, for a span of changes; Amazon's own count; the records of another feed that these
follow; earlier days; a guess. Only planning uses the number, so a run goes on without Amazon's answer.
"""

from datetime import datetime, timedelta

from xpert_pipeline.postgres.coverage import covered_days, records_per_day
from xpert_pipeline.postgres.record_counts import count_records, newest_day
from xpert_pipeline.sources.aids import ask_for_help
from xpert_pipeline.sources.change_spans import CountRecords, Feed, Following
from xpert_pipeline.sources.run import Market, SellerRun
from xpert_pipeline.sources.windows import Kind, Span
from xpert_pipeline.spapi.planning.source_choice import ExpectedRecords
from xpert_pipeline.tables.contract import Table

GUESS_PER_DAY = 100
UPDATES_PER_RECORD = 3
LEARNT_FROM = timedelta(days=7)
"""The length of the newest loaded days that tell how many records follow each record of another feed."""


def expected_records(run: SellerRun, feed: Feed, span: Span) -> ExpectedRecords:
    """Estimate how many records a span contains.

    Args:
        run: The seller's run.
        feed: The feed.
        span: Part of its changes, or of its records by creation date.
    """
    daily = _from_ledger(run, feed, span, "updated") if span.kind == "updated" else None
    if daily is not None:
        return ExpectedRecords(daily * span.days, "by the ledger's earlier changes", feed.noun)
    factor, start = 1.0, span.start
    if span.kind == "updated":
        factor, start = UPDATES_PER_RECORD, span.start - timedelta(days=1)
    count = _amazons_count(run, feed.count_created, span, start)
    if count is not None and feed.count_created is not None:
        share = span.days / max(span.days, (span.end - start) / timedelta(days=1))
        known = f"by {feed.count_created[1]}" if factor == 1 else None
        return ExpectedRecords(count * factor * share, known, feed.noun)
    if feed.following and (followers := _followers(run, feed, feed.following, span)):
        return followers
    daily = _from_ledger(run, feed, span, "created")
    if daily is not None:
        return ExpectedRecords(daily * span.days * factor, "by the ledger's earlier days", feed.noun)
    asked = feed.count_created or (feed.following and feed.following.count)
    lacks = f"{asked[1]} are not available" if asked and asked[1] in run.unanswered else ""
    return ExpectedRecords(GUESS_PER_DAY * span.days * factor * len(span.markets), None, feed.noun, lacks)


def _amazons_count(
    run: SellerRun, question: tuple[CountRecords, str] | None, span: Span, start: datetime
) -> int | None:
    """Amazon's count of records; None if there is none."""
    if question is None:
        return None
    count, name = question
    return ask_for_help(
        run, name, lambda: sum(count(run.client(), market.id, start, span.end) for market in span.markets)
    )


def _followers(run: SellerRun, feed: Feed, following: Following, span: Span) -> ExpectedRecords | None:
    """An estimate by the records that these follow: those in their table if it has the days, else Amazon's count.

    None for a span of today alone, for which the time hardly matters: Amazon's count would cost a call of every sync.
    """
    if all(span.local_days[0] > market.yesterday for market in span.markets):
        return None
    loaded = [_loaded(run, market, following.table, span) for market in span.markets]
    known = [count for count in loaded if count is not None]
    if len(known) == len(loaded):
        others, source = sum(known), f"the {following.noun}s of these days"
    else:
        count = _amazons_count(run, following.count, span, span.start)
        if count is None:
            return None
        others, source = count, following.count[1]
    learnt = _learnt_ratio(run, feed.tables[0], following, span)
    how = "as on earlier days" if learnt else "as is usual"
    ratio = learnt or following.usual
    return ExpectedRecords(others * ratio, f"{ratio:.1f} for each {following.noun} {how}, by {source}", feed.noun)


def _loaded(run: SellerRun, market: Market, table: Table, span: Span) -> int | None:
    """How many records a table has of the span's days; None if it lacks a day that has ended."""
    first, last = span.local_days
    ended = [first + timedelta(days=n) for n in range((min(last, market.yesterday) - first).days + 1)]
    if not ended or covered_days(run.pool, market.scope, table.name, ended) < set(ended):
        return None
    return count_records(run.pool, market.scope, table, first, last)


def _learnt_ratio(run: SellerRun, table: Table, following: Following, span: Span) -> float | None:
    """How many records came after each of the others in the newest loaded days; None if a table has none of them."""
    records = others = 0
    for market in span.markets:
        newest = newest_day(run.pool, market.scope, table)
        if newest is not None:
            days = (newest - LEARNT_FROM + timedelta(days=1), newest)
            records += count_records(run.pool, market.scope, table, *days)
            others += count_records(run.pool, market.scope, following.table, *days)
    return records / others if records and others else None


def _from_ledger(run: SellerRun, feed: Feed, span: Span, kind: Kind) -> float | None:
    """Average records per day in earlier loads; None if a marketplace has no such loads."""
    daily = [records_per_day(run.pool, market.scope, feed.name, kind) for market in span.markets]
    known = [figure for figure in daily if figure is not None]
    return sum(known) if len(known) == len(daily) else None
