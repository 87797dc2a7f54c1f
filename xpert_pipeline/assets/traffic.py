"""traffic_daily: how often each child ASIN was looked at per marketplace-local day, and what came of it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import partial

import dagster as dg

from xpert_pipeline.assets.kiosk_sync import sync_windows
from xpert_pipeline.assets.kiosk_windows import DESK, Window, open_days, plan_windows, to_read
from xpert_pipeline.assets.run_start import LATER, Later, RunStart
from xpert_pipeline.assets.seller_run import RefetchConfig, SellerRun, run_sellers
from xpert_pipeline.assets.traffic_rows import parse_traffic
from xpert_pipeline.partitions import contiguous
from xpert_pipeline.postgres.pool import tenant
from xpert_pipeline.progress import step
from xpert_pipeline.resources.postgres import PostgresResource
from xpert_pipeline.resources.spapi import SpApiResource
from xpert_pipeline.spapi.jobs.api import JobRequest
from xpert_pipeline.spapi.jobs.job import GIVEN_UP_AFTER
from xpert_pipeline.spapi.jobs.kiosk_queries import (
    ASINS_PER_QUERY,
    OLDEST,
    TRAFFIC,
    asins_of,
    days_of,
    is_asin,
    plan_traffic,
    traffic_by_asin,
    traffic_trends,
)
from xpert_pipeline.tables.traffic import TRAFFIC_DAILY
from xpert_pipeline.tables.validation import chunks
from xpert_pipeline.wording import counted

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
  union all
  select asin, created_at from economics_daily
  where (seller_id, marketplace_id) = (%(seller_id)s, %(marketplace_id)s)
    and business_date between %(first)s and %(last)s
) as known
where asin is not null
group by asin
order by min(created_at), asin
"""
"""Listed, sold or charged for in the window, or with traffic in it that is to be read again. In the order in which they
became known, so that a new one changes no query but the last."""


@dg.asset(
    deps=["products"],
    group_name="sales",
    kinds={"spapi", "postgres"},
    backfill_policy=dg.BackfillPolicy.single_run(),
    op_tags={"dagster/priority": "-1"},
)
def traffic_daily(
    context: dg.AssetExecutionContext,
    config: RefetchConfig,
    postgres: PostgresResource,
    sp_api: SpApiResource,
    run_start: dg.ResourceParam[RunStart],
) -> Iterator[dg.MaterializeResult]:
    """One row per child ASIN and day with sales or traffic: sessions, page views, buy box and conversion in percent.

    Partition D holds the day D; Amazon restates a day for about two weeks, so a live run reads the last 14 days again,
    each as a whole. Source: Data Kiosk sales and traffic 2024-04-24, as trends of 30 ASINs or by ASIN for a day each,
    whichever needs fewer queries; how many ASINs were asked for stands in `loads.details`.
    """
    work = partial(_sync, start=run_start)
    yield from run_sellers(context, postgres, sp_api, (TRAFFIC_DAILY.name,), work, refetch=config.refetch)


def prepare_traffic(run: SellerRun) -> list[Window] | Later:
    """Plan what the run needs and ask for the queries; later, while the run's own listings have to tell the ASINs.

    Queries that an earlier run asked for are taken up first.
    """
    windows = _planned(run)
    return LATER if not windows and "products" in run.steps else windows


def traffic_windows(run: SellerRun) -> list[Window]:
    """What the run would ask for, as far as ASINs are known; nothing is asked."""
    return _windows(run, open_days(run, TRAFFIC_DAILY))


def _planned(run: SellerRun) -> list[Window]:
    return plan_windows(run, TRAFFIC_DAILY, partial(_windows, run))


def _sync(run: SellerRun, start: RunStart) -> None:
    planned = start.take(run, TRAFFIC_DAILY.name) or _planned(run)
    windows = [_with_new_asins(run, window) for window in planned]
    queries, days = sum(len(window.requests) for window in windows), sum(len(window.days) for window in windows)
    step(f"{run.seller.amazon_seller_id}: traffic: {to_read(days, queries)}")
    if not windows and open_days(run, TRAFFIC_DAILY):
        run.reason = "no ASIN is known yet, so there was none to ask for: load products first"
    sync_windows(run, TRAFFIC_DAILY, windows, parse_traffic)


def _windows(run: SellerRun, days: Sequence[date]) -> list[Window]:
    """For days without a gap one window of trends, or one of all ASINs for each; newest first.

    Windows that an earlier run has left behind are taken up as they are.
    """
    windows = [] if run.refetch else _left_behind(run, days)
    taken = {day for window in windows for day in window.days}
    for first, last in contiguous(set(days) - taken, OLDEST.days):
        asins = _known_asins(run, first, last)
        some = tuple(first + timedelta(days=n) for n in range((last - first).days + 1))
        if asins and plan_traffic(len(asins), len(some)).source == "trends":
            windows.append(Window(some, _trends(run, asins, some), asins=frozenset(asins)))
        elif asins:
            windows += [Window((day,), (_by_asin(run, day),)) for day in reversed(some)]
    return sorted(windows, key=lambda window: window.days[0], reverse=True)


def _left_behind(run: SellerRun, days: Sequence[date]) -> list[Window]:
    """Windows of these days, among others, of which queries are still being made or were not collected."""
    asked: dict[tuple[date, ...], list[JobRequest]] = {}
    for work in run.book().unfinished(DESK.kind, [TRAFFIC], GIVEN_UP_AFTER):
        asked.setdefault(tuple(days_of(work.request)), []).append(work.request)
    found: list[Window] = []
    for some, requests in asked.items():
        taken = {day for window in found for day in window.days}
        if set(days).intersection(some) and not taken.intersection(some):
            try:
                found += _taken_up(run, some, requests)
            except ValueError:  # days that Data Kiosk has no more
                continue
    return found


def _taken_up(run: SellerRun, days: tuple[date, ...], asked: Sequence[JobRequest]) -> list[Window]:
    """The window whose queries, newest first, were left behind, and queries for the ASINs that none of them is about.

    There is none if no query is as it would be asked now: a later page, say, is not.
    """
    if len(days) == 1 and (whole := _by_asin(run, days[0])) in asked:
        return [Window(days, (whole,))]
    asins: set[str] = set()
    requests: list[JobRequest] = []
    for request in asked:
        some = _asins_of(run, request)
        if some and not asins.intersection(some) and _trends(run, some, days) == (request,):
            requests.append(request)
            asins.update(some)
    if not requests:
        return []
    return [_with_new_asins(run, Window(days, tuple(requests), asins=frozenset(asins)))]


def _asins_of(run: SellerRun, request: JobRequest) -> list[str]:
    """The ASINs that a query of trends is about."""
    return asins_of(request).get(run.marketplace_id, [])


def _with_new_asins(run: SellerRun, window: Window) -> Window:
    """The window, and queries for ASINs that have become known since it was planned."""
    if window.asins is None:
        return window
    new = [asin for asin in _known_asins(run, window.days[0], window.days[-1]) if asin not in window.asins]
    requests = (*window.requests, *_trends(run, new, window.days))
    return replace(window, requests=requests, asins=window.asins.union(new))


def _by_asin(run: SellerRun, day: date) -> JobRequest:
    return traffic_by_asin([run.marketplace_id], day, yesterday=run.today - timedelta(days=1))


def _trends(run: SellerRun, asins: Sequence[str], days: Sequence[date]) -> tuple[JobRequest, ...]:
    yesterday = run.today - timedelta(days=1)
    return tuple(
        traffic_trends({run.marketplace_id: some}, days[0], days[-1], yesterday=yesterday)
        for some in chunks(asins, ASINS_PER_QUERY)
    )


def _known_asins(run: SellerRun, first: date, last: date) -> list[str]:
    """ASINs in the order in which they became known; what cannot be one is left out with a word."""
    given = {"seller_id": run.seller.id, "marketplace_id": run.marketplace_id, "first": first, "last": last}
    with tenant(run.pool, run.seller.id) as connection:
        known = [asin for (asin,) in connection.execute(ASINS, given).fetchall()]
    asins = [asin for asin in known if is_asin(asin)]
    if odd := len(known) - len(asins):
        run.log.warning(
            "seller %s: %s no ASIN, though in the place of one: not asked for",
            run.seller.amazon_seller_id,
            counted(odd, "text is", "texts are"),
        )
    return asins
