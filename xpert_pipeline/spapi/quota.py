"""The protocol of shared request quota, and an in-process implementation of it.

A bucket belongs to (app, scope, region, operation). Nobody reserves: a caller takes a due token or is told
how long to sleep before asking again. Processes share buckets through another implementation of `Quota`.
"""

import math
import threading
import time
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class QuotaKey:
    """Names one token bucket at Amazon."""

    app: str
    scope: str
    region: str
    operation: str


def kept_for_live_work(burst: float, priority: int) -> int:
    """Tokens that a caller of this priority leaves in a bucket: a backfill spares the last quarter of a burst."""
    return math.floor(burst / 4) if priority > 0 else 0


class Quota(Protocol):
    """Token buckets that all callers of one application share."""

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
        """Take a token, or queue as `waiter`: (seconds to sleep, 0 = granted; level of the bucket)."""

    def throttled(self, app: str, scope: str, region: str, operation: str) -> None:
        """Amazon answered 429: the bucket is empty for all."""

    def observed_rate(self, app: str, scope: str, region: str, operation: str, rate: float) -> None:
        """Amazon told its rate: keep the level, change the speed."""

    def level(self, app: str, scope: str, region: str, operation: str, rate: float, burst: float) -> float:
        """Tokens in the bucket now; rate and burst seed a bucket never used."""


@dataclass
class _Bucket:
    rate: float
    burst: float
    tat: float = float("-inf")  # theoretical arrival time: when the bucket would be full but for what was taken
    waiters: dict[UUID, tuple[int, float, float]] = field(default_factory=dict)  # priority, since, expires

    @property
    def margin(self) -> float:
        """Seconds a token is taken late: absorbs latency jitter, so that no 429 is of our own making."""
        return min(0.25, 0.5 * (self.burst - 1) / self.rate) if self.burst > 1 else 0.02 / self.rate

    def level(self, now: float) -> float:
        return min(self.burst, self.burst - max(0.0, self.tat - now) * self.rate)


class LocalQuota:
    """Token buckets of one process: for tests, and for a single process without a database."""

    def __init__(self) -> None:
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
        """Take a token, or queue (live before backfill, then arrival) and return the seconds to sleep."""
        with self._lock:
            now = time.monotonic()
            bucket = self._bucket(QuotaKey(app, scope, region, operation), rate, burst)
            level = bucket.level(now)
            _, since, _ = bucket.waiters.get(waiter, (priority, now, now))
            bucket.waiters = {who: row for who, row in bucket.waiters.items() if row[2] >= now}
            bucket.waiters.pop(waiter, None)
            ahead = sum(1 for row in bucket.waiters.values() if row[:2] < (priority, since))
            ahead += kept_for_live_work(burst, priority)
            due = bucket.tat + (ahead + 1 - bucket.burst) / bucket.rate + bucket.margin
            wait = max(0.0, due - now)
            if wait == 0.0:
                bucket.tat = max(bucket.tat, now) + 1 / bucket.rate
            else:
                bucket.waiters[waiter] = (priority, since, now + wait + 1)
            return wait, level

    def throttled(self, app: str, scope: str, region: str, operation: str) -> None:
        """Empty the bucket; many late 429s do no more than one."""
        with self._lock:
            bucket = self._buckets.get(QuotaKey(app, scope, region, operation))
            if bucket is not None:
                bucket.tat = max(bucket.tat, time.monotonic() + bucket.burst / bucket.rate)

    def observed_rate(self, app: str, scope: str, region: str, operation: str, rate: float) -> None:
        """Follow Amazon's rate up and down, keeping the level."""
        with self._lock:
            bucket = self._buckets.get(QuotaKey(app, scope, region, operation))
            if bucket is None or abs(bucket.rate - rate) <= 0.005 * bucket.rate:
                return
            now = time.monotonic()
            bucket.tat = now + max(0.0, bucket.tat - now) * bucket.rate / rate
            bucket.rate = rate

    def level(self, app: str, scope: str, region: str, operation: str, rate: float, burst: float) -> float:
        """Tokens in the bucket now."""
        with self._lock:
            bucket = self._bucket(QuotaKey(app, scope, region, operation), rate, burst)
            return bucket.level(time.monotonic())

    def _bucket(self, key: QuotaKey, rate: float, burst: float) -> _Bucket:
        if key not in self._buckets:
            self._buckets[key] = _Bucket(rate, burst)
        return self._buckets[key]
