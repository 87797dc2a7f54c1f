"""The least time that Amazon's token buckets allow for a set of calls: arithmetic over the published plans.

The module has its own table of plans and imports nothing of the pipeline: a wrong rate in the pipeline or the sandbox
shows as an impossible figure. `bound` says which sources there are.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

PLANS: dict[str, tuple[float, int]] = {
    "searchOrders": (0.0056, 20),
    "searchListingsItems": (5.0, 5),
    "searchCatalogItems": (2.0, 2),
    "getInventorySummaries": (2.0, 2),
    "getListingOffersBatch": (0.5, 1),
    "getMyFeesEstimates": (0.5, 1),
    "getShipments": (2.0, 30),
    "getShipmentItems": (2.0, 30),
    "listInboundPlans": (2.0, 6),
    "getInboundPlan": (2.0, 6),
    "getShipment": (2.0, 6),
    "listShipmentItems": (2.0, 30),
    "getItemReviewTopics": (0.5, 1),
    "getItemReviewTrends": (0.5, 1),
    "getOrderMetrics": (0.5, 15),
    "getMarketplaceParticipations": (0.016, 15),
    "listTransactions": (0.5, 10),
    "createReport": (0.0167, 15),
    "getReport": (2.0, 15),
    "getReports": (0.0222, 10),
    "getReportDocument": (0.0167, 15),
    "createQuery": (0.0167, 15),
    "getQuery": (2.0, 15),
    "getQueries": (0.0222, 10),
    "getDocument": (0.0167, 15),
}
"""Operation → (tokens per second, burst), as Amazon publishes them; those of reviews are a guess."""

BESIDE = {"createReport": ("getReports", "getReportDocument"), "createQuery": ("getQueries", "getDocument")}
"""Operation that requests a report or query → operations that find earlier ones, and return addresses of documents."""
DOCUMENTS = ("getReportDocument", "getDocument")

WITHOUT_PLAN = frozenset(("requestAccessToken", "downloadDocument"))
"""Requests that no bucket limits: access tokens from Login with Amazon, and documents from its storage."""

GENERATION_SECONDS = 20.0
GENERATION_SECONDS_PER_ROW = 1 / 20_000
QUERY_SECONDS = 40.0
"""A Data Kiosk query takes this long instead of a report's 20 seconds, and as much per row."""


@dataclass(frozen=True)
class Branch:
    """One source of the pipeline: what it does one after the other.

    Attributes:
        name: The source's first table.
        counted_by: Operations that must answer first: they count records, or list the reports that there are.
        pages: Operations that read pages, side by side, after the report; or the addresses of listed reports.
        made_by: Operation that requests a report or query, if the source uses one.
    """

    name: str
    counted_by: tuple[str, ...] = ()
    pages: tuple[str, ...] = ()
    made_by: str = ""

    @property
    def reads_queries(self) -> bool:
        """Whether Data Kiosk prepares the data."""
        return self.made_by == "createQuery"

    @property
    def reads_documents(self) -> bool:
        """Whether it loads reports or queries, requested ones or those that Amazon makes by itself."""
        return bool(self.made_by) or not set(DOCUMENTS).isdisjoint(self.pages)

    @property
    def operations(self) -> tuple[str, ...]:
        """The operations that belong to the branch. Requests of reports belong to it if it has nothing else."""
        return (*self.counted_by, *self.pages) or (self.made_by,)


@dataclass(frozen=True)
class Bound:
    """The least time of a sync, and what dictates it.

    Attributes:
        seconds: The time.
        decided_by: The operation or the branch that dictates it; None if nothing has to wait.
        calls: How many calls of that operation, or of that branch's operations, were answered.
    """

    seconds: float
    decided_by: str | None = None
    calls: int = 0


def wait(operation: str, calls: int, scale: float) -> float:
    """Seconds until the last of these calls can have its token, from a full bucket.

    Raises:
        LookupError: The operation has no plan here.
    """
    if operation in WITHOUT_PLAN:
        return 0.0
    try:
        rate, burst = PLANS[operation]
    except KeyError:
        raise LookupError(f"no usage plan for {operation!r}: add Amazon's to benchmarks/token_bound.py") from None
    return max(0, calls - burst) / (rate * scale)


def generation(rows: int, scale: float, *, is_query: bool = False) -> float:
    """Seconds that Amazon takes for a report or a Data Kiosk query with this number of rows."""
    first = QUERY_SECONDS if is_query else GENERATION_SECONDS
    return (first + rows * GENERATION_SECONDS_PER_ROW) / scale


def lower_bound(
    calls: Mapping[str, int], reports: Mapping[str, Sequence[int]], branches: Collection[Branch], scale: float
) -> Bound:
    """The time that one seller's sync takes at least, however it is written.

    Stages that could run at the same time are not added up, so the longest of these decides: each branch, and each
    bucket by itself. Within a branch the stages follow each other: a full bucket gains nothing while an earlier stage
    waits. Amazon can make all reports and queries at the same time, so only a branch's longest one counts. Calls of an
    operation that several branches share count for none of them, only for its bucket.

    Args:
        calls: Answered calls by operation, without refusals for want of a token.
        reports: Rows of each report or query that the sync waited for, by branch.
        branches: The pipeline's sources.
        scale: How much faster than Amazon the sandbox runs.

    Raises:
        LookupError: An operation has no plan here, or reports belong to no branch.
    """
    if unknown := reports.keys() - {branch.name for branch in branches}:
        raise LookupError(f"no branch for the reports of {', '.join(sorted(unknown))}")
    waits = {operation: wait(operation, count, scale) for operation, count in calls.items()}
    shared = _shared(branches)
    ends = waits | {  # operations first: if a branch takes as long as its bucket, the bucket is named
        branch.name: _end(branch, waits, shared, reports.get(branch.name, ()), scale) for branch in branches
    }
    last = max(ends, key=lambda name: ends[name], default=None)
    if last is None or not ends[last]:
        return Bound(0.0)
    operations = next((branch.operations for branch in branches if branch.name == last), (last,))
    return Bound(ends[last], last, sum(calls.get(operation, 0) for operation in operations))


def _shared(branches: Collection[Branch]) -> set[str]:
    """Operations whose calls cannot be assigned to one branch."""
    names = [
        name for branch in branches for name in {*branch.counted_by, *branch.pages, *BESIDE.get(branch.made_by, ())}
    ]
    return {name for name in names if names.count(name) > 1}


def _end(
    branch: Branch, waits: Mapping[str, float], shared: Collection[str], rows: Sequence[int], scale: float
) -> float:
    """Seconds until a branch can end: counts, then the longest report or query, then pages."""
    own = {name: seconds for name, seconds in waits.items() if name not in shared}
    counts = max((own.get(name, 0.0) for name in branch.counted_by), default=0.0)
    pages = max((own.get(name, 0.0) for name in branch.pages), default=0.0)
    made = max((generation(count, scale, is_query=branch.reads_queries) for count in rows), default=0.0)
    return counts + made + pages
