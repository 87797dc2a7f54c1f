"""Token buckets in one process: due tokens, queues, 429s and changed rates. Tests control the time."""

import threading
import time
from uuid import uuid4

import pytest

from xpert_pipeline.spapi.quota.quota import LocalQuota, margin

KEY = ("app", "seller", "eu", "op")


class Clock:
    """A clock that moves only when a test advances it; each reading adds a tiny step, so that no two are equal."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        self.now += 1e-7
        return self.now

    def sleep(self, seconds):
        self.now += seconds


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def quota(clock):
    return LocalQuota(clock)


def take(quota, rate=20.0, burst=2.0, waiter=None, priority=0):
    return quota.take(*KEY, rate, burst, waiter or uuid4(), priority)


def about(value):
    return pytest.approx(value, abs=1e-4)


def test_a_full_bucket_grants_its_burst_and_then_makes_wait(quota):
    waits = [take(quota, rate=1.0, burst=4.0) for _ in range(5)]
    assert [wait for wait, _ in waits[:3]] == [0, 0, 0]
    assert waits[3] == about((0.25, 1))  # the last token is taken a little late, against jitter
    assert waits[4] == about((1.25, 1))  # and this one queues behind the one before


def test_reading_the_level_takes_no_token(quota):
    assert quota.level(*KEY, 0.0056, 20.0) == 20
    take(quota, 0.0056, 20.0)
    assert quota.level(*KEY, 0.0056, 20.0) == about(19)


def test_a_caller_that_waits_as_long_as_it_should_gets_the_token(quota, clock):
    me = uuid4()
    for _ in range(2):
        take(quota)
    wait, _ = take(quota, waiter=me)
    clock.sleep(wait - 0.001)
    assert take(quota, waiter=me)[0] == about(0.001)
    clock.sleep(0.0011)
    assert take(quota, waiter=me)[0] == 0


def test_live_work_comes_before_a_backfill_that_came_earlier(quota):
    backfill, live = uuid4(), uuid4()
    for _ in range(2):
        take(quota)
    first, _ = take(quota, waiter=backfill, priority=1)
    assert take(quota, waiter=live, priority=0)[0] == about(first)
    again, _ = take(quota, waiter=backfill, priority=1)
    assert again == about(first + 1 / 20)


def test_a_backfill_leaves_the_last_quarter_of_a_burst_to_live_work(quota):
    assert [take(quota, rate=0.01, burst=8.0, priority=1)[0] for _ in range(5)] == [0] * 5
    assert take(quota, rate=0.01, burst=8.0, priority=1)[0] == about(0.25)  # the margin alone
    assert [take(quota, rate=0.01, burst=8.0, priority=0)[0] for _ in range(2)] == [0, 0]
    assert take(quota, rate=0.01, burst=8.0, priority=1)[0] > 150


def test_a_waiter_that_never_returns_costs_nothing(quota, clock):
    take(quota, rate=50.0, burst=1.0)
    take(quota, rate=50.0, burst=1.0)  # this one is killed
    clock.sleep(1.2)
    assert take(quota, rate=50.0, burst=1.0)[0] == 0


def test_a_429_empties_the_bucket_and_late_ones_do_no_more(quota):
    take(quota, rate=1.0, burst=10.0)
    for _ in range(30):
        quota.throttled(*KEY)
    assert take(quota, rate=1.0, burst=10.0) == about((1.25, 0))


def test_a_new_rate_keeps_the_level(quota, clock):
    for _ in range(10):
        take(quota, rate=0.0056, burst=20.0)
    quota.observed_rate(*KEY, 5.6)
    assert quota.level(*KEY, 0.0056, 20.0) == about(10)
    clock.sleep(1)
    assert quota.level(*KEY, 0.0056, 20.0) == about(15.6)


def test_a_much_higher_rate_makes_nobody_wait_for_the_margin(quota, clock):
    """The margin was a fixed quarter of a second, so a sandbox without limits allowed four calls a second."""
    take(quota, rate=5.0, burst=5.0)
    quota.observed_rate(*KEY, 100_000.0)
    start = clock.now
    for _ in range(200):
        me = uuid4()
        while (wait := take(quota, rate=5.0, burst=5.0, waiter=me)[0]) > 0:
            clock.sleep(wait)
    assert clock.now - start < 0.01


def test_threads_never_get_more_tokens_than_there_are_and_all_get_one():
    """In real time no token is granted before it is due, however slow the machine is."""
    quota, granted = LocalQuota(), []

    def job():
        me = uuid4()
        while (wait := take(quota, rate=40.0, burst=5.0, waiter=me)[0]) > 0:
            time.sleep(wait)
        granted.append(time.monotonic())

    start = time.monotonic()
    threads = [threading.Thread(target=job) for _ in range(25)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    granted.sort()
    assert len(granted) == 25
    assert all(when - start >= (n - 5) / 40 for n, when in enumerate(granted))


def test_callers_who_wait_as_told_waste_nothing(quota, clock):
    """If callers always wait for a bucket, every token is taken, a margin late."""
    rate, burst, calls = 40.0, 5.0, 100
    start, callers = clock.now, [uuid4() for _ in range(8)]
    granted, last = 0, 0.0
    while granted < calls:
        waits = []
        for place, me in enumerate(callers):
            wait, _ = take(quota, rate=rate, burst=burst, waiter=me)
            if wait:
                waits.append(wait)
            else:
                granted, last, callers[place] = granted + 1, clock.now, uuid4()
        if waits:
            clock.sleep(min(waits))
    assert last - start == about((granted - burst) / rate + margin(rate, burst))
