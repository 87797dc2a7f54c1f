"""Requests that need tokens of several buckets, some shared by all sellers: no token is wasted, and sellers take turns."""

import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter

import pytest

from xpert_pipeline.postgres.pool import open_pool
from xpert_pipeline.postgres.quota import PostgresQuota
from xpert_pipeline.spapi.errors import Stopped
from xpert_pipeline.spapi.jobs.api import JobRequest
from xpert_pipeline.spapi.jobs.report_api import ReportApi
from xpert_pipeline.spapi.marketplaces import by_id
from xpert_pipeline.spapi.quota import usage_plans
from xpert_pipeline.spapi.quota.quota import LocalQuota
from xpert_pipeline.spapi.quota.usage_plans import UsagePlan
from xpert_pipeline.spapi.sending.credentials import Credentials
from xpert_pipeline.spapi.sending.retry import RetryPolicy
from xpert_pipeline.spapi.session import SellerApi
from xpert_pipeline_tests.spapi.scripted import TOKEN, Reply, Scripted, refusal

LIVE = 0
SLOW, FAST = ("*", "slow", 0.002, 1.0), ("A1", "fast", 2.0, 15.0)
TURN = 1 / 0.002
"""Seconds of a slow token: so long that the machine's speed does not matter."""
WAITER = """
import sys, time, uuid
from xpert_pipeline.postgres.pool import open_pool
from xpert_pipeline.postgres.quota import PostgresQuota

quota, waiter = PostgresQuota(open_pool(sys.argv[1])), uuid.uuid4()
while True:
    pause, _ = quota.take_all("app", "eu", [("*", "slow", 0.002, 1.0), ("A1", "fast", 2.0, 15.0)], waiter, 0)
    print(pause, flush=True)
    time.sleep(min(pause, 5))
"""


@pytest.fixture(params=["local", "postgres"])
def quota(request):
    return LocalQuota() if request.param == "local" else PostgresQuota(request.getfixturevalue("pool"))


def take(quota, waiter=None, buckets=(SLOW, FAST)):
    return quota.take_all("app", "eu", list(buckets), waiter or uuid.uuid4(), LIVE)


def level(quota, bucket):
    scope, operation, rate, burst = bucket
    return quota.level("app", scope, "eu", operation, rate, burst)


def test_tokens_of_all_buckets_are_taken_together(quota):
    leisurely = (*FAST[:2], 0.02, FAST[3])
    assert take(quota, buckets=(SLOW, leisurely)) == (0, "")
    assert level(quota, SLOW) == pytest.approx(0, abs=0.1)
    assert level(quota, leisurely) == pytest.approx(14, abs=0.9)


def test_a_caller_waiting_for_the_slow_token_neither_takes_nor_blocks_a_fast_one(quota):
    take(quota)
    time.sleep(0.6)
    for _ in range(5):
        seconds, awaited = take(quota)
        assert (seconds > 0.8 * TURN, awaited) == (True, "slow")
    assert level(quota, FAST) == 15
    scope, operation, rate, burst = FAST
    assert quota.take("app", scope, "eu", operation, rate, burst, uuid.uuid4(), LIVE)[0] == 0


def test_a_slow_token_that_is_due_is_not_spent_before_the_fast_one_is_due_too(quota):
    scope, operation, rate, burst = "A1", "fast", 0.01, 1.0
    assert quota.take("app", scope, "eu", operation, rate, burst, uuid.uuid4(), LIVE)[0] == 0
    seconds, awaited = take(quota, buckets=(SLOW, (scope, operation, rate, burst)))
    assert (50 < seconds < 110, awaited) == (True, "fast")
    assert level(quota, SLOW) == 1


def test_a_caller_waiting_for_the_fast_token_keeps_its_place_for_the_slow_one(quota):
    busy = ("A1", "fast", 0.1, 1.0)
    quota.take("app", busy[0], "eu", *busy[1:], uuid.uuid4(), LIVE)
    first, second = uuid.uuid4(), uuid.uuid4()
    assert take(quota, first, (SLOW, busy))[1] == "fast"
    seconds, awaited = take(quota, second, (SLOW, ("A2", "fast", 0.1, 1.0)))
    assert (awaited, seconds > 0.8 * TURN) == ("slow", True)


def test_a_caller_that_waits_as_long_as_it_should_gets_all_tokens(quota):
    me, buckets = uuid.uuid4(), (("*", "slow", 1.0, 1.0), ("A1", "fast", 20.0, 2.0))
    take(quota, buckets=buckets)
    while seconds := take(quota, me, buckets)[0]:
        time.sleep(seconds)
    assert level(quota, buckets[0]) < 0.9


def test_a_waiter_killed_with_signal_9_costs_no_token(pool, pipeline_dsn, admin):
    quota, me = PostgresQuota(pool), uuid.uuid4()
    take(quota)
    child = subprocess.Popen([sys.executable, "-c", WAITER, pipeline_dsn], stdout=subprocess.PIPE, text=True)
    assert float(child.stdout.readline()) > 0.8 * TURN
    behind, _ = take(quota, me)
    assert behind > 1.8 * TURN, "the child queues before us"
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    child.stdout.close()
    while admin.execute("select count(*) from quota_waiters where expires_at > clock_timestamp()").fetchone()[0] > 1:
        time.sleep(0.5)
        take(quota, me)
    assert take(quota, me)[0] < 1.1 * TURN, "as if the child had never queued"
    assert level(quota, FAST) == 15
    assert admin.execute("select operation, granted_count from api_quota order by 1").fetchall() == [
        ("fast", 1),
        ("slow", 1),
    ]


@pytest.fixture
def amazon():
    server = Scripted()
    yield server
    server.stop()


@pytest.fixture
def connect(amazon, pipeline_dsn):
    """Clients of sellers, each with its own pool, as if they were separate processes."""
    opened = []

    def make(seller):
        pool = open_pool(pipeline_dsn)
        api = SellerApi(
            Credentials("app", "secret", "Atzr|x", seller),
            [by_id("A21TJRUUN4KGV")],
            PostgresQuota(pool),
            endpoint=amazon.url,
            token_url=amazon.url + TOKEN,
            policy=RetryPolicy(base_seconds=0.01),
        )
        opened.extend((api, pool))
        return api

    yield make
    for client in opened:
        client.close()


@pytest.fixture
def shared(monkeypatch):
    plan = UsagePlan("createReport GET_SHARED", 2.0, 1, scope="app")
    monkeypatch.setitem(usage_plans._PLANS, plan.operation, plan)
    return plan


def test_sellers_take_turns_before_a_shared_bucket_however_many_threads_each_has(amazon, connect, shared):
    amazon.on("GET", "/reports/2021-06-30/reports/7", Reply(200, {"reportId": "7", "processingStatus": "DONE"}))
    order, many, one = [], connect("A1"), connect("A2")

    def call(api, times):
        for _ in range(times):
            try:
                api.call("getReport", "7", expects={"reportId": str}, also=[shared.operation])
            except Stopped:
                return
            order.append(api.seller_id)

    threads = [threading.Thread(target=call, args=(many, 100)) for _ in range(3)]
    for thread in threads:
        thread.start()
    while len(order) < 2:
        time.sleep(0.01)
    call(one, 5)
    many.stop()
    for thread in threads:
        thread.join()
    turns = order[order.index("A2") : len(order) - order[::-1].index("A2")]
    assert Counter(turns)["A2"] == 5
    assert Counter(turns)["A1"] <= 6, f"three threads in the shared queue would get three turns for one: {turns}"
    assert many.waited_seconds["getReport"] > 0


def test_a_429_of_a_request_with_several_plans_empties_only_the_slowest(amazon, connect, shared, admin):
    path = "/reports/2021-06-30/reports/7"
    amazon.on("GET", path, refusal(429), Reply(200, {"reportId": "7", "processingStatus": "DONE"}))
    api = connect("A1")
    api.call("getReport", "7", expects={"reportId": str}, also=[shared.operation])
    assert len(amazon.calls(path)) == 2
    assert api.level("getReport") > 12
    throttled = admin.execute("select operation from api_quota where throttled_count = 1").fetchall()
    assert throttled == [(shared.operation,)]


def test_a_stopped_caller_leaves_the_line(amazon, connect, shared, monkeypatch):
    slow = UsagePlan(shared.operation, 0.001, 1, scope="app")
    monkeypatch.setitem(usage_plans._PLANS, slow.operation, slow)
    amazon.on("GET", "/reports/2021-06-30/reports/7", Reply(200, {"reportId": "7", "processingStatus": "DONE"}))
    api, left = connect("A1"), []

    def call():
        with pytest.raises(Stopped):
            while True:
                api.call("getReport", "7", expects={"reportId": str}, also=[slow.operation])
        left.append(1)

    threads = [threading.Thread(target=call) for _ in range(3)]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    api.stop()
    for thread in threads:
        thread.join(10)
    assert len(left) == 3


def test_a_report_type_with_plans_of_its_own_takes_their_tokens(amazon, connect, admin):
    amazon.on("GET", "/reports/2021-06-30/reports", Reply(200, {"reports": []}))
    amazon.on("POST", "/reports/2021-06-30/reports", Reply(202, {"reportId": "7"}))
    for report_type in ("GET_SALES_AND_TRAFFIC_REPORT", "GET_MERCHANT_LISTINGS_ALL_DATA"):
        ReportApi().create(connect("A1"), JobRequest(report_type, marketplace_ids=("A21TJRUUN4KGV",)))
    granted = admin.execute(
        "select operation, scope, granted_count from api_quota where operation like 'createReport%' order by 1"
    ).fetchall()
    assert granted == [
        ("createReport", "A1", 2),
        ("createReport GET_SALES_AND_TRAFFIC_REPORT", "*", 1),
        ("createReport GET_SALES_AND_TRAFFIC_REPORT daily", "*", 1),
    ]
