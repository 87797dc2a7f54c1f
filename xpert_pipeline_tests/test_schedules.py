"""The daily schedule requests the days that the ledger lacks, only for sellers that this environment serves."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import dagster as dg
import pytest

from xpert_pipeline.partitions import days_of_run, local_today
from xpert_pipeline.postgres.ledger import LedgerEntry, LoadCounts, LoadWindow, write_entry
from xpert_pipeline.postgres.pool import tenant
from xpert_pipeline.resources.postgres import PostgresResource
from xpert_pipeline.schedules import LOOK_BACK, build_daily_schedule, days_to_sync

NOW = datetime.now(UTC)
TODAY = local_today("Asia/Kolkata")
INDIA, GERMANY = "A21TJRUUN4KGV", "A1PA6795UKMFR9"


def covered(pool, seller, start, end, marketplace_id=None):
    with tenant(pool, seller.id) as connection:
        window = LoadWindow("created", start, end)
        write_entry(
            connection,
            LedgerEntry(
                uuid4(),
                "orders",
                seller.id,
                marketplace_id or seller.marketplace_ids[0],
                "searchOrders",
                window,
                "run",
                {TODAY: LoadCounts()},
                NOW,
            ),
        )


def test_a_new_seller_gets_the_last_thirty_days(pool, seller):
    days = days_to_sync(pool, seller, date(2020, 1, 1), TODAY)
    assert (len(days), days[-1]) == (LOOK_BACK, TODAY)


def test_a_daemon_that_slept_catches_up_from_the_first_open_day(pool, seller):
    covered(pool, seller, NOW - timedelta(days=60), NOW - timedelta(days=7))
    days = days_to_sync(pool, seller, date(2020, 1, 1), TODAY)
    assert TODAY - timedelta(days=8) <= days[0] <= TODAY - timedelta(days=6)
    assert days[-1] == TODAY


def test_with_everything_complete_only_today_is_requested(pool, seller):
    covered(pool, seller, NOW - timedelta(days=60), NOW + timedelta(days=2))
    assert days_to_sync(pool, seller, date(2020, 1, 1), TODAY) == [TODAY]


def test_nothing_before_the_first_partition_is_requested(pool, seller):
    start = TODAY - timedelta(days=2)
    assert days_to_sync(pool, seller, start, TODAY)[0] == start


def test_a_day_without_a_partition_is_never_requested(pool, seller):
    """The day of a store in Tokyo begins before that of partitions in India; its run failed."""
    newest = TODAY - timedelta(days=1)
    assert days_to_sync(pool, seller, date(2020, 1, 1), newest)[-1] == newest


@pytest.fixture
def travelling(sellers):
    """A seller with stores in India and Germany."""
    return sellers.add(
        "A3STORES",
        name="Stores",
        region="eu",
        marketplace_ids=[INDIA, GERMANY],
        timezone="Asia/Kolkata",
        is_sandbox=True,
    )


def test_a_day_that_one_marketplace_lacks_is_requested(pool, travelling):
    covered(pool, travelling, NOW - timedelta(days=60), NOW + timedelta(days=2), INDIA)
    covered(pool, travelling, NOW - timedelta(days=60), NOW - timedelta(days=4), GERMANY)
    days = days_to_sync(pool, travelling, date(2020, 1, 1), TODAY)
    assert TODAY - timedelta(days=5) <= days[0] <= TODAY - timedelta(days=3)
    covered(pool, travelling, NOW - timedelta(days=5), NOW + timedelta(days=2), GERMANY)
    assert days_to_sync(pool, travelling, date(2020, 1, 1), TODAY) == [TODAY]


@pytest.mark.parametrize("is_sandbox", [True, False])
def test_sandbox_sellers_and_real_ones_are_never_synced_by_one_schedule(
    pool, pipeline_dsn, sellers, seller, is_sandbox
):
    real = sellers.add(
        "A0REALSELLER", name="Real", region="eu", marketplace_ids=["A21TJRUUN4KGV"], timezone="Asia/Kolkata"
    )
    schedule = build_daily_schedule("sync", date(2026, 1, 1), "Asia/Kolkata", is_sandbox=is_sandbox)
    resources = {"postgres": PostgresResource(dsn=pipeline_dsn)}
    with dg.build_schedule_context(scheduled_execution_time=NOW, resources=resources) as context:
        requests = list(schedule(context))
    expected = seller if is_sandbox else real
    assert [request.tags["seller"] for request in requests] == [expected.amazon_seller_id]
    assert days_of_run(requests[0].tags)[-1] == TODAY
