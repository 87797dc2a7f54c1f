"""The only retry of this package: `backoff`'s exponential waits with full jitter, under one deadline.

Everything that is sent to Amazon runs here, and nowhere else is anything sent twice.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import backoff

from xpert_pipeline.spapi.errors import Transient
from xpert_pipeline.spapi.sending.deadline import Deadline

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and how long one request is tried, 429s included."""

    attempts: int = 5
    base_seconds: float = 2.0
    cap_seconds: float = 60.0
    attempt_seconds: float = 60.0
    deadline_seconds: float = 180.0


def with_retries(
    attempt: Callable[[Deadline], T],
    policy: RetryPolicy,
    pause: Callable[[float, Transient], None],
    settle: Callable[[], T | None] | None = None,
) -> T:
    """Run an attempt until it succeeds, fails for good, or the policy's budget is spent.

    A first 429 is repeated without a pause of its own: the next attempt waits for the bucket. When that
    was not enough, the bucket alone is not the reason, and the usual pauses are added.

    Args:
        attempt: one try; raises Transient for what may be tried again.
        policy: the budget.
        pause: sleeps, interruptibly, before the next try.
        settle: for requests that must not run twice: after a try whose fate is unknown it looks
            whether Amazon did the work, and returns that result, or None to send it again.
    """
    deadline = Deadline(policy.deadline_seconds)
    waits = _waits(policy)
    for number in range(1, policy.attempts + 1):
        try:
            return attempt(deadline)
        except Transient as error:
            wait = next(waits) if error.paced or number > 1 else 0.0
            if number == policy.attempts or wait >= deadline.remaining():
                raise
            if wait:
                pause(wait, error)
            if settle is not None and error.ambiguous and (done := settle()) is not None:
                return done
    raise AssertionError("a retry policy allows at least one attempt")


def _waits(policy: RetryPolicy) -> Iterator[float]:
    waits = backoff.expo(base=2, factor=policy.base_seconds, max_value=policy.cap_seconds)
    next(waits)  # backoff's generators begin with an empty yield
    for wait in waits:
        yield backoff.full_jitter(wait)
