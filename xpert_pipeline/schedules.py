"""The daily schedule. The ledger decides which days are read, so a daemon that was off for a week catches up."""

from collections.abc import Iterator
from datetime import date, timedelta

import dagster as dg
from psycopg_pool import ConnectionPool

from xpert_pipeline.assets.registry import SOURCES
from xpert_pipeline.partitions import local_today, range_tags
from xpert_pipeline.postgres.coverage import covered_days
from xpert_pipeline.postgres.sellers import Seller
from xpert_pipeline.resources.postgres import PostgresResource
from xpert_pipeline.sources.run import scopes_of, today_of

LOOK_BACK = 30


def days_to_sync(pool: ConnectionPool, seller: Seller, start: date, newest: date) -> list[date]:
    """Return the days from the first incomplete one, at most 30 days back, to today.

    A day is complete if every source that sets the daily range has loaded it in every marketplace. Today is the latest
    local day of the seller's marketplaces that has a partition.

    Args:
        pool: The pipeline's database.
        seller: The seller.
        start: First day of the partitions.
        newest: Last day of the partitions.
    """
    today = min(today_of(seller), newest)
    first = max(start, today - timedelta(days=LOOK_BACK - 1))
    days = [first + timedelta(days=n) for n in range((today - first).days + 1)]
    open_days = {
        day
        for source in SOURCES
        if source.sets_daily_range
        for scope in scopes_of(seller)
        for day in set(days) - covered_days(pool, scope, source.tables[0].name, days)
    }
    return [day for day in days if day >= min([*open_days, today])]


def build_daily_schedule(job_name: str, start: date, timezone: str, *, is_sandbox: bool) -> dg.ScheduleDefinition:
    """Return the schedule that starts one run per active seller at 02:00 UTC.

    Args:
        job_name: The job.
        start: First day of the partitions.
        timezone: Time zone of the partitions.
        is_sandbox: Whether the sandbox replaces Amazon. If so, only its sellers are synced; otherwise only real ones.
    """

    @dg.schedule(
        job_name=job_name,
        cron_schedule="0 2 * * *",
        execution_timezone="UTC",
        name="daily_sync",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Loads, once a day and for each active seller, the days that are not complete yet, and the present "
        "state of listings and stock.",
    )
    def daily_sync(context: dg.ScheduleEvaluationContext, postgres: PostgresResource) -> Iterator[dg.RunRequest]:
        tick = context.scheduled_execution_time
        for seller in (seller for seller in postgres.sellers.active() if seller.is_sandbox == is_sandbox):
            days = days_to_sync(postgres.pool, seller, start, local_today(timezone))
            yield dg.RunRequest(
                run_key=f"{seller.amazon_seller_id}:{tick:%Y-%m-%d}",
                tags=range_tags(days, seller.amazon_seller_id, seller.name),
            )

    return daily_sync
