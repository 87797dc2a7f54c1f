"""The sensor `orders_delta` follows each seller's changes, within quota, and lets no seller wait for ever.

Here every seller has changes. `faults/test_delta_sensor.py` asks a sandbox.
"""

import base64
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from uuid import uuid4

import dagster as dg
import pytest

from xpert_pipeline.assets.registry import SOURCES
from xpert_pipeline.definitions import build_definitions
from xpert_pipeline.delta_sensor import build_orders_delta_sensor, lacking_tokens
from xpert_pipeline.deltas import STARTS_A_MINUTE, Stream, choose_due, room_in_queue
from xpert_pipeline.jobs import DELTA, followed_feeds
from xpert_pipeline.partitions import local_today, range_tags
from xpert_pipeline.postgres.change_asks import change_asks
from xpert_pipeline.postgres.ledger import LedgerEntry, LoadCounts, LoadWindow, write_entry
from xpert_pipeline.postgres.pool import tenant
from xpert_pipeline.postgres.quota import PostgresQuota
from xpert_pipeline.postgres.source_coverage import NOT_GRANTED, Learnt, keep_coverage
from xpert_pipeline.resources.postgres import PostgresResource
from xpert_pipeline.resources.spapi import SpApiResource
from xpert_pipeline.settings import Settings
from xpert_pipeline.sources.changes import ChangeFeed
from xpert_pipeline_tests.conftest import KEY
from xpert_pipeline_tests.empty_job import empty

pytestmark = pytest.mark.filterwarnings("ignore:InitResourceContext.dagster_run is deprecated:DeprecationWarning")
"""Dagster resolves nested resources with a property that it deprecates itself."""
NOW = datetime.now(UTC)
INTERVAL = timedelta(minutes=5)
GERMANY, BRITAIN = "A1PA6795UKMFR9", "A1F83G8C2ARO7P"
TODAY = local_today("Asia/Kolkata")


class Changed(ChangeFeed):
    """A feed that always has changes, and asks nobody."""

    def news(self, _run):
        return "1 new order"


FEEDS = [Changed(**{n: getattr(f, n) for n in ("name", "group", "roles", "feed")}) for f in followed_feeds(SOURCES)]


def ago(minutes):
    return NOW - timedelta(minutes=minutes)


def enough(_seller):
    return None


def choose(*streams, busy=(), room=10, lacking=enough):
    return choose_due(streams, now=NOW, interval=INTERVAL, busy=busy, room=room, lacking=lacking)


def test_a_stream_followed_recently_is_not_due():
    assert choose(Stream("A", ago(4)), Stream("B", ago(6))).chosen == ["B"]


def test_a_stream_that_would_be_due_just_after_the_tick_is_due_at_it():
    """Else a tick that comes a second early leaves it for a whole interval more."""
    assert choose(Stream("A", ago(4.5)), Stream("B", ago(4.4))).chosen == ["A"]


def test_those_that_waited_longest_come_first_and_the_rest_has_its_turn_next_time():
    choice = choose(Stream("A", ago(6)), Stream("B", ago(60)), Stream("C", ago(9)), room=2)
    assert choice.chosen == ["B", "C"]
    assert "the run queue is full" in choice.left["A"]


def test_one_that_fails_every_time_does_not_stand_before_those_that_wait():
    failing = Stream("A", ago(600), asked_at=ago(6))
    assert choose(failing, Stream("B", ago(7)), room=1).chosen == ["B"]
    assert choose(failing, Stream("B", ago(5.5)), room=1).chosen == ["A"]


@pytest.mark.parametrize(
    ("followed", "asked"), [(ago(60), ago(-360)), (ago(-360), ago(6)), (ago(-360), ago(-360)), (ago(-360), None)]
)
def test_times_of_a_clock_that_was_set_back_keep_no_seller_waiting(followed, asked):
    """A run requested 6 hours "from now" kept its seller from being due for 6 hours, and nothing said why."""
    assert choose(Stream("A", followed, asked), Stream("B", ago(4))).chosen == ["A"]


def test_a_stream_followed_in_the_future_is_still_asked_for_once_an_interval():
    assert choose(Stream("A", ago(-360), ago(4))).chosen == []


def test_no_seller_starves_though_only_a_few_of_many_have_room():
    asked = {}
    for tick in range(10):
        now = NOW + tick * INTERVAL
        streams = [Stream(f"S{n}", ago(600), asked.get(f"S{n}")) for n in range(30)]
        choice = choose_due(streams, now=now, interval=INTERVAL, busy=(), room=3, lacking=enough)
        asked |= dict.fromkeys(choice.chosen, now)
    assert len(asked) == 30


def test_a_seller_without_a_first_load_is_left_to_the_daily_sync():
    choice = choose(Stream("A", None))
    assert (choice.chosen, choice.left) == ([], {"A": "the daily sync does the first load"})


def test_a_seller_with_a_run_is_left():
    choice = choose(Stream("A", ago(60)), busy={"A"})
    assert (choice.chosen, list(choice.left)) == ([], ["A"])


def test_a_nearly_empty_bucket_is_spared_and_another_seller_takes_the_place():
    reason = "5.4 requests to searchOrders are left, 6 are needed"
    choice = choose(Stream("A", ago(60)), Stream("B", ago(6)), room=1, lacking={"A": reason}.get)
    assert choice.chosen == ["B"]
    assert choice.left["A"] == reason


@pytest.mark.parametrize(("failures", "minutes"), [(0, 5), (1, 10), (2, 20), (3, 40), (4, 60), (400, 60)])
def test_the_pause_grows_with_each_failure_up_to_an_hour(failures, minutes):
    early, late = ago(minutes - 1), ago(minutes + 1)
    assert choose(Stream("A", early, early, failures), Stream("B", late, late, failures)).chosen == ["B"]


@pytest.mark.parametrize(
    ("level", "reason"), [(6.4, "6.4 requests to searchOrders are left, 7 are needed"), (7.0, None)]
)
def test_a_delta_needs_the_calls_of_a_question_and_a_run_and_what_is_kept_for_others(level, reason):
    quota = SimpleNamespace(tokens=lambda _seller, _operation: level, kept_for_others=lambda _operation: 5)
    assert lacking_tokens(quota, SimpleNamespace(), ["searchOrders"]) == reason


def test_what_waits_in_the_queue_takes_its_room():
    assert room_in_queue(INTERVAL, 0) == 5 * STARTS_A_MINUTE
    assert room_in_queue(INTERVAL, 5 * STARTS_A_MINUTE - 1) == 1
    assert room_in_queue(INTERVAL, 1_000) == 0


def follow(pool, seller, marketplace_id, minutes):
    """Changes of one marketplace are known up to so many minutes ago."""
    now = datetime.now(UTC)
    with tenant(pool, seller.id) as connection:
        for kind in ("created", "updated"):
            window = LoadWindow(kind, now - timedelta(minutes=3_000), now - timedelta(minutes=minutes))
            entry = LedgerEntry(
                uuid4(),
                "orders",
                seller.id,
                marketplace_id,
                "searchOrders",
                window,
                "r",
                {TODAY: LoadCounts()},
                now,
            )
            write_entry(connection, entry)


@pytest.fixture
def followed(pool, seller):
    """The seller's changes are known up to an hour ago."""
    follow(pool, seller, seller.marketplace_ids[0], 60)
    return seller


@pytest.fixture
def instance():
    with dg.DagsterInstance.ephemeral(settings={"telemetry": {"enabled": False}}) as instance:
        instance.add_dynamic_partitions("sellers", ["A1TESTSELLER", "A2OTHERSELLER"])
        yield instance


@pytest.fixture
def tick(pipeline_dsn, instance):
    """Evaluates the sensor."""
    postgres = PostgresResource(dsn=pipeline_dsn, encryption_key=base64.b64encode(KEY).decode())

    def amazon(*, is_sandbox):
        return SpApiResource(postgres=postgres, client_id="app", client_secret="s", is_sandbox=is_sandbox)

    def evaluate(*, is_sandbox=True, timezone="Asia/Kolkata"):
        sensor = build_orders_delta_sensor(DELTA, FEEDS, 5, timezone, is_sandbox=is_sandbox)
        resources = {"postgres": postgres, "sp_api": amazon(is_sandbox=is_sandbox)}
        with dg.build_sensor_context(instance=instance, resources=resources) as context:
            return sensor(context)

    return evaluate


def test_a_tick_asks_one_run_of_today_for_a_seller_that_is_due(tick, followed, other_seller):
    (request,) = tick().run_requests
    assert request.tags == range_tags([TODAY], followed.amazon_seller_id, followed.name)
    assert request.run_key.startswith(f"{followed.amazon_seller_id}:")
    assert tick().run_requests == []  # asked a moment ago


def test_a_tick_leaves_a_seller_whose_run_waits(tick, followed, instance, pool):
    instance.create_run_for_job(empty, tags=range_tags([TODAY], followed.amazon_seller_id))
    result = tick()
    assert result.run_requests == []
    assert "one of its runs is queued or running" in result.skip_reason.skip_message
    assert change_asks(pool) == {}


def test_a_tick_spares_a_bucket_that_others_emptied(tick, followed, pool):
    quota = PostgresQuota(pool)
    quota.take("app", followed.amazon_seller_id, "eu", "searchOrders", 0.0056, 20, uuid4(), 0)
    quota.throttled("app", followed.amazon_seller_id, "eu", "searchOrders")
    result = tick()
    assert result.run_requests == []
    assert "requests to searchOrders are left" in result.skip_reason.skip_message


def test_paused_sellers_and_those_of_the_other_kind_are_not_asked_for(tick, followed, sellers):
    assert tick(is_sandbox=False).run_requests == []
    sellers.set_status(followed.id, "paused")
    assert tick().run_requests == []


@pytest.fixture
def european(sellers):
    """A seller with stores in Germany and the United Kingdom."""
    return sellers.add(
        "A1TESTSELLER",
        name="Test Books",
        region="eu",
        marketplace_ids=[GERMANY, BRITAIN],
        timezone="Europe/Berlin",
        refresh_token="Atzr|secret",
        is_sandbox=True,
    )


@pytest.mark.parametrize(("minutes", "is_due"), [(60, True), (4, False)])
def test_a_seller_is_due_by_the_marketplace_that_waited_longest(tick, pool, european, minutes, is_due):
    follow(pool, european, GERMANY, 4)
    follow(pool, european, BRITAIN, minutes)
    requests = tick().run_requests
    assert [request.tags["seller"] for request in requests] == ["A1TESTSELLER"] * is_due


def test_a_marketplace_without_a_first_load_keeps_no_other_from_being_followed(tick, pool, european):
    follow(pool, european, GERMANY, 60)
    (request,) = tick().run_requests
    days = [local_today("Europe/Berlin"), local_today("Europe/London")]
    assert request.tags == range_tags([max(days)], "A1TESTSELLER", european.name), "the latest local day of the seller"


def test_a_marketplace_that_amazon_refuses_now_makes_no_run_for_the_others_a_failure(tick, pool, european, admin):
    """Its changes stopped, so every run seemed to have loaded nothing: the others were asked for once an hour only."""
    follow(pool, european, GERMANY, 60)
    follow(pool, european, BRITAIN, 600)
    keep_coverage(pool, european.id, [Learnt("orders", BRITAIN, "searchOrders", NOT_GRANTED)])
    assert len(tick().run_requests) == 1
    follow(pool, european, GERMANY, 6)
    admin.execute("update change_asks set asked_at = asked_at - interval '6 min', answered_at = asked_at")
    assert len(tick().run_requests) == 1
    assert (change_asks(pool)[european.id].failures, change_asks(pool)[european.id].error) == (0, None)


def test_a_day_without_a_partition_is_never_asked_for(tick, pool, european):
    """Where the days of the partitions begin later than the seller's, a run of the new day failed."""
    follow(pool, european, GERMANY, 60)
    (request,) = tick(timezone="Etc/GMT+12").run_requests
    assert request.tags == range_tags([local_today("Etc/GMT+12")], "A1TESTSELLER", european.name)


def sensors(**environ):
    return {sensor.name: sensor for sensor in build_definitions(Settings.from_env(environ), environ).sensors}


def test_the_interval_is_a_setting_and_zero_means_no_deltas():
    assert sensors()["orders_delta"].minimum_interval_seconds == 300
    assert sensors(XPERT_DELTA_MINUTES="15")["orders_delta"].minimum_interval_seconds == 900
    assert "orders_delta" not in sensors(XPERT_DELTA_MINUTES="0")


def test_a_delta_loads_and_checks_only_what_is_cheap():
    environ = {"XPERT_START_DATE": date(2026, 1, 1).isoformat()}
    job = build_definitions(Settings.from_env(environ), environ).resolve_job_def("orders_delta")
    steps = {"orders_and_items", "sales_data"}
    assert {node.name for node in job.nodes} == {*steps, *(f"{step}_standard_checks" for step in steps)}
    checks = {(key.asset_key.to_user_string(), key.name) for key in job.asset_layer.asset_graph.asset_check_keys}
    tables = ("orders", "order_items", "sales_data")
    assert checks == {(table, "loaded_lately") for table in tables}
