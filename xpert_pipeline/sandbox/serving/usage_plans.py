"""Usage plans as token buckets, one for each operation and seller. The plans are declared with the operations."""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from xpert_pipeline.sandbox.serving.pace import Pace


class Plan(NamedTuple):
    """A usage plan.

    Attributes:
        rate: Tokens that a bucket gets back per second, at Amazon's own pace.
        burst: Tokens that a full bucket holds.
    """

    rate: float
    burst: int


@dataclass(slots=True)
class Buckets:
    """Levels of all buckets. A bucket starts full and refills all the time.

    Attributes:
        pace: The sandbox's pace; it multiplies every rate.
        plans: Amazon's plan for each operation.
        levels: Level, and the time of that level, by operation and seller.
        changed: Plans that differ from Amazon's: for one seller, or (None) for all sellers without their own plan.
    """

    pace: Pace
    plans: Mapping[str, tuple[float, int]]
    levels: dict[tuple[str, str], tuple[float, float]] = field(default_factory=dict)
    changed: dict[tuple[str, str | None], tuple[float, int]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def plan(self, operation: str, seller_id: str | None = None) -> tuple[float, int]:
        """Return the enforced rate (at Amazon's own pace) and burst."""
        for key in ((operation, seller_id), (operation, None)):
            if key in self.changed:
                return self.changed[key]
        return self.plans[operation]

    def change(self, operation: str, rate: float, burst: int | None = None, seller_id: str | None = None) -> None:
        """Give an operation another plan from now on; the buckets keep their current levels.

        Args:
            operation: Name of the operation.
            rate: Tokens per second at Amazon's own pace.
            burst: Size of the bucket; None leaves it unchanged.
            seller_id: The seller whose plan changes; None for all.

        Raises:
            ValueError: The operation is unknown, or the plan grants nothing.
        """
        if operation not in self.plans:
            raise ValueError(f"there is no operation {operation!r}; there are: {', '.join(self.plans)}")
        if rate <= 0 or (burst is not None and burst < 1):
            raise ValueError("a plan needs a rate above 0 and a burst of at least 1")
        with self.lock:
            for name, seller in list(self.levels):
                if name == operation and seller_id in (None, seller):
                    self.levels[name, seller] = self._level(name, seller)
            present_burst = self.plan(operation, seller_id)[1]
            self.changed[operation, seller_id] = (float(rate), present_burst if burst is None else burst)

    def take(self, operation: str, seller_id: str) -> bool:
        """Take a token. If the bucket is empty, take nothing and return False."""
        if self.pace.unlimited:
            return True
        with self.lock:
            level, now = self._level(operation, seller_id)
            granted = level >= 1.0
            self.levels[operation, seller_id] = (level - 1.0 if granted else level, now)
            return granted

    def header(self, operation: str, seller_id: str | None = None) -> str:
        """Return the value of x-amzn-RateLimit-Limit: the rate, never the level."""
        return str(round(self.pace.rate(self.plan(operation, seller_id)[0]), 6))

    def as_json(self) -> list[dict[str, Any]]:
        """Return every plan: first those for all sellers, then those for individual sellers."""
        keys: list[tuple[str, str | None]] = [(operation, None) for operation in self.plans]
        keys += [key for key in self.changed if key[1] is not None]
        plans = [(*key, *self.plan(*key)) for key in keys]
        return [
            {"operation": name, "seller": seller, "rate": rate, "burst": burst} for name, seller, rate, burst in plans
        ]

    def _level(self, operation: str, seller_id: str) -> tuple[float, float]:
        """Return the current level of a bucket, and the current time."""
        rate, burst = self.plan(operation, seller_id)
        now = time.monotonic()
        level, since = self.levels.get((operation, seller_id), (float(burst), now))
        return min(float(burst), level + (now - since) * self.pace.rate(rate)), now
