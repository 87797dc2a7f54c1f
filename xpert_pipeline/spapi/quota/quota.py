"""The protocol of shared request quota, and an in-process implementation of it.

A bucket belongs to (app, scope, region, operation). Nobody reserves: a caller takes a due token or is told
how long to sleep before asking again. Processes share buckets through another implementation of `Quota`.
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
    """Names one token bucket at Amazon."""

    app: str
    scope: str
    region: str
    operation: str


def kept_for_live_work(burst: float, priority: int) -> int:
    """Tokens that a caller of this priority leaves in a bucket: a backfill spares the last quarter of a burst."""
    return math.floor(burst / 4) if priority > 0 else 0


class Quota(Protocol):
    """Token buckets that all callers of one application share.

    Whoever waits asks again within `LAPSE_SECONDS`, however long the wait: a place whose holder is silent lapses.
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
        """Take a token, or queue as `waiter`: (seconds to sleep, 0 = granted; level of the bucket)."""

    def take_all(
        self,
        app: str,
        region: str,
        buckets: Sequence[tuple[str, str, float, float]],
        waiter: UUID,
        priority: int,
    ) -> tuple[float, str]:
        """Take a token of each bucket (scope, operation, rate, burst), or of none and queue.

        The buckets come slowest first, in the same order from every caller. Returns seconds to sleep (0 = granted), and
        the operation whose bucket is waited for.
        """

    def throttled(self, app: str, scope: str, region: str, operation: str) -> None:
        """Amazon answered 429: the bucket is empty for all."""

    def observed_rate(self, app: str, scope: str, region: str, operation: str, rate: float) -> None:
        """Amazon told its rate: keep the level, change the speed."""

    def level(self, app: str, scope: str, region: str, operation: str, rate: float, burst: float) -> float:
        """Tokens in the bucket now; rate and burst seed a bucket never used."""

    def rate(self, app: str, scope: str, region: str, operation: str) -> float | None:
        """Tokens a second, as Amazon told any of the callers last; None for a bucket never used."""


def margin(rate: float, burst: float) -> float:
    """Seconds a token is taken late: absorbs latency jitter, so that no 429 is of our own making.

    It costs a full bucket once, but a bucket of one with every token, so there it is small beside a token's time.
    """
    return min(0.25, 0.5 * (burst - 1) / rate if burst > 1 else 0.03 / rate)


@dataclass
class _Bucket:
    rate: float
    burst: float
    tat: float = float("-inf")  # theoretical arrival time: when the bucket would be full but for what was taken
    waiters: dict[UUID, tuple[int, float, float, bool]] = field(default_factory=dict)  # priority, since, expires, holds

    def level(self, now: float) -> float:
        return min(self.burst, self.burst - max(0.0, self.tat - now) * self.rate)

    def wait(self, waiter: UUID, priority: int, now: float) -> float:
        """Seconds until this caller's token is due, behind those who stand before it."""
        since = self.since(waiter, now)
        self.waiters = {who: row for who, row in self.waiters.items() if row[2] >= now or who == waiter}
        others = (row for who, row in self.waiters.items() if who != waiter)
        ahead = [row for row in others if row[:2] < (priority, since)]
        kept, holding = kept_for_live_work(self.burst, priority), sum(1 for row in ahead if row[3])
        due = self.tat + (len(ahead) + kept + 1 - self.burst) / self.rate + margin(self.rate, self.burst)
        if holding:  # their tokens are spoken for, also in a bucket that has been full for long
            due = max(due, now + (holding + kept + 1 - self.level(now)) / self.rate)
        return max(0.0, due - now)

    def since(self, waiter: UUID, now: float) -> float:
        return self.waiters[waiter][1] if waiter in self.waiters else now

    def queue(self, waiter: UUID, priority: int, now: float, seconds: float, *, holds: bool = False) -> None:
        self.waiters[waiter] = (priority, self.since(waiter, now), now + min(seconds, LAPSE_SECONDS) + 1, holds)

    def grant(self, waiter: UUID, now: float) -> None:
        self.tat = max(self.tat, now) + 1 / self.rate
        self.waiters.pop(waiter, None)


class LocalQuota:
    """Token buckets of one process: for tests, and for a single process without a database.

    Args:
        clock: Tells seconds that never go back; tests bring their own.
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
        """Take a token, or queue (live before backfill, then arrival) and return the seconds to sleep."""
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
        """Take a token of each bucket if all are due; else queue, and keep the place in those that are."""
        with self._lock:
            now = self._clock()
            due: list[_Bucket] = []
            for scope, operation, rate, burst in buckets:
                bucket = self._bucket(QuotaKey(app, scope, region, operation), rate, burst)
                if wait := bucket.wait(waiter, priority, now):
                    bucket.queue(waiter, priority, now, wait)
                    for each in due:
                        each.queue(waiter, priority, now, wait, holds=True)
                    return wait, operation
                due.append(bucket)
            for bucket in due:
                bucket.grant(waiter, now)
            return 0.0, ""

    def throttled(self, app: str, scope: str, region: str, operation: str) -> None:
        """Empty the bucket; many late 429s do no more than one."""
        with self._lock:
            bucket = self._buckets.get(QuotaKey(app, scope, region, operation))
            if bucket is not None:
                bucket.tat = max(bucket.tat, self._clock() + bucket.burst / bucket.rate)

    def observed_rate(self, app: str, scope: str, region: str, operation: str, rate: float) -> None:
        """Follow Amazon's rate up and down, keeping the level."""
        with self._lock:
            bucket = self._buckets.get(QuotaKey(app, scope, region, operation))
            if bucket is None or abs(bucket.rate - rate) <= 0.005 * bucket.rate:
                return
            now = self._clock()
            given_back = margin(bucket.rate, bucket.burst) * max(0.0, bucket.rate - rate)  # it was low before we heard
            missing = max(0.0, bucket.tat - now) * bucket.rate + given_back
            bucket.tat = now + min(bucket.burst, missing) / rate
            bucket.rate = rate

    def level(self, app: str, scope: str, region: str, operation: str, rate: float, burst: float) -> float:
        """Tokens in the bucket now."""
        with self._lock:
            bucket = self._bucket(QuotaKey(app, scope, region, operation), rate, burst)
            return bucket.level(self._clock())

    def rate(self, app: str, scope: str, region: str, operation: str) -> float | None:
        """Tokens a second, as Amazon told last."""
        with self._lock:
            bucket = self._buckets.get(QuotaKey(app, scope, region, operation))
            return bucket.rate if bucket else None

    def _bucket(self, key: QuotaKey, rate: float, burst: float) -> _Bucket:
        if key not in self._buckets:
            self._buckets[key] = _Bucket(rate, burst)
        return self._buckets[key]
