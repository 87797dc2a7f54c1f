"""The protocol of a shared request quota, and an implementation for one process.

A bucket belongs to (app, scope, region, operation). A caller takes a token that is due now, or learns how long to sleep
before it tries again. Processes share buckets through another implementation of `Quota`.
"""

import math
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

LAPSE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class QuotaKey:
    """The name of one token bucket at Amazon."""

    app: str
    scope: str
    region: str
    operation: str


def kept_for_live_work(burst: float, priority: int) -> int:
    """Return the tokens that a caller of this priority leaves in a bucket: for a backfill, a quarter of the burst."""
    return math.floor(burst / 4) if priority > 0 else 0


class Quota(Protocol):
    """Token buckets that all callers of one application share.

    A waiting caller must try again within `LAPSE_SECONDS`, however long the wait; otherwise it loses its place.
    """

    def take(
        self,
        app: str,
        scope: str,
        region: str,
        operation: str,
        rate: float,
        burst: float,
        waiter: UUID,
        priority: int,
    ) -> tuple[float, float]:
        """Take a token, or queue as `waiter`. Return the seconds to sleep (0 = granted) and the bucket's level."""

    def take_all(
        self,
        app: str,
        region: str,
        buckets: Sequence[tuple[str, str, float, float]],
        waiter: UUID,
        priority: int,
    ) -> tuple[float, str]:
        """Take a token from every bucket (scope, operation, rate, burst), or take none and queue.

        Every caller must pass the buckets in the same order, slowest first. Return the seconds to sleep (0 = granted)
        and the operation whose bucket the caller waits for.
        """

    def throttled(self, app: str, scope: str, region: str, operation: str) -> None:
        """Record that Amazon answered 429: the bucket is empty for all callers."""

    def observed_rate(self, app: str, scope: str, region: str, operation: str, rate: float) -> None:
        """Record the rate in Amazon's answer: the bucket keeps its level and refills at the new rate."""

    def level(self, app: str, scope: str, region: str, operation: str, rate: float, burst: float) -> float:
        """Return the tokens in the bucket now; `rate` and `burst` apply if the bucket was never used before."""

    def rate(self, app: str, scope: str, region: str, operation: str) -> float | None:
        """Return the tokens per second in Amazon's last answer to any caller; None if the bucket was never used."""


def margin(rate: float, burst: float) -> float:
    """Return how many seconds late we take a token, to absorb network jitter that could cause a 429.

    A bucket with several tokens loses this time once per burst. A bucket with one token loses it with every token, so
    its margin is small compared with the time for a token.
    """
    return min(0.25, 0.5 * (burst - 1) / rate if burst > 1 else 0.03 / rate)


@dataclass
class _Bucket:
    rate: float
    burst: float
    full_at: float = float("-inf")  # when the bucket will be full again if nobody takes a token
    waiters: dict[UUID, tuple[int, float, float, bool]] = field(default_factory=dict)  # priority, since, expires, holds

    def level(self, now: float) -> float:
        return min(self.burst, self.burst - max(0.0, self.full_at - now) * self.rate)

    def wait(self, waiter: UUID, priority: int, now: float) -> float:
        """Return the seconds until this caller's token is due, after the tokens for the callers ahead of it."""
        since = self.since(waiter, now)
        self.waiters = {who: row for who, row in self.waiters.items() if row[2] >= now or who == waiter}
        others = (row for who, row in self.waiters.items() if who != waiter)
        ahead = [row for row in others if row[:2] < (priority, since)]
        kept, holding = kept_for_live_work(self.burst, priority), sum(1 for row in ahead if row[3])
        due = self.full_at + (len(ahead) + kept + 1 - self.burst) / self.rate + margin(self.rate, self.burst)
        if holding:  # their tokens are reserved, even if the bucket has long been full
            due = max(due, now + (holding + kept + 1 - self.level(now)) / self.rate)
        return max(0.0, due - now)

    def since(self, waiter: UUID, now: float) -> float:
        return self.waiters[waiter][1] if waiter in self.waiters else now

    def queue(self, waiter: UUID, priority: int, now: float, seconds: float, *, holds: bool = False) -> None:
        self.waiters[waiter] = (priority, self.since(waiter, now), now + min(seconds, LAPSE_SECONDS) + 1, holds)

    def grant(self, waiter: UUID, now: float) -> None:
        self.full_at = max(self.full_at, now) + 1 / self.rate
        self.waiters.pop(waiter, None)


class LocalQuota:
    """Token buckets of one process: for tests, and for a single process without a database.

    Args:
        clock: Returns monotonic seconds; tests pass their own.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._buckets: dict[QuotaKey, _Bucket] = {}
        self._lock = threading.Lock()

    def take(
        self,
        app: str,
        scope: str,
        region: str,
        operation: str,
        rate: float,
        burst: float,
        waiter: UUID,
        priority: int,
    ) -> tuple[float, float]:
        """Take a token, or queue: live work before backfills, then by arrival."""
        with self._lock:
            now = self._clock()
            bucket = self._bucket(QuotaKey(app, scope, region, operation), rate, burst)
            level, wait = bucket.level(now), bucket.wait(waiter, priority, now)
            if wait == 0.0:
                bucket.grant(waiter, now)
            else:
                bucket.queue(waiter, priority, now, wait)
            return wait, level

    def take_all(
        self,
        app: str,
        region: str,
        buckets: Sequence[tuple[str, str, float, float]],
        waiter: UUID,
        priority: int,
    ) -> tuple[float, str]:
        """Take a token from every bucket if all are due; else queue, and reserve the tokens that are due."""
        with self._lock:
            now = self._clock()
            due_buckets: list[_Bucket] = []
            for scope, operation, rate, burst in buckets:
                bucket = self._bucket(QuotaKey(app, scope, region, operation), rate, burst)
                if wait := bucket.wait(waiter, priority, now):
                    bucket.queue(waiter, priority, now, wait)
                    for due_bucket in due_buckets:
                        due_bucket.queue(waiter, priority, now, wait, holds=True)
                    return wait, operation
                due_buckets.append(bucket)
            for bucket in due_buckets:
                bucket.grant(waiter, now)
            return 0.0, ""

    def throttled(self, app: str, scope: str, region: str, operation: str) -> None:
        """Empty the bucket; several late 429s have the same effect as one."""
        with self._lock:
            bucket = self._buckets.get(QuotaKey(app, scope, region, operation))
            if bucket is not None:
                bucket.full_at = max(bucket.full_at, self._clock() + bucket.burst / bucket.rate)

    def observed_rate(self, app: str, scope: str, region: str, operation: str, rate: float) -> None:
        """Follow Amazon's rate up and down; the level stays the same."""
        with self._lock:
            bucket = self._buckets.get(QuotaKey(app, scope, region, operation))
            if bucket is None or abs(bucket.rate - rate) <= 0.005 * bucket.rate:
                return
            now = self._clock()
            given_back = margin(bucket.rate, bucket.burst) * max(0.0, bucket.rate - rate)  # it fell before we knew
            missing = max(0.0, bucket.full_at - now) * bucket.rate + given_back
            bucket.full_at = now + min(bucket.burst, missing) / rate
            bucket.rate = rate

    def level(self, app: str, scope: str, region: str, operation: str, rate: float, burst: float) -> float:
        """Return the tokens in the bucket now."""
        with self._lock:
            bucket = self._bucket(QuotaKey(app, scope, region, operation), rate, burst)
            return bucket.level(self._clock())

    def rate(self, app: str, scope: str, region: str, operation: str) -> float | None:
        """Return the tokens per second in Amazon's last answer."""
        with self._lock:
            bucket = self._buckets.get(QuotaKey(app, scope, region, operation))
            return bucket.rate if bucket else None

    def _bucket(self, key: QuotaKey, rate: float, burst: float) -> _Bucket:
        if key not in self._buckets:
            self._buckets[key] = _Bucket(rate, burst)
        return self._buckets[key]
