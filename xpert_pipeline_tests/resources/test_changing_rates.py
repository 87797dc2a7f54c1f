"""Amazon changes a plan while it is in use: every process follows the rate in its answers, and new processes know it."""

import threading
import time

import httpx
import pytest

from xpert_pipeline.postgres.pool import open_pool, operator
from xpert_pipeline.postgres.quota import PostgresQuota
from xpert_pipeline.sandbox.app import PLANS
from xpert_pipeline.sandbox.options import SandboxOptions
from xpert_pipeline.sandbox.server import start
from xpert_pipeline.spapi.errors import NotFound, Stopped, Throttled
from xpert_pipeline.spapi.marketplaces import by_id
from xpert_pipeline.spapi.planning.planner import BucketLevels, plan_records
from xpert_pipeline.spapi.planning.source_choice import ExpectedRecords
from xpert_pipeline.spapi.sending.credentials import Credentials
from xpert_pipeline.spapi.sending.retry import RetryPolicy
from xpert_pipeline.spapi.session import SellerApi
from xpert_pipeline_tests.sandbox.client import LOCAL

OPERATION, BURST = "getReport", 15
REPORT_ID = "unknown"


@pytest.fixture
def sandbox():
    with start(SandboxOptions(days=1, orders_per_day=1, skus=1, rate_scale=1)) as running:
        yield running


@pytest.fixture
def connect(sandbox, pipeline_dsn):
    """Clients of one seller, each with its own pool, as if they were separate processes."""
    opened, ready = [], sandbox.ready()

    def make():
        pool = open_pool(pipeline_dsn)
        api = SellerApi(
            Credentials("app", "secret", ready["refresh_token"], ready["seller_id"]),
            [by_id(ready["marketplace_id"])],
            PostgresQuota(pool),
            endpoint=ready["endpoint"],
            token_url=ready["token_url"],
            policy=RetryPolicy(base_seconds=0.05),
        )
        opened.extend((api, pool))
        return api

    yield make
    for client in opened:
        client.close()


def call(api, times=1):
    """Request a report that does not exist; the answer counts like any other."""
    for _ in range(times):
        with pytest.raises(NotFound):
            api.call(OPERATION, REPORT_ID, expects={})


def refused(sandbox):
    stats = httpx.get(f"{sandbox.endpoint}/_sandbox/stats", **LOCAL).json()
    return stats["throttled_by_bucket"].get(OPERATION, 0)


def test_a_new_process_knows_the_rate_that_another_received(connect, monkeypatch):
    monkeypatch.setitem(PLANS, OPERATION, (7.5, BURST))
    assert connect().rate(OPERATION) == 2, "the published rate, before the first answer"
    call(connect())
    fresh = connect()
    assert fresh.rate(OPERATION) == 7.5
    monkeypatch.setitem(PLANS, "searchOrders", (56.0, 20))
    other = connect()
    other.call(
        "searchOrders",
        expects={"orders": list},
        marketplaceIds=[other.marketplaces[0].id],
        createdAfter="2026-01-01T00:00:00Z",
    )
    assert (
        plan_records(BucketLevels(connect()), ExpectedRecords(100_000, None), days=1).predictions["pages"].seconds
        < 1_000
    )


def test_all_processes_follow_a_lowered_rate_without_a_429(connect, sandbox, monkeypatch):
    monkeypatch.setitem(PLANS, OPERATION, (40.0, BURST))
    one, other = connect(), connect()
    call(one, 30)
    monkeypatch.setitem(PLANS, OPERATION, (4.0, BURST))
    call(one)  # this answer contains the new rate
    assert other.rate(OPERATION) == 4
    call(other, 20)
    assert refused(sandbox) == 0
    assert other.waited_seconds[OPERATION] > 1


def test_a_raised_rate_wakes_callers_that_wait_for_long(connect, pool, monkeypatch):
    """Callers would have slept for minutes; now they try again every few seconds."""
    monkeypatch.setitem(PLANS, OPERATION, (0.01, BURST))
    one, sleeper = connect(), connect()
    call(one, BURST - 1)  # the last token is lost when the rate falls
    waiting = threading.Thread(target=call, args=(sleeper,))
    waiting.start()
    with operator(pool) as connection:
        while not connection.execute("select count(*) from quota_waiters").fetchone()[0]:
            time.sleep(0.05)
    monkeypatch.setitem(PLANS, OPERATION, (20.0, BURST))
    PostgresQuota(pool).observed_rate(
        "app", one.seller_id, "eu", OPERATION, 20.0
    )  # as if another process had received the new rate
    waiting.join(30)
    assert not waiting.is_alive()
    assert sleeper.waited_seconds[OPERATION] < 20, "its wait was most of a minute at first"
    assert sleeper.rate(OPERATION) == 20


def test_an_unexpected_429_empties_the_bucket_for_every_process(connect, sandbox, monkeypatch):
    one, other = connect(), connect()
    call(one)
    assert other.level(OPERATION) > 13
    sandbox.state.buckets.levels.clear()
    monkeypatch.setitem(PLANS, OPERATION, (0.2, 0.5))  # another program uses up all tokens
    threading.Timer(0.3, one.stop).start()
    with pytest.raises((Stopped, Throttled)):
        one.call(OPERATION, REPORT_ID, expects={})
    assert refused(sandbox) >= 1
    assert other.level(OPERATION) < 2
