"""Token buckets: never above Amazon's plan, live work first, a killed waiter costs nothing, one clock."""

import json
import subprocess
import sys
import time
import uuid

import pytest

from xpert_pipeline.postgres.pool import open_pool, operator
from xpert_pipeline.postgres.quota import PostgresQuota

BUCKET = ("app", "A1", "eu", "searchOrders")
LIVE, BACKFILL = 0, 1

CALLER = """
import json, sys, threading, time, uuid
from xpert_pipeline.postgres.pool import open_pool
from xpert_pipeline.postgres.quota import PostgresQuota

dsn, rate, burst, calls = sys.argv[1], float(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
granted = []
with open_pool(dsn, max_size=8) as pool:
    quota = PostgresQuota(pool)
    def call():
        for _ in range(calls):
            waiter, pause = uuid.uuid4(), 1
            while pause:
                called = time.time()
                pause, _ = quota.take("app", "A1", "eu", "searchOrders", rate, burst, waiter, 0)
                if pause:
                    time.sleep(pause)
            granted.append((called, time.time()))
    threads = [threading.Thread(target=call) for _ in range(8)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
print(json.dumps(granted))
"""


@pytest.fixture
def quota(pool):
    return PostgresQuota(pool)


def take(quota, *, rate=0.01, burst=8.0, priority=LIVE, waiter=None):
    return quota.take(*BUCKET, rate, burst, waiter or uuid.uuid4(), priority)


def taken_at_once(quota, **more):
    """Count the tokens that can be taken now; the last of a bucket comes a moment late (the margin)."""
    number, waiter = 0, uuid.uuid4()
    while (pause := take(quota, waiter=waiter, **more)[0]) < 0.3:
        number += pause == 0
        time.sleep(pause)
    return number


def test_sixteen_threads_in_two_processes_get_all_their_tokens_and_never_exceed_the_plan(pipeline_dsn, admin):
    """A token was taken between its call and its answer, so calls that lie wholly in a period took tokens in it."""
    rate, burst, calls = 20, 5, 6
    command = [sys.executable, "-c", CALLER, pipeline_dsn, *map(str, (rate, burst, calls))]
    callers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    grants = [grant for caller in callers for grant in json.loads(caller.communicate(timeout=120)[0])]
    assert [caller.returncode for caller in callers] == [0, 0]
    assert len(grants) == 2 * 8 * calls
    assert admin.execute("select granted_count, throttled_count from api_quota").fetchall() == [(len(grants), 0)]
    for begin, _ in grants:
        within = sorted(answered for called, answered in grants if called >= begin)
        assert all(number <= burst + rate * (end - begin) for number, end in enumerate(within, 1))


def test_a_full_bucket_gives_its_burst_and_then_says_how_long_to_wait(quota):
    assert taken_at_once(quota, burst=8.0) == 8
    pause, level = take(quota)
    assert pause > 50
    assert level < 0.1


def test_the_level_can_be_read_without_taking_a_token(quota):
    assert quota.level(*BUCKET, 0.01, 8.0) == 8
    take(quota)
    take(quota)
    assert quota.level(*BUCKET, 0.01, 8.0) == pytest.approx(6, abs=0.1)


def test_buckets_of_others_are_untouched(quota):
    taken_at_once(quota)
    for other in (("app2", *BUCKET[1:]), ("app", "*", *BUCKET[2:]), (*BUCKET[:2], "na", BUCKET[3]), (*BUCKET[:3], "x")):
        assert quota.take(*other, 0.01, 8.0, uuid.uuid4(), LIVE)[0] == 0


def test_a_backfill_leaves_the_last_quarter_of_a_burst_to_live_work(quota):
    assert taken_at_once(quota, priority=BACKFILL) == 6
    assert taken_at_once(quota, priority=LIVE) == 2


def test_a_backfill_may_empty_a_bucket_of_one(quota):
    assert take(quota, burst=1.0, priority=BACKFILL)[0] == 0


def test_live_work_goes_before_a_backfill_that_came_earlier(quota):
    rate, burst = 0.01, 1.0
    assert take(quota, rate=rate, burst=burst)[0] == 0
    early, late = uuid.uuid4(), uuid.uuid4()
    backfill, _ = take(quota, rate=rate, burst=burst, priority=BACKFILL, waiter=early)
    live, _ = take(quota, rate=rate, burst=burst, priority=LIVE, waiter=late)
    assert live == pytest.approx(backfill, abs=40)
    again, _ = take(quota, rate=rate, burst=burst, priority=BACKFILL, waiter=early)
    assert again == pytest.approx(live + 1 / rate, abs=40)


def test_with_equal_priority_the_first_to_come_is_served_first(quota):
    rate, burst = 0.01, 1.0
    take(quota, rate=rate, burst=burst)
    first, second = uuid.uuid4(), uuid.uuid4()
    waits = [take(quota, rate=rate, burst=burst, waiter=waiter)[0] for waiter in (first, second, first)]
    assert waits[1] == pytest.approx(waits[0] + 1 / rate, abs=40)
    assert waits[2] < waits[1]


def test_a_killed_waiter_costs_nothing(quota, admin):
    rate, burst, me = 0.01, 1.0, uuid.uuid4()
    take(quota, rate=rate, burst=burst)
    for _ in range(3):
        take(quota, rate=rate, burst=burst)  # these never come back
    assert take(quota, rate=rate, burst=burst, waiter=me)[0] > 3 / rate, "they are before us in the queue"
    admin.execute("update quota_waiters set expires_at = now() - interval '1 second' where waiter <> %s", [me])
    assert take(quota, rate=rate, burst=burst, waiter=me)[0] < 1.1 / rate, "as if they had never been"
    assert admin.execute("select waiter from quota_waiters").fetchall() == [(me,)]
    assert admin.execute("select granted_count from api_quota").fetchall() == [(1,)]


def test_a_429_empties_the_bucket_for_all_and_thirty_do_no_more(quota, pool):
    rate, burst = 0.01, 8.0
    take(quota, rate=rate, burst=burst)
    for _ in range(30):
        quota.throttled(*BUCKET)
    pause, level = take(quota, rate=rate, burst=burst)
    assert level == pytest.approx(0, abs=0.3)
    assert 60 < pause < 110
    with operator(pool) as conn:
        assert conn.execute("select throttled_count, granted_count from api_quota").fetchone() == (30, 1)


def test_a_rate_that_an_answer_reports_changes_the_speed_and_keeps_the_level(quota, admin):
    taken_at_once(quota)
    quota.observed_rate(*BUCKET, 0.02)
    assert quota.level(*BUCKET, 0.02, 8.0) == pytest.approx(0, abs=0.5)
    admin.execute("update api_quota set full_at = full_at - interval '200 seconds'")  # as if they had passed
    assert quota.level(*BUCKET, 0.02, 8.0) == pytest.approx(4, abs=0.5)


@pytest.mark.parametrize("nonsense", [0.0, -1.0, 1e9, float("nan")])
def test_a_nonsense_rate_is_ignored(quota, nonsense):
    take(quota)
    quota.observed_rate(*BUCKET, nonsense)
    assert take(quota)[0] == 0


def test_a_plan_whose_burst_changed_is_adopted(quota):
    take(quota, burst=8.0)
    assert taken_at_once(quota, burst=3.0) in range(4)
    assert quota.level(*BUCKET, 0.01, 3.0) < 1


def test_a_bucket_whose_clock_was_set_back_is_no_worse_than_empty(quota, admin):
    take(quota, rate=2.0)
    admin.execute("update api_quota set full_at = now() + interval '1 year'")
    assert take(quota, rate=2.0)[0] < 2


@pytest.mark.parametrize("jump", ["1 year", "-1 year"])
def test_a_clock_that_jumps_leaves_a_bucket_between_empty_and_full(quota, admin, jump):
    """Set back, the bucket seems to fill up in the far future; set forward, long ago."""
    rate, burst = 0.01, 8.0
    take(quota, rate=rate, burst=burst)
    admin.execute("update api_quota set full_at = now() + %s::interval", [jump])
    if jump.startswith("-"):
        assert taken_at_once(quota, rate=rate, burst=burst) == 8
    else:
        waiter = uuid.uuid4()
        pause, level = take(quota, rate=rate, burst=burst, waiter=waiter)
        assert level == pytest.approx(0, abs=0.5)
        assert pause < 110
        admin.execute(
            "update api_quota set full_at = full_at - make_interval(secs => %s)", [pause]
        )  # as if it had passed
        assert take(quota, rate=rate, burst=burst, waiter=waiter)[0] == 0, "each call starts the wait again"
    assert 0 <= quota.level(*BUCKET, rate, burst) <= burst


def test_waiters_from_before_the_clock_was_set_back_block_nobody(quota, admin):
    rate, burst = 0.01, 1.0
    take(quota, rate=rate, burst=burst)
    for _ in range(3):
        take(quota, rate=rate, burst=burst)
    admin.execute("update quota_waiters set since = now() + interval '1 hour', expires_at = now() + interval '1 hour'")
    admin.execute("update quota_waiters set priority = -1")
    assert take(quota, rate=rate, burst=burst)[0] < 110
    assert admin.execute("select count(*) from quota_waiters").fetchone() == (1,)


def test_a_place_expires_seconds_after_its_holders_last_call_however_long_the_wait(quota, admin):
    take(quota, rate=0.001, burst=1.0)
    assert take(quota, rate=0.001, burst=1.0)[0] > 900
    ((lapses,),) = admin.execute("select expires_at - clock_timestamp() from quota_waiters").fetchall()
    assert lapses.total_seconds() <= 6


def test_a_rate_reported_to_one_process_is_known_to_all(quota, pipeline_dsn):
    assert quota.rate(*BUCKET) is None
    take(quota, rate=0.01)
    quota.observed_rate(*BUCKET, 3.5)
    with open_pool(pipeline_dsn) as pool:
        assert PostgresQuota(pool).rate(*BUCKET) == 3.5
