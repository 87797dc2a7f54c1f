"""Predicts what the spans of a change feed cost, and chooses the source that returns their records soonest."""

from collections.abc import Sequence

from xpert_pipeline.postgres.coverage import latest_detail
from xpert_pipeline.sources.change_spans import NOT_TRUSTED, Feed
from xpert_pipeline.sources.expected_records import expected_records
from xpert_pipeline.sources.jobs import why_unreadable
from xpert_pipeline.sources.run import SellerRun
from xpert_pipeline.sources.windows import Span
from xpert_pipeline.spapi.jobs.api import JobRequest
from xpert_pipeline.spapi.jobs.report_api import ReportApi
from xpert_pipeline.spapi.planning.planner import BucketLevels, plan_records
from xpert_pipeline.spapi.planning.source_choice import SourcePlan
from xpert_pipeline.spapi.quota import usage_plans


def plan_spans(
    run: SellerRun, feed: Feed, spans: Sequence[Span], levels: BucketLevels
) -> list[tuple[Span, SourcePlan]]:
    """Predict the time of each possible source for each span, and choose the fastest.

    Args:
        run: The seller's run.
        feed: The feed.
        spans: The spans, in the order in which they are requested.
        levels: The seller's token buckets, which other spans and streams use as well.
    """
    return [(span, _plan(run, feed, span, levels)) for span in spans]


def _plan(run: SellerRun, feed: Feed, span: Span, levels: BucketLevels) -> SourcePlan:
    report_type = feed.bulk.types[span.kind] if feed.bulk else None
    plan = plan_records(
        levels,
        expected_records(run, feed, span),
        operation=feed.operation,
        page_size=usage_plans.page(feed.operation),
        days=span.days,
        generation_seconds=run.jobs.generation_seconds("report", report_type) if report_type else None,
        report_type=report_type,
        pages_because=_why_not_report(run, feed, span),
    )
    run.log.info("seller %s, %s %s: %s", run.who, feed.name, span, plan.why)
    return plan


def _why_not_report(run: SellerRun, feed: Feed, span: Span) -> str | None:
    if feed.bulk is None:
        return "there is no report for it"
    trust = feed.bulk.trust
    if latest_detail(run.pool, span.markets[0].scope, feed.name, trust.detail) == NOT_TRUSTED:
        return f"the {trust.what} in the report differ from those of {feed.operation}"
    request = JobRequest(feed.bulk.types[span.kind], span.start, span.end, None, span.marketplace_ids)
    return why_unreadable(run, ReportApi(), request)
