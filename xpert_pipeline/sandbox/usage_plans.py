"""Amazon's published usage plans as token buckets, one for each operation and seller."""

import time
from dataclasses import dataclass, field

from xpert_pipeline.sandbox.pace import Pace

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
}
"""Operation → (tokens a second, burst)."""


@dataclass(slots=True)
class Buckets:
    """Levels of all buckets. A bucket starts full and refills all the time."""

    pace: Pace
    levels: dict[tuple[str, str], tuple[float, float]] = field(default_factory=dict)

    def take(self, operation: str, seller_id: str) -> bool:
        """Take a token; False when there is none, and nothing is taken then."""
        if self.pace.unlimited:
            return True
        rate, burst = PLANS[operation]
        now = time.monotonic()
        level, since = self.levels.get((operation, seller_id), (float(burst), now))
        level = min(float(burst), level + (now - since) * self.pace.rate(rate))
        granted = level >= 1.0
        self.levels[operation, seller_id] = (level - 1.0 if granted else level, now)
        return granted

    def header(self, operation: str) -> str:
        """What x-amzn-RateLimit-Limit says: the rate, never the level."""
        return str(round(self.pace.rate(PLANS[operation][0]), 6))
