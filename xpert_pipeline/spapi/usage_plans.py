"""Amazon's published usage plans: the rate and burst of every operation that this package calls.

They seed the token buckets; what Amazon answers in x-amzn-RateLimit-Limit wins over them.
"""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class UsagePlan:
    """A token bucket: `burst` requests at once, refilled at `rate` per second, for each `scope`."""

    operation: str
    rate: float
    burst: float
    scope: Literal["seller", "app"] = "seller"


_PLANS = {
    plan.operation: plan
    for plan in (
        UsagePlan("searchOrders", 0.0056, 20),
        UsagePlan("searchListingsItems", 5, 5),
        UsagePlan("searchCatalogItems", 2, 2),
        UsagePlan("getOrderMetrics", 0.5, 15),
        UsagePlan("getMarketplaceParticipations", 0.016, 15),
        UsagePlan("createReport", 0.0167, 15),
        UsagePlan("getReport", 2, 15),
        UsagePlan("getReports", 0.0222, 10),
        UsagePlan("getReportDocument", 0.0167, 15),
        UsagePlan("createQuery", 0.0167, 15),
        UsagePlan("getQuery", 2, 15),
        UsagePlan("getQueries", 0.0222, 10),
        UsagePlan("getDocument", 0.0167, 15),
    )
}
OPERATIONS = tuple(_PLANS)


def plan(operation: str) -> UsagePlan:
    """Return the plan of an operation.

    Raises:
        LookupError: for an operation without a plan here: add it before it is called.
    """
    try:
        return _PLANS[operation]
    except KeyError:
        raise LookupError(f"no usage plan for {operation!r}: add it to usage_plans.py") from None


_MINIMUM_INTERVALS: dict[str, float] = {}
"""Report type → seconds between two requests; none is said of the all-orders and listings reports."""


def minimum_interval(report_type: str) -> float | None:
    """Seconds that Amazon wants between two requests of a report type; None where it says nothing."""
    return _MINIMUM_INTERVALS.get(report_type)
