"""The one retry: how many tries, with which pauses, and when it gives up."""

import time

import pytest

from xpert_pipeline.spapi.errors import BadRequest, Throttled, Transient
from xpert_pipeline.spapi.sending.deadline import Deadline
from xpert_pipeline.spapi.sending.retry import RetryPolicy, with_retries

POLICY = RetryPolicy(base_seconds=0.01)


class Tries:
    """Raises the given errors one after the other, then returns "done"."""

    def __init__(self, *outcomes):
        self.outcomes = list(outcomes)
        self.count = 0
        self.pauses = []

    def __call__(self, _deadline):
        self.count += 1
        if self.outcomes:
            raise self.outcomes.pop(0)
        return "done"

    def run(self, policy=POLICY, **options):
        return with_retries(self, policy, lambda seconds, _error: self.pauses.append(seconds), **options)


def test_passing_failures_are_tried_up_to_five_times_with_growing_jittered_pauses():
    tries = Tries(*[Transient("x") for _ in range(4)])
    assert tries.run(RetryPolicy(base_seconds=1, cap_seconds=3)) == "done"
    assert tries.count == 5
    assert all(0 <= pause <= most for pause, most in zip(tries.pauses, (1, 2, 3, 3), strict=True))


def test_the_fifth_failure_is_raised():
    tries = Tries(*[Transient(str(n)) for n in range(9)])
    with pytest.raises(Transient, match="4"):
        tries.run()
    assert tries.count == 5


def test_a_permanent_failure_is_tried_once():
    tries = Tries(BadRequest("x"))
    with pytest.raises(BadRequest):
        tries.run()
    assert tries.count == 1


def test_a_first_429_waits_for_the_bucket_alone_and_a_second_one_also_pauses():
    tries = Tries(Throttled("x"), Throttled("x"))
    assert tries.run() == "done"
    assert len(tries.pauses) == 1


def test_no_pause_begins_that_would_outlast_the_deadline():
    tries = Tries(*[Transient("x") for _ in range(9)])
    with pytest.raises(Transient):
        tries.run(RetryPolicy(deadline_seconds=0))
    assert tries.count == 1


def test_after_an_ambiguous_failure_the_result_is_looked_up_first():
    tries = Tries(Transient("lost", ambiguous=True))
    assert tries.run(settle=lambda: "found") == "found"
    assert tries.count == 1


def test_after_a_clear_refusal_nothing_is_looked_up():
    tries = Tries(Transient("busy", ambiguous=False))
    assert tries.run(settle=lambda: pytest.fail("looked")) == "done"


def test_time_in_a_paused_deadline_does_not_count():
    deadline = Deadline(0.2)
    with deadline.paused():
        time.sleep(0.3)
    assert 0.1 < deadline.remaining() <= 0.2
    time.sleep(0.25)
    assert deadline.remaining() == 0
