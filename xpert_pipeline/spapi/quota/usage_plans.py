"""Amazon's usage plans as data: rate, burst, scope and page size of every operation the pipeline may call.

New token buckets start with these values; later the rate in Amazon's header x-amzn-RateLimit-Limit replaces ours. A few
report types also have their own plans besides createReport's, and minimum intervals between two requests.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from typing import Literal

HERE = "xpert_pipeline/spapi/quota/usage_plans.py"


class PlanMissing(LookupError):
    """An operation has no usage plan here, so we could not pace its calls."""


@dataclass(frozen=True, slots=True)
class UsagePlan:
    """A token bucket: `burst` requests at once, refilled at `rate` per second.

    Attributes:
        operation: Amazon's name of the operation, or the name of a report type's own bucket.
        rate: Tokens per second.
        burst: Tokens in a full bucket.
        page: The most records per page, requests per batch or identifiers per call; None if Amazon sets no limit.
        scope: Whether each seller has its own bucket, or all sellers of the application share one.
        is_published: Whether Amazon publishes the numbers; if not, they are a careful guess until its first answer.
    """

    operation: str
    rate: float
    burst: float
    page: int | None = None
    scope: Literal["seller", "app"] = "seller"
    is_published: bool = True


_OPERATIONS = (
    # Orders 2026-01-01
    UsagePlan("searchOrders", 0.0056, 20, page=100),
    UsagePlan("getOrder", 0.5, 30, page=1),
    # Listings Items 2021-08-01, Catalog Items 2022-04-01
    UsagePlan("searchListingsItems", 5, 5, page=20),
    UsagePlan("getListingsItem", 5, 10, page=1),
    UsagePlan("searchCatalogItems", 2, 2, page=20),
    UsagePlan("getCatalogItem", 2, 2, page=1),
    # Finances 2024-06-19: the size of a page cannot be chosen
    UsagePlan("listTransactions", 0.5, 10, page=500),
    UsagePlan("listBalances", 0.5, 10),
    UsagePlan("listSummary", 0.5, 10),
    # FBA Inventory v1: the page size is the most SKUs that a call may name
    UsagePlan("getInventorySummaries", 2, 2, page=50),
    # Product Pricing v0 and 2022-05-01
    UsagePlan("getPricing", 0.5, 1, page=20),
    UsagePlan("getCompetitivePricing", 0.5, 1, page=20),
    UsagePlan("getListingOffersBatch", 0.5, 1, page=20),
    UsagePlan("getItemOffersBatch", 0.1, 1, page=20),
    UsagePlan("getCompetitiveSummary", 0.033, 1, page=20),
    UsagePlan("getFeaturedOfferExpectedPriceBatch", 0.033, 1, page=40),
    # Product Fees v0
    UsagePlan("getMyFeesEstimates", 0.5, 1, page=20),
    UsagePlan("getMyFeesEstimateForSKU", 1, 2, page=1),
    UsagePlan("getMyFeesEstimateForASIN", 1, 2, page=1),
    # Fulfillment Inbound v0 and 2024-03-20
    UsagePlan("getShipments", 2, 30),
    UsagePlan("getShipmentItems", 2, 30),
    UsagePlan("getShipmentItemsByShipmentId", 2, 30),
    UsagePlan("listInboundPlans", 2, 6, page=30),
    UsagePlan("getInboundPlan", 2, 6, page=1),
    UsagePlan("getShipment", 2, 6, page=1),
    UsagePlan("listShipmentItems", 2, 30, page=1000),
    # Reports 2021-06-30
    UsagePlan("createReport", 0.0167, 15),
    UsagePlan("getReport", 2, 15),
    UsagePlan("getReports", 0.0222, 10, page=100),
    UsagePlan("getReportDocument", 0.0167, 15),
    # Data Kiosk 2023-11-15
    UsagePlan("createQuery", 0.0167, 15),
    UsagePlan("getQuery", 2, 15),
    UsagePlan("getQueries", 0.0222, 10, page=100),
    UsagePlan("getDocument", 0.0167, 15),
    # Sales v1, Sellers v1
    UsagePlan("getOrderMetrics", 0.5, 15),
    UsagePlan("getMarketplaceParticipations", 0.016, 15),
    # Customer Feedback 2024-06-01: Amazon publishes no plan
    UsagePlan("getItemReviewTopics", 0.5, 1, page=1, is_published=False),
    UsagePlan("getItemReviewTrends", 0.5, 1, page=1, is_published=False),
)

_SALES_AND_TRAFFIC = "GET_SALES_AND_TRAFFIC_REPORT"
_REPORT_TYPES = {
    # since 2026-04-24: one request per 15 minutes and 96 per day, for all sellers of the application together
    _SALES_AND_TRAFFIC: (
        UsagePlan(f"createReport {_SALES_AND_TRAFFIC}", 1 / 900, 1, scope="app"),
        UsagePlan(f"createReport {_SALES_AND_TRAFFIC} daily", 96 / 86_400, 96, scope="app"),
    ),
}

_EXEMPT = 0.0
_NEAR_REAL_TIME = 30 * 60.0
_DAILY = 4 * 3600.0
_MINIMUM_INTERVALS = {
    "GET_XML_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL": _EXEMPT,
    "GET_XML_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL": _EXEMPT,
    "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL": _EXEMPT,
    "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL": _EXEMPT,
    "GET_FBA_MYI_ALL_INVENTORY_DATA": _NEAR_REAL_TIME,
    "GET_FBA_MYI_UNSUPPRESSED_INVENTORY_DATA": _NEAR_REAL_TIME,
    "GET_FBA_FULFILLMENT_CUSTOMER_RETURNS_DATA": _DAILY,
    "GET_FBA_REIMBURSEMENTS_DATA": _DAILY,
    "GET_REFERRAL_FEE_PREVIEW_REPORT": 24 * 3600.0,
}

_PLANS = {plan.operation: plan for plan in (*_OPERATIONS, *chain.from_iterable(_REPORT_TYPES.values()))}
OPERATIONS = tuple(plan.operation for plan in _OPERATIONS)


def plan(operation: str) -> UsagePlan:
    """Return the plan of an operation, or of a report type's own bucket.

    Raises:
        PlanMissing: There is none; the message names the operation and this file.
    """
    try:
        return _PLANS[operation]
    except KeyError:
        raise PlanMissing(f"no usage plan for {operation}: add Amazon's rate and burst to {HERE}") from None


def has_plan(operation: str) -> bool:
    """Whether an operation has a usage plan."""
    return operation in _PLANS


def require(operations: Iterable[str]) -> None:
    """Check that every operation has a plan, so that no sync stops half way.

    Call this when the code location is built, and whenever a client is created.

    Raises:
        PlanMissing: Some operations have none; the message names each of them and this file.
    """
    if missing := [operation for operation in operations if operation not in _PLANS]:
        raise PlanMissing(f"no usage plan for {', '.join(missing)}: add Amazon's rate and burst to {HERE}")


def page(operation: str) -> int:
    """Return the most records that one call of an operation returns or accepts.

    Raises:
        PlanMissing: The operation has no plan, or its plan has no page size.
    """
    size = plan(operation).page
    if size is None:
        raise PlanMissing(f"no page size for {operation}: add it to its plan in {HERE}")
    return size


def report_plans(report_type: str) -> tuple[str, ...]:
    """Return the names of the buckets, besides createReport's own, from which a report needs a token."""
    return tuple(plan.operation for plan in _REPORT_TYPES.get(report_type, ()))


def minimum_interval(report_type: str) -> float | None:
    """Return the seconds that must pass between two requests for a report type; None if Amazon publishes none.

    Exempt types have 0. A request that comes too early ends CANCELLED or FATAL.
    """
    return _MINIMUM_INTERVALS.get(report_type)
