"""The daily schedule. The ledger decides which days are read, so a daemon that was off for a week catches up."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import dagster as dg
from psycopg_pool import ConnectionPool

from xpert_pipeline.assets.registry import SOURCES
from xpert_pipeline.partitions import days_of_run, local_today, range_tags, sellers_of_run
from xpert_pipeline.postgres.coverage import covered_days
from xpert_pipeline.postgres.sellers import Seller
from xpert_pipeline.resources.postgres import PostgresResource
from xpert_pipeline.sources.run import scopes_of, today_of
from xpert_pipeline.spapi.marketplaces import by_id

LOOK_BACK = 30
TICKS = "*/30 * * * *"
"""When the schedule looks whose hour has come. Time zones differ by half hours."""
LOOKED_AT = timedelta(hours=26)
"""Longer than any day: the latest slot of a seller is within it."""


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
        for scope in scopes_of(seller, source.marketplaces)
        for day in set(days) - covered_days(pool, scope, source.tables[0].name, days)
    }
    return [day for day in days if day >= min([*open_days, today])]


def last_slot(seller: Seller, now: datetime) -> datetime:
    """Return the latest moment, not after `now`, at which the seller's daily sync had to start."""
    local = now.astimezone(ZoneInfo(seller.sync_timezone))
    slot = local.replace(hour=seller.sync_hour, minute=0, second=0, microsecond=0)
    today, yesterday = slot.astimezone(UTC), (slot - timedelta(days=1)).astimezone(UTC)
    return today if today <= now else yesterday


def sellers_due(sellers: Sequence[Seller], runs: Sequence[dg.RunRecord], now: datetime, timezone: str) -> list[Seller]:
    """Return the sellers without a sync since their latest slot.

    Args:
        sellers: The active sellers.
        runs: Runs of the job over all tables. One that was created after the slot and reaches the day of the slot
            serves it, whoever started it and however it ended: Dagster retries failed runs itself.
        now: The time of the tick.
        timezone: Time zone of the partitions.
    """
    return [
        seller for seller in sellers if not any(_serves(run, seller, last_slot(seller, now), timezone) for run in runs)
    ]


def _serves(record: dg.RunRecord, seller: Seller, slot: datetime, timezone: str) -> bool:
    run = record.dagster_run
    if run.asset_selection and not run.tags.get("dagster/schedule_name"):
        return False  # only some tables, chosen by hand
    zones = [by_id(marketplace_id).timezone for marketplace_id in seller.marketplace_ids]
    today = max(slot.astimezone(ZoneInfo(zone)).date() for zone in zones)
    newest = slot.astimezone(ZoneInfo(timezone)).date()
    return (
        record.create_timestamp >= slot
        and seller.amazon_seller_id in sellers_of_run(run.tags)
        and max(days_of_run(run.tags), default=date.min) >= min(today, newest)
    )


def build_daily_schedule(job_name: str, start: date, timezone: str, *, is_sandbox: bool) -> dg.ScheduleDefinition:
    """Return the schedule that starts one run a day for each active seller, at the seller's own hour.

    A new seller, and one whose hour passed while the daemon was off, is due at the next tick.

    Args:
        job_name: The job.
        start: First day of the partitions.
        timezone: Time zone of the partitions.
        is_sandbox: Whether the sandbox replaces Amazon. If so, only its sellers are synced; otherwise only real ones.
    """

    @dg.schedule(
        job_name=job_name,
        cron_schedule=TICKS,
        execution_timezone="UTC",
        name="daily_sync",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Loads, once a day and for each active seller, the days that are not complete yet, and the present "
        "state of listings and stock: at the seller's own hour, by default 02:00 in its marketplace (`xpert sellers "
        "schedule` changes it). It looks every 30 minutes whose hour has come.",
    )
    def daily_sync(
        context: dg.ScheduleEvaluationContext, postgres: PostgresResource
    ) -> Iterator[dg.RunRequest | dg.SkipReason]:
        tick = context.scheduled_execution_time
        sellers = [seller for seller in postgres.sellers.active() if seller.is_sandbox == is_sandbox]
        lately = dg.RunsFilter(job_name=job_name, created_after=tick - LOOKED_AT)
        due = sellers_due(sellers, context.instance.get_run_records(lately), tick, timezone)
        for seller in due:
            days = days_to_sync(postgres.pool, seller, start, local_today(timezone))
            yield dg.RunRequest(
                run_key=f"{seller.amazon_seller_id}:{last_slot(seller, tick):%Y-%m-%d}",
                tags=range_tags(days, seller.amazon_seller_id, seller.name),
            )
        if not due:
            yield dg.SkipReason("no seller's hour has come")

    return daily_sync
