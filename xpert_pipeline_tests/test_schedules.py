"""The daily schedule requests the days that the ledger lacks, only for sellers that this environment serves."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import dagster as dg
import pytest

from xpert_pipeline.partitions import days_of_run, local_today, range_tags
from xpert_pipeline.postgres.ledger import LedgerEntry, LoadCounts, LoadWindow, write_entry
from xpert_pipeline.postgres.pool import tenant
from xpert_pipeline.resources.postgres import PostgresResource
from xpert_pipeline.schedules import LOOK_BACK, build_daily_schedule, days_to_sync, last_slot, sellers_due

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


def tick(pipeline_dsn, instance, moment, *, is_sandbox=True):
    """The sellers and days that one tick of the schedule requests."""
    schedule = build_daily_schedule("sync", date(2026, 1, 1), "Asia/Kolkata", is_sandbox=is_sandbox)
    resources = {"postgres": PostgresResource(dsn=pipeline_dsn)}
    with dg.build_schedule_context(instance, scheduled_execution_time=moment, resources=resources) as context:
        answers = list(schedule(context))
    return [answer for answer in answers if isinstance(answer, dg.RunRequest)]


@pytest.fixture
def instance():
    """A schedule's context opens an instance by its reference, which an instance in memory does not have."""
    with dg.instance_for_test() as instance:
        yield instance


@pytest.mark.parametrize("is_sandbox", [True, False])
def test_sandbox_sellers_and_real_ones_are_never_synced_by_one_schedule(
    pipeline_dsn, sellers, seller, instance, is_sandbox
):
    real = sellers.add(
        "A0REALSELLER", name="Real", region="eu", marketplace_ids=["A21TJRUUN4KGV"], timezone="Asia/Kolkata"
    )
    requests = tick(pipeline_dsn, instance, NOW, is_sandbox=is_sandbox)
    expected = seller if is_sandbox else real
    assert [request.tags["seller"] for request in requests] == [expected.amazon_seller_id]
    assert days_of_run(requests[0].tags)[-1] == TODAY


def test_each_seller_is_synced_once_a_day_at_its_own_hour(sellers):
    """Every seller was synced at 02:00 UTC: half past seven in the morning in India, evening in California."""
    indian = sellers.add("A0IN", name="IN", region="eu", marketplace_ids=[INDIA], timezone="Asia/Kolkata")
    american = sellers.add(
        "A0US", name="US", region="na", marketplace_ids=["ATVPDKIKX0DER"], timezone="America/Los_Angeles"
    )
    sellers.set_schedule(american.id, hour=23, timezone="America/New_York")
    american = sellers.get("A0US")
    assert (indian.sync_hour, indian.sync_timezone) == (2, "Asia/Kolkata")
    noon = datetime(2026, 7, 14, 12, tzinfo=UTC)
    assert last_slot(indian, noon) == datetime(2026, 7, 13, 20, 30, tzinfo=UTC)
    assert last_slot(american, noon) == datetime(2026, 7, 14, 3, tzinfo=UTC)
    assert last_slot(american, datetime(2026, 7, 14, 2, 59, tzinfo=UTC)) == datetime(2026, 7, 13, 3, tzinfo=UTC)
    sellers.set_schedule(american.id, hour=None, timezone="")
    assert sellers.get("A0US").sync_timezone == "America/Los_Angeles"


def test_the_hour_before_a_change_of_the_clock_comes_once(sellers):
    """On 8 March 2026 there is no 02:00 in Los Angeles: the slot is at 03:00 there."""
    american = sellers.add(
        "A0US", name="US", region="na", marketplace_ids=["ATVPDKIKX0DER"], timezone="America/Los_Angeles"
    )
    slots = {last_slot(american, datetime(2026, 3, 7, 12, tzinfo=UTC) + timedelta(minutes=30 * n)) for n in range(96)}
    assert sorted(slots) == [
        datetime(2026, 3, 7, 10, tzinfo=UTC),
        datetime(2026, 3, 8, 10, tzinfo=UTC),
        datetime(2026, 3, 9, 9, tzinfo=UTC),
    ]


def test_a_seller_that_was_synced_since_its_hour_is_not_due(pipeline_dsn, seller, instance):
    """`xpert up` syncs at its start; half an hour later the schedule must not do it again."""
    first = tick(pipeline_dsn, instance, NOW)
    assert [request.tags["seller"] for request in first] == [seller.amazon_seller_id]
    job = dg.job(name="sync")(lambda: None)
    partial = range_tags([TODAY - timedelta(days=5)], seller.amazon_seller_id)
    job.execute_in_process(instance=instance, tags=partial)
    assert tick(pipeline_dsn, instance, NOW), "a backfill of other days is no daily sync"
    job.execute_in_process(instance=instance, tags=dict(first[0].tags))
    assert tick(pipeline_dsn, instance, NOW) == []
    (again,) = tick(pipeline_dsn, instance, NOW + timedelta(days=1))
    assert again.run_key != first[0].run_key


def test_a_store_whose_day_has_no_partition_yet_is_not_requested_again_and_again(pipeline_dsn, sellers, instance):
    """Japan's day begins before that of the partitions in India, so its run ends with the day before."""
    japanese = sellers.add(
        "A0JP", name="JP", region="fe", marketplace_ids=["A1VC38T7YXB528"], timezone="Asia/Tokyo", is_sandbox=True
    )
    job = dg.job(name="sync")(lambda: None)
    evening = datetime.combine(TODAY, time(2), ZoneInfo("Asia/Tokyo"))  # still the day before in India
    run = job.execute_in_process(instance=instance, tags=range_tags([TODAY - timedelta(days=1)], "A0JP"))
    record = instance.get_run_record_by_id(run.run_id)
    made_then = record._replace(create_timestamp=evening + timedelta(minutes=1))
    assert sellers_due([japanese], [made_then], evening + timedelta(minutes=30), "Asia/Kolkata") == []
    assert sellers_due([japanese], [], evening + timedelta(minutes=30), "Asia/Kolkata") == [japanese]
