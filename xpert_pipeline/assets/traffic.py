"""traffic_daily: how often each child ASIN was looked at per marketplace-local day, and what came of it."""

from collections.abc import Iterator
from datetime import date, timedelta

import dagster as dg

from xpert_pipeline.assets.kiosk_sync import DESK, Window, days_to_ask, sync_windows
from xpert_pipeline.assets.seller_run import RefetchConfig, SellerRun, run_sellers
from xpert_pipeline.assets.traffic_rows import parse_traffic
from xpert_pipeline.partitions import contiguous
from xpert_pipeline.postgres.pool import tenant
from xpert_pipeline.progress import step
from xpert_pipeline.resources.postgres import PostgresResource
from xpert_pipeline.resources.spapi import SpApiResource
from xpert_pipeline.spapi.desks import Desk, ReportRequest
from xpert_pipeline.spapi.kiosk_queries import (
    ASINS_PER_QUERY,
    OLDEST,
    is_asin,
    plan_traffic,
    traffic_by_asin,
    traffic_trends,
)
from xpert_pipeline.tables.traffic import TRAFFIC_DAILY
from xpert_pipeline.tables.validation import chunks

ASINS = """
select asin
from (
  select asin, created_at from products where (seller_id, marketplace_id) = (%(seller_id)s, %(marketplace_id)s)
  union all
  select asin, created_at from order_items
  where (seller_id, marketplace_id) = (%(seller_id)s, %(marketplace_id)s) and order_date between %(first)s and %(last)s
  union all
  select asin, created_at from traffic_daily
  where (seller_id, marketplace_id) = (%(seller_id)s, %(marketplace_id)s)
    and business_date between %(first)s and %(last)s
) as known
where asin is not null
group by asin
order by min(created_at), asin
"""
"""Listed, sold in the window, or with traffic in it that is to be read again. In the order in which they became known,
so that a new one changes no query but the last."""


@dg.asset(
    deps=["products"],
    group_name="sales",
    kinds={"spapi", "postgres"},
    backfill_policy=dg.BackfillPolicy.single_run(),
    op_tags={"dagster/priority": "-1"},
)
def traffic_daily(
    context: dg.AssetExecutionContext, config: RefetchConfig, postgres: PostgresResource, sp_api: SpApiResource
) -> Iterator[dg.MaterializeResult]:
    """One row per child ASIN and day with sales or traffic: sessions, page views, buy box and conversion in percent.

    Partition D holds the day D; Amazon restates a day for about two weeks, so a live run reads the last 14 days again,
    each as a whole. Source: Data Kiosk sales and traffic 2024-04-24, as trends of 30 ASINs or by ASIN for a day each,
    whichever needs fewer queries; how many ASINs were asked for stands in `loads.details`.
    """
    yield from run_sellers(context, postgres, sp_api, (TRAFFIC_DAILY.name,), _sync, refetch=config.refetch)


def requests_of(run: SellerRun) -> list[tuple[Desk, list[ReportRequest]]]:
    """The queries that the asset will ask for, as far as ASINs are known when the run starts."""
    return [(DESK, [request for window in _windows(run) for request in window.requests])]


def _sync(run: SellerRun) -> None:
    windows = _windows(run)
    queries = sum(len(window.requests) for window in windows)
    days = sum(len(window.days) for window in windows)
    step(f"{run.seller.amazon_seller_id}: traffic: {days} days to read by {queries} queries")
    if not windows and days_to_ask(run, TRAFFIC_DAILY):
        run.reason = "no ASIN is known yet, so there was none to ask for: load products first"
    sync_windows(run, TRAFFIC_DAILY, windows, parse_traffic)


def _windows(run: SellerRun) -> list[Window]:
    windows: list[Window] = []
    for first, last in contiguous(days_to_ask(run, TRAFFIC_DAILY), OLDEST.days):
        windows += _windows_of(run, first, last)
    return windows


def _windows_of(run: SellerRun, first: date, last: date) -> list[Window]:
    """One window of trends, or one a day; newest first."""
    known = _known_asins(run, first, last)
    asins = [asin for asin in known if is_asin(asin)]
    if len(known) > len(asins):
        run.log.warning(
            "seller %s: %d ASINs of its listings are none and have no traffic",
            run.seller.amazon_seller_id,
            len(known) - len(asins),
        )
    if not asins:
        return []
    days = tuple(first + timedelta(days=n) for n in range((last - first).days + 1))
    yesterday = run.today - timedelta(days=1)
    plan = plan_traffic(len(asins), len(days))
    if plan.source == "by_asin":
        return [
            Window((day,), (traffic_by_asin(run.marketplace_id, day, yesterday=yesterday),), {"asins": "all"})
            for day in reversed(days)
        ]
    queries = [
        traffic_trends(run.marketplace_id, some, first, last, yesterday=yesterday)
        for some in chunks(asins, ASINS_PER_QUERY)
    ]
    return [Window(days, tuple(queries), {"asins": len(asins)})]


def _known_asins(run: SellerRun, first: date, last: date) -> list[str]:
    given = {"seller_id": run.seller.id, "marketplace_id": run.marketplace_id, "first": first, "last": last}
    with tenant(run.pool, run.seller.id) as connection:
        return [asin for (asin,) in connection.execute(ASINS, given).fetchall()]
