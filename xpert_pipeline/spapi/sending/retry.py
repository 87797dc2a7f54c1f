"""The only retry loop in this package: `backoff`'s exponential waits with full jitter, under one deadline.

Every request to Amazon runs here; nothing else sends a request twice.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import backoff

from xpert_pipeline.spapi.errors import Transient, Unconfirmed
from xpert_pipeline.spapi.sending.deadline import Deadline

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and how long to try one request, including 429s.

    Attributes:
        attempts: The most tries.
        base_seconds: Longest pause before the second try; it doubles with each further try.
        cap_seconds: Longest pause.
        attempt_seconds: Longest time for one try.
        deadline_seconds: Longest time for all tries and pauses together, without waits for quota.
    """

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

    After a first 429 there is no pause, because the next attempt waits for its token anyway. After a second one the
    usual pauses are added, because the token bucket alone cannot be the cause. A refused request that is sent again for
    confirmation waits for the whole pause, so that both tries do not fall into the same moment. Its try does not count,
    so that a refusal on the last one is confirmed, too.

    Args:
        attempt: One try; raises Transient for a temporary failure.
        policy: The budget.
        pause: Sleeps before the next try; may be interrupted.
        settle: For requests that must not be sent twice. After a try with an unknown outcome, it looks up whether
            Amazon did the work; it returns that result, or None to send the request again.
    """
    deadline = Deadline(policy.deadline_seconds)
    waits = _waits(policy)
    spared = 0
    for number in range(1, 2 * policy.attempts):
        try:
            return attempt(deadline)
        except Transient as error:
            if isinstance(error, Unconfirmed) and spared + 1 < policy.attempts:
                spared += 1
            longest = next(waits) if error.paced or number > 1 else 0.0
            wait = backoff.full_jitter(longest) if error.jittered else longest
            if number - spared == policy.attempts or wait >= deadline.remaining():
                raise
            if wait:
                pause(wait, error)
            if settle is not None and error.ambiguous and (done := settle()) is not None:
                return done
    raise AssertionError("a retry policy allows at least one attempt")


def _waits(policy: RetryPolicy) -> Iterator[float]:
    waits = backoff.expo(base=2, factor=policy.base_seconds, max_value=policy.cap_seconds)
    next(waits)  # the first value of backoff's generators is empty
    yield from waits
