"""The sensor `orders_delta` asks Amazon itself, and requests a run only for sellers with changes."""

import time
from datetime import timedelta

import dagster as dg
import pytest

from xpert_pipeline import asking, delta_sensor
from xpert_pipeline.fact_stream import collect_events
from xpert_pipeline.partitions import range_tags
from xpert_pipeline.postgres.change_asks import change_asks
from xpert_pipeline.postgres.pool import tenant
from xpert_pipeline.sandbox.faults import FaultRule
from xpert_pipeline.spapi.sending.retry import RetryPolicy
from xpert_pipeline_tests.faults.pipeline import NAMES
from xpert_pipeline_tests.faults.test_deltas import asked, changes

pytestmark = pytest.mark.long
SALES = ["orders", "order_items", "sales_data"]
ASKED_EARLIER = (
    "update change_asks set asked_at = asked_at - make_interval(mins => %s),"
    " answered_at = answered_at - make_interval(mins => %s)"
)


@pytest.fixture
def pass_minutes(admin):
    """Let so many minutes have passed for the change stream and the questions."""

    def pass_(minutes):
        admin.execute(
            "update loads set window_start = window_start - make_interval(mins => %(minutes)s),"
            " window_end = window_end - make_interval(mins => %(minutes)s) where window_kind = 'updated'",
            {"minutes": minutes},
        )
        admin.execute(ASKED_EARLIER, [minutes, minutes])

    return pass_


@pytest.fixture
def tick(empty_pipeline, pass_minutes, monkeypatch):
    """Evaluates the sensor as Dagster does, some minutes after the last run or tick."""
    monkeypatch.setattr(delta_sensor, "BRIEF", RetryPolicy(attempts=2, base_seconds=0.01, deadline_seconds=12))

    def evaluate(minutes=6):
        pass_minutes(minutes)
        definitions = empty_pipeline.definitions()
        resources = {name: definitions.resources[name] for name in ("postgres", "sp_api")}
        with dg.build_sensor_context(instance=empty_pipeline.instance, resources=resources) as context:
            return next(sensor for sensor in definitions.sensors if sensor.name == "orders_delta")(context)

    return evaluate


def ask_of(pipeline, place=0):
    return change_asks(pipeline.pool).get(pipeline.book.get(pipeline.sellers[place]).id)


def run_requested(pipeline, result):
    """Executes the runs that a tick requested."""
    return [pipeline.run_job("orders_delta", request.tags) for request in result.run_requests]


def kept(pipeline):
    """Rows of the tables that a run or an event adds to."""
    with tenant(pipeline.pool, pipeline.book.get(pipeline.sellers[0]).id) as connection:
        tables = ("loads", "fact_stream", "report_requests", "rejected_records", "dirty_keys", "change_asks")
        counts = {table: connection.execute(f"select count(*) from {table}").fetchone()[0] for table in tables}
    return counts | {"runs": len(pipeline.instance.get_runs())}


def test_without_changes_it_asks_one_page_starts_no_run_and_keeps_no_row(pipeline, tick):
    """A delta that found nothing cost a run of four seconds and 50 kB, 288 times a day for each seller."""
    assert pipeline.run(tables=SALES).success
    collect_events(pipeline.instance, pipeline.pool, NAMES)
    assert tick().run_requests == []
    before, asked_before = kept(pipeline), asked(pipeline)
    for _ in range(3):
        result = tick()
        assert result.run_requests == []
        assert "asked Amazon for 1 seller: nothing new" in result.skip_reason.skip_message
    assert asked(pipeline) - asked_before == {"searchOrders": 3}
    assert kept(pipeline) == before
    ask = ask_of(pipeline)
    assert (ask.failures, ask.error, ask.run_requested_at) == (0, None, None)
    assert ask.answered_at is not None


def test_a_change_starts_one_run_that_loads_it_and_then_there_is_nothing_new(pipeline, tick):
    assert pipeline.run(tables=SALES).success
    orders = pipeline.sandbox.state.worlds[pipeline.sellers[0]].orders
    place = next(n for n, order in enumerate(orders) if order.is_sale and order.items[0].quantity)
    lines = tuple(line._replace(cancelled=True) for line in orders[place].items)
    pipeline.change_order(place, status="CANCELLED", items=lines)
    result = tick()
    seller = pipeline.sellers[0]
    assert [request.tags for request in result.run_requests] == [range_tags([pipeline.today], seller, f"Shop {seller}")]
    (done,) = run_requested(pipeline, result)
    assert (done.success, changes(done) >= 1) == (True, True)
    pipeline.assert_whole(*SALES)
    assert tick(minutes=0).run_requests == []  # the change is in the overlap of the stream, and known
    assert tick().run_requests == []


def test_a_change_that_amazon_shows_late_is_found(pipeline, tick):
    """Its update time is before the position of the stream, within the overlap."""
    assert pipeline.run(tables=SALES).success
    assert tick().run_requests == []
    with tenant(pipeline.pool, pipeline.book.get(pipeline.sellers[0]).id) as connection:
        query = "select max(window_end) from loads where table_name = 'orders' and window_kind = 'updated'"
        (position,) = connection.execute(query).fetchone()
    pipeline.change_order(0, status="CANCELLED", updated=int((position - timedelta(minutes=2)).timestamp()))
    assert len(tick(minutes=6).run_requests) == 1


def test_before_its_interval_is_over_no_seller_is_asked(pipeline, tick):
    assert pipeline.run(tables=SALES).success
    assert tick().run_requests == []
    asked_before = asked(pipeline)
    tick(minutes=0)
    assert asked(pipeline) == asked_before


def test_a_seller_whose_question_fails_starts_no_run_and_is_asked_less_and_less_often(pipeline, tick, xpert):
    assert pipeline.run(tables=SALES).success
    pipeline.sandbox.state.faults.add(FaultRule("500-json", seller=pipeline.sellers[0]))
    tick()
    for minutes in (11, 21, 41):
        before = ask_of(pipeline).failures
        result = tick(minutes=minutes)
        assert result.run_requests == []
        assert ask_of(pipeline).failures == before + 1
        assert "could not be asked for changes" in result.skip_reason.skip_message
    asked_before = asked(pipeline)
    tick(minutes=41)  # the pause after four failures is an hour
    assert asked(pipeline) == asked_before
    refusals = [fact for fact in pipeline.facts() if fact[0] == "sync.failed"]
    assert len(refusals) == 1, "one event for the first failure, none for those that follow"
    said = xpert("status", **pipeline.environ)
    assert "changes" in said.stdout
    assert "failing since" in said.stdout
    assert xpert("--json", "status", **pipeline.environ).json["sellers"][0]["changes"]["failures"] == 4
    pipeline.sandbox.state.faults.rules.clear()
    assert tick(minutes=21).run_requests == []
    assert (ask_of(pipeline).failures, ask_of(pipeline).failing_since, ask_of(pipeline).error) == (0, None, None)


def test_runs_that_do_not_load_the_changes_are_requested_less_and_less_often(pipeline, tick, admin):
    """A run that always failed was started again every five minutes."""
    assert pipeline.run(tables=SALES).success
    pipeline.change_order(0, status="CANCELLED")
    assert len(tick(minutes=60).run_requests) == 1  # this run is never executed, as if it had failed
    assert len(tick(minutes=0).run_requests) == 0
    admin.execute(ASKED_EARLIER, [6, 6])
    assert len(tick(minutes=0).run_requests) == 1
    assert (ask_of(pipeline).failures, ask_of(pipeline).error) == (1, delta_sensor.NOT_LOADED)
    admin.execute(ASKED_EARLIER, [6, 6])
    assert len(tick(minutes=0).run_requests) == 0, "the pause is twice as long now"
    admin.execute(ASKED_EARLIER, [6, 6])
    (done,) = run_requested(pipeline, tick(minutes=0))
    assert done.success
    admin.execute(ASKED_EARLIER, [6, 6])
    tick()
    assert (ask_of(pipeline).failures, ask_of(pipeline).error) == (0, None)


@pytest.fixture
def several(empty_pipeline, make_sandbox):
    """A pipeline with twelve small sellers whose orders are loaded."""
    empty_pipeline.serve(make_sandbox(days=1, orders_per_day=2, skus=2, sellers=12))
    done = empty_pipeline.run(tables=["orders", "order_items"], sellers=empty_pipeline.sellers)
    assert done.success, done.errors
    return empty_pipeline


def test_one_sellers_failure_keeps_no_other_from_being_asked(several, tick):
    several.sandbox.state.faults.add(FaultRule("500-json", seller=several.sellers[3]))
    tick()
    failures = [ask_of(several, place).failures for place in range(12)]
    assert failures == [int(place == 3) for place in range(12)]


def test_when_the_time_of_a_tick_is_over_the_next_one_begins_with_those_left_out(several, tick, monkeypatch):
    """Dagster gives up a tick after a minute: with many sellers none would ever have been asked."""
    monkeypatch.setattr(asking, "THREADS", 1)
    real = asking.Asking._ask

    def slow(self, seller):
        time.sleep(0.05)
        return real(self, seller)

    monkeypatch.setattr(asking.Asking, "_ask", slow)
    monkeypatch.setattr(delta_sensor, "TICK_SECONDS", 0.3)
    seen: set[str] = set()
    for _ in range(40):
        before = set(change_asks(several.pool))
        tick()
        now = set(change_asks(several.pool))
        assert before <= now
        seen = now
        if len(seen) == 12:
            break
    assert len(seen) == 12


def test_questions_that_wait_are_given_up_when_the_time_of_a_tick_is_over(several, tick, monkeypatch):
    monkeypatch.setattr(
        delta_sensor, "BRIEF", RetryPolicy(attempts=2, base_seconds=3600, cap_seconds=3600, deadline_seconds=7200)
    )
    monkeypatch.setattr("backoff.full_jitter", lambda wait: wait)
    monkeypatch.setattr(delta_sensor, "TICK_SECONDS", 3.0)
    several.sandbox.state.faults.add(FaultRule("500-json"))
    tick()  # ends: the second tries would come in an hour
    assert all(ask.failures == 1 for ask in change_asks(several.pool).values())
