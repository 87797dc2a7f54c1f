"""economics_daily: what each SKU sold, cost and brought in per marketplace-local day, as Amazon states it."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import partial

import dagster as dg

from xpert_pipeline.assets.economics_rows import parse_economics
from xpert_pipeline.assets.kiosk_sync import sync_windows
from xpert_pipeline.assets.kiosk_windows import DESK, Window, open_days, plan_windows, to_read
from xpert_pipeline.assets.run_start import RunStart
from xpert_pipeline.assets.seller_run import RefetchConfig, SellerRun, run_sellers
from xpert_pipeline.partitions import contiguous
from xpert_pipeline.progress import step
from xpert_pipeline.resources.postgres import PostgresResource
from xpert_pipeline.resources.spapi import SpApiResource
from xpert_pipeline.spapi.jobs.api import JobRequest
from xpert_pipeline.spapi.jobs.job import GIVEN_UP_AFTER
from xpert_pipeline.spapi.jobs.kiosk_queries import ECONOMICS, days_of, economics
from xpert_pipeline.tables.economics import ECONOMICS_DAILY

DAYS_PER_QUERY = 60


@dg.asset(
    group_name="finance",
    kinds={"spapi", "postgres"},
    backfill_policy=dg.BackfillPolicy.single_run(),
    op_tags={"dagster/priority": "-1"},
)
def economics_daily(
    context: dg.AssetExecutionContext,
    config: RefetchConfig,
    postgres: PostgresResource,
    sp_api: SpApiResource,
    run_start: dg.ResourceParam[RunStart],
) -> Iterator[dg.MaterializeResult]:
    """One row per SKU and day that sold or cost something: units, sales, fees, advertising charges, net proceeds.

    Amounts are Amazon's, in one currency a row. Partition D holds the day D; Amazon restates a day for about two weeks,
    so a live run reads the last 14 days again, each as a whole. Source: Data Kiosk economics 2024-03-15, MSKU and DAY.
    """
    work = partial(_sync, start=run_start)
    yield from run_sellers(context, postgres, sp_api, (ECONOMICS_DAILY.name,), work, refetch=config.refetch)


def prepare_economics(run: SellerRun) -> list[Window]:
    """Plan what the run needs and ask for the queries; those that an earlier run asked for are taken up first."""
    return plan_windows(run, ECONOMICS_DAILY, partial(_windows, run))


def economics_windows(run: SellerRun) -> list[Window]:
    """What the run would ask for; nothing is asked."""
    return _windows(run, open_days(run, ECONOMICS_DAILY))


def _sync(run: SellerRun, start: RunStart) -> None:
    windows: list[Window] = start.take(run, ECONOMICS_DAILY.name)
    days = sum(len(window.days) for window in windows)
    step(f"{run.seller.amazon_seller_id}: economics: {to_read(days, len(windows))}")
    sync_windows(run, ECONOMICS_DAILY, windows, parse_economics)


def _windows(run: SellerRun, days: Sequence[date]) -> list[Window]:
    """At most 60 days a query, newest first; queries that an earlier run has left behind are taken up as they are."""
    left = [] if run.refetch else _left_behind(run, days)
    taken = {day for request in left for day in days_of(request)}
    new = [_query(run, first, last) for first, last in contiguous(set(days) - taken, DAYS_PER_QUERY)]
    requests = sorted([*left, *new], key=lambda request: days_of(request)[0], reverse=True)
    return [Window(tuple(days_of(request)), (request,)) for request in requests]


def _left_behind(run: SellerRun, days: Sequence[date]) -> list[JobRequest]:
    """Queries of these days, among others, that are still being made or were not collected."""
    asked_for = set(days)
    found: list[JobRequest] = []
    for work in run.book().unfinished(DESK.kind, [ECONOMICS], GIVEN_UP_AFTER):
        asked = days_of(work.request)
        try:
            is_ours = work.request == _query(run, asked[0], asked[-1])  # no later page, and the text of today
        except ValueError:
            continue
        if (
            is_ours
            and asked_for.intersection(asked)
            and not {day for each in found for day in days_of(each)} & set(asked)
        ):
            found.append(work.request)
    return found


def _query(run: SellerRun, first: date, last: date) -> JobRequest:
    return economics([run.marketplace_id], first, last, yesterday=run.today - timedelta(days=1))
