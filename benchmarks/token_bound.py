"""The least time that Amazon's token buckets allow for a set of calls: arithmetic over the published plans.

A table of its own on purpose: a wrong rate in the pipeline or the sandbox shows as a figure that cannot be.
"""

from collections.abc import Mapping
from dataclasses import dataclass

PLANS: dict[str, tuple[float, int]] = {
    "searchOrders": (0.0056, 20),
    "searchListingsItems": (5.0, 5),
    "searchCatalogItems": (2.0, 2),
    "getInventorySummaries": (2.0, 2),
    "getOrderMetrics": (0.5, 15),
    "getMarketplaceParticipations": (0.016, 15),
    "createReport": (0.0167, 15),
    "getReport": (2.0, 15),
    "getReports": (0.0222, 10),
    "getReportDocument": (0.0167, 15),
    "createQuery": (0.0167, 15),
    "getQuery": (2.0, 15),
    "getQueries": (0.0222, 10),
    "getDocument": (0.0167, 15),
}
"""Operation → (tokens a second, burst), as Amazon publishes them."""

WITHOUT_PLAN = frozenset(("requestAccessToken", "downloadDocument"))
"""Requests that no bucket limits: tokens of Login with Amazon, and documents from its storage."""

GENERATION_SECONDS = 20.0
GENERATION_SECONDS_PER_ROW = 1 / 20_000
QUERY_SECONDS = 40.0
"""A Data Kiosk query takes this instead of a report's 20 seconds, and as much for a row."""
CATALOGUE, ORDERS = "products", "orders"
QUERIES = frozenset(("economics_daily", "traffic_daily"))
"""Tables that are read by Data Kiosk queries: branches of their own, asked for when a run starts."""
CALLS_OF = {
    CATALOGUE: ("searchListingsItems", "searchCatalogItems"),
    ORDERS: ("getOrderMetrics", "searchOrders"),
    **dict.fromkeys(QUERIES, ("createQuery",)),
}
"""Branch → the operations that it calls beside those that wait for a report or a query."""


@dataclass(frozen=True)
class Bound:
    """The least time of a sync, and what dictates it.

    Attributes:
        seconds: The time.
        decided_by: The operation whose bucket dictates it, or the branch; None if nothing has to wait.
        calls: How many calls of that operation were answered, or of the operations in `CALLS_OF` of that branch.
    """

    seconds: float
    decided_by: str | None = None
    calls: int = 0


def wait(operation: str, calls: int, scale: float) -> float:
    """Seconds before the last of so many calls can have its token, from a full bucket.

    Raises:
        LookupError: For an operation without a plan here.
    """
    if operation in WITHOUT_PLAN:
        return 0.0
    try:
        rate, burst = PLANS[operation]
    except KeyError:
        raise LookupError(f"no usage plan for {operation!r}: add Amazon's to benchmarks/token_bound.py") from None
    return max(0, calls - burst) / (rate * scale)


def generation(rows: int, scale: float, branch: str = ORDERS) -> float:
    """Seconds that a report of so many rows takes at Amazon, or for the tables of `QUERIES` a query."""
    first = QUERY_SECONDS if branch in QUERIES else GENERATION_SECONDS
    return (first + rows * GENERATION_SECONDS_PER_ROW) / scale


def lower_bound(calls: Mapping[str, int], reports: Mapping[str, list[int]], scale: float) -> Bound:
    """The time that one seller's sync takes at least, however it is written.

    Nothing is counted twice that could happen at the same time, so the longest of these decides:
    the catalogue (its longest report, then listings and catalogue pages side by side), the orders (metrics, which the
    choice of a source needs, then the longest report, then pages), the longest query of Data Kiosk, and each remaining
    bucket by itself. Within a branch stages follow each other: a full bucket gains nothing while an earlier stage
    waits. Reports and queries of all branches can be made at the same time, so pages of one query are not added up.

    Args:
        calls: Answered calls by operation, refusals for want of a token not counted.
        reports: Rows of each report or query that was waited for, by branch ("products", "orders", those of QUERIES).
        scale: How much faster than Amazon the sandbox runs.
    """
    waits = {operation: wait(operation, count, scale) for operation, count in calls.items()}
    longest = {
        branch: max((generation(rows, scale, branch) for rows in of), default=0.0) for branch, of in reports.items()
    }
    pages = max(waits.get("searchListingsItems", 0.0), waits.get("searchCatalogItems", 0.0))
    metrics, orders = waits.get("getOrderMetrics", 0.0), waits.get("searchOrders", 0.0)
    ends = waits | {  # operations first: at a draw with its branch, a bucket is named
        CATALOGUE: longest.get(CATALOGUE, 0.0) + pages,
        ORDERS: metrics + longest.get(ORDERS, 0.0) + orders,
        **{branch: longest.get(branch, 0.0) for branch in sorted(QUERIES)},
    }
    last = max(ends, key=lambda name: ends[name])
    if not ends[last]:
        return Bound(0.0)
    return Bound(ends[last], last, sum(calls.get(operation, 0) for operation in CALLS_OF.get(last, (last,))))
