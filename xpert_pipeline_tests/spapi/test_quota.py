"""Token buckets in one process: due tokens, queueing, 429s and changed rates."""

import threading
import time
from uuid import uuid4

import pytest

from xpert_pipeline.spapi.quota import LocalQuota

KEY = ("app", "seller", "eu", "op")


def take(quota, rate=20.0, burst=2.0, waiter=None, priority=0):
    return quota.take(*KEY, rate, burst, waiter or uuid4(), priority)


def test_a_full_bucket_grants_its_burst_and_then_makes_wait():
    quota = LocalQuota()
    waits = [take(quota, rate=1.0, burst=4.0) for _ in range(5)]
    assert [wait for wait, _ in waits[:3]] == [0, 0, 0]
    assert waits[3][0] == pytest.approx(0.25, abs=0.05)  # the last token is taken a little late, against jitter
    assert waits[4][0] == pytest.approx(1.25, abs=0.05)  # and this one stands behind the one before
    assert waits[4][1] == pytest.approx(1, abs=0.05)


def test_the_level_is_told_without_taking_anything():
    quota = LocalQuota()
    assert quota.level(*KEY, 0.0056, 20.0) == 20
    take(quota, 0.0056, 20.0)
    assert quota.level(*KEY, 0.0056, 20.0) == pytest.approx(19, abs=0.01)


def test_waiting_as_told_gets_the_token():
    quota, me = LocalQuota(), uuid4()
    for _ in range(2):
        take(quota)
    wait, _ = take(quota, waiter=me)
    time.sleep(wait + 0.001)
    assert take(quota, waiter=me)[0] == 0


def test_live_work_stands_before_a_backfill_that_came_earlier():
    quota, backfill, live = LocalQuota(), uuid4(), uuid4()
    for _ in range(2):
        take(quota)
    first, _ = take(quota, waiter=backfill, priority=1)
    second, _ = take(quota, waiter=live, priority=0)
    assert second < first + 0.01
    again, _ = take(quota, waiter=backfill, priority=1)
    assert again > second


def test_a_backfill_leaves_the_last_quarter_of_a_burst_to_live_work():
    quota = LocalQuota()
    assert [take(quota, rate=0.01, burst=8.0, priority=1)[0] for _ in range(5)] == [0] * 5
    assert take(quota, rate=0.01, burst=8.0, priority=1)[0] == pytest.approx(0.25, abs=0.1)  # the margin alone
    assert [take(quota, rate=0.01, burst=8.0, priority=0)[0] for _ in range(2)] == [0, 0]
    assert take(quota, rate=0.01, burst=8.0, priority=1)[0] > 150


def test_a_waiter_that_never_returns_costs_nothing():
    quota = LocalQuota()
    take(quota, rate=50.0, burst=1.0)
    take(quota, rate=50.0, burst=1.0)  # this one is killed
    time.sleep(1.2)
    assert take(quota, rate=50.0, burst=1.0)[0] == 0


def test_a_429_empties_the_bucket_and_late_ones_do_no_more():
    quota = LocalQuota()
    take(quota, rate=1.0, burst=10.0)
    for _ in range(30):
        quota.throttled(*KEY)
    wait, level = take(quota, rate=1.0, burst=10.0)
    assert level < 0.1
    assert 0.9 < wait < 1.4


def test_a_new_rate_keeps_the_level():
    quota = LocalQuota()
    for _ in range(10):
        take(quota, rate=0.0056, burst=20.0)
    quota.observed_rate(*KEY, 5.6)
    assert quota.level(*KEY, 0.0056, 20.0) == pytest.approx(10, abs=0.2)
    time.sleep(0.3)
    assert quota.level(*KEY, 0.0056, 20.0) > 11


def test_a_much_higher_rate_makes_nobody_wait_for_the_margin():
    """The margin was a fixed quarter of a second, so a limitless sandbox allowed four calls a second."""
    quota = LocalQuota()
    take(quota, rate=5.0, burst=5.0)
    quota.observed_rate(*KEY, 100_000.0)
    time.sleep(0.01)
    start = time.monotonic()
    for _ in range(200):
        me = uuid4()
        while (wait := take(quota, rate=5.0, burst=5.0, waiter=me)[0]) > 0:
            time.sleep(wait)
    assert time.monotonic() - start < 1


def test_threads_never_get_more_tokens_than_there_are():
    quota, granted = LocalQuota(), []

    def work():
        me = uuid4()
        while (wait := take(quota, rate=40.0, burst=5.0, waiter=me)[0]) > 0:
            time.sleep(wait)
        granted.append(time.monotonic())

    start = time.monotonic()
    threads = [threading.Thread(target=work) for _ in range(25)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    granted.sort()
    assert all(when - start >= (n - 5) / 40 for n, when in enumerate(granted))
    assert granted[-1] - start < 1.5
