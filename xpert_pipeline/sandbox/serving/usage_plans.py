"""Amazon's published usage plans as token buckets, one for each operation and seller."""

import threading
import time
from dataclasses import dataclass, field
from typing import Any

from xpert_pipeline.sandbox.serving.pace import Pace

PLANS: dict[str, tuple[float, int]] = {
    "getMarketplaceParticipations": (0.016, 15),
    "searchOrders": (0.0056, 20),
    "getOrder": (0.5, 30),
    "searchListingsItems": (5.0, 5),
    "searchCatalogItems": (2.0, 2),
    "getOrderMetrics": (0.5, 15),
    "createReport": (0.0167, 15),
    "getReports": (0.0222, 10),
    "getReport": (2.0, 15),
    "cancelReport": (0.0222, 10),
    "getReportDocument": (0.0167, 15),
    "createQuery": (0.0167, 15),
    "getQueries": (0.0222, 10),
    "getQuery": (2.0, 15),
    "cancelQuery": (0.0222, 10),
    "getDocument": (0.0167, 15),
}
"""Operation → (tokens a second, burst)."""


@dataclass(slots=True)
class Buckets:
    """Levels of all buckets. A bucket starts full and refills all the time.

    `changed` are plans that differ from Amazon's: of one seller, or (None) of all that have none of their own.
    """

    pace: Pace
    levels: dict[tuple[str, str], tuple[float, float]] = field(default_factory=dict)
    changed: dict[tuple[str, str | None], tuple[float, int]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def plan(self, operation: str, seller_id: str | None = None) -> tuple[float, int]:
        """Rate (at Amazon's own pace) and burst that are enforced."""
        for key in ((operation, seller_id), (operation, None)):
            if key in self.changed:
                return self.changed[key]
        return PLANS[operation]

    def change(self, operation: str, rate: float, burst: int | None = None, seller_id: str | None = None) -> None:
        """Give an operation another plan from now on; what has been refilled until now stays.

        Args:
            operation: Of the API.
            rate: Tokens a second at Amazon's own pace; the sandbox's pace multiplies it.
            burst: Size of the bucket; None leaves it.
            seller_id: Whose plan it is; None for all.

        Raises:
            ValueError: For an unknown operation, or a plan that grants nothing.
        """
        if operation not in PLANS:
            raise ValueError(f"there is no operation {operation!r}; there are: {', '.join(PLANS)}")
        if rate <= 0 or (burst is not None and burst < 1):
            raise ValueError("a plan needs a rate above 0 and a burst of at least 1")
        with self.lock:
            for name, seller in list(self.levels):
                if name == operation and seller_id in (None, seller):
                    self.levels[name, seller] = self._level(name, seller)
            kept = self.plan(operation, seller_id)[1]
            self.changed[operation, seller_id] = (float(rate), kept if burst is None else burst)

    def take(self, operation: str, seller_id: str) -> bool:
        """Take a token; False when there is none, and nothing is taken then."""
        if self.pace.unlimited:
            return True
        with self.lock:
            level, now = self._level(operation, seller_id)
            granted = level >= 1.0
            self.levels[operation, seller_id] = (level - 1.0 if granted else level, now)
            return granted

    def header(self, operation: str, seller_id: str | None = None) -> str:
        """What x-amzn-RateLimit-Limit says: the rate, never the level."""
        return str(round(self.pace.rate(self.plan(operation, seller_id)[0]), 6))

    def as_json(self) -> list[dict[str, Any]]:
        """Every plan: those of all sellers, then those of single ones."""
        keys: list[tuple[str, str | None]] = [(operation, None) for operation in PLANS]
        keys += [key for key in self.changed if key[1] is not None]
        plans = [(*key, *self.plan(*key)) for key in keys]
        return [
            {"operation": name, "seller": seller, "rate": rate, "burst": burst} for name, seller, rate, burst in plans
        ]

    def _level(self, operation: str, seller_id: str) -> tuple[float, float]:
        """The level of a bucket now, and now."""
        rate, burst = self.plan(operation, seller_id)
        now = time.monotonic()
        level, since = self.levels.get((operation, seller_id), (float(burst), now))
        return min(float(burst), level + (now - since) * self.pace.rate(rate)), now
