"""Fills columns that a report lacks: records that came with it are read again by pages, newest first.

This is the last thing a live run does with a feed. It spends only requests that nothing else needs now, so it never
waits for quota and leaves enough for the next runs. What it does not reach is left to the next run: the rows themselves
show where to continue.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from xpert_pipeline.postgres.lacking_rows import newest_lacking
from xpert_pipeline.sources.change_spans import Feed
from xpert_pipeline.sources.run import Market, SellerRun
from xpert_pipeline.sources.windows import Span
from xpert_pipeline.spapi.planning.planner import BucketLevel, predict_pages
from xpert_pipeline.spapi.planning.source_choice import ExpectedRecords, SourcePlan, choose
from xpert_pipeline.spapi.quota import usage_plans

KEPT = 0.5
"""Share of the bucket that is left for live work, such as the changes of the next hours."""
PURPOSE = "filling what the bulk report lacks"


@dataclass(frozen=True)
class Filling:
    """A span to read again, and the plan for it."""

    span: Span
    plan: SourcePlan


def plan_filling(run: SellerRun, feed: Feed, level: BucketLevel) -> Filling | None:
    """Return the newest span with records that lack columns, as long as spare requests allow; None if there is none.

    Args:
        run: The seller's run.
        feed: The feed.
        level: The bucket of the feed's operation, after the live work.
    """
    if not run.is_live or feed.bulk is None or feed.bulk.created is None:
        return None
    spare = min(run.options.fill_pages, int(level.level - KEPT * usage_plans.plan(feed.operation).burst))
    if spare < 1:
        return None
    groups = [run.markets] if feed.together else [(market,) for market in run.markets]
    found = [filling for markets in groups if (filling := _newest(run, feed, markets, spare, level))]
    return max(found, key=lambda filling: filling.span.end, default=None)


def _newest(run: SellerRun, feed: Feed, markets: Sequence[Market], pages: int, level: BucketLevel) -> Filling | None:
    assert feed.bulk is not None
    assert feed.bulk.created is not None
    page_size = usage_plans.page(feed.operation)
    lacking = newest_lacking(
        run.pool,
        seller_id=run.seller.id,
        marketplace_ids=[market.id for market in markets],
        table=feed.tables[0],
        created=feed.bulk.created,
        sources=list(feed.bulk.types.values()),
        operation=feed.operation,
        latest=run.client().server_now() - feed.settling - timedelta(seconds=1),
        most=pages * page_size,
    )
    if lacking is None:
        return None
    span = Span("created", lacking.oldest, lacking.newest + timedelta(seconds=1), tuple(markets))
    noun = feed.noun if lacking.rows == 1 else f"{feed.noun}s"
    known = f"{lacking.lacking:,} of these {noun} came with a report, which lacks columns"
    expected = ExpectedRecords(lacking.rows, known, feed.noun)
    prediction = predict_pages(lacking.rows, level, operation=feed.operation, page_size=page_size)
    plan = choose({"pages": prediction}, expected, span.days, operation=feed.operation)
    return Filling(span, replace(plan, purpose=PURPOSE))
