"""The texts of Data Kiosk queries: economics by MSKU and day, sales and traffic by child ASIN and day.

Equal wishes give equal texts, so that a query is found again. What Amazon would refuse, or answer with nothing, is
refused here: a rejected query costs quota all the same.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from typing import Literal

from xpert_pipeline.spapi.jobs.api import JobRequest

ECONOMICS = "analytics_economics_2024_03_15"
TRAFFIC = "analytics_salesAndTraffic_2024_04_24"
LONGEST_QUERY = 8_000
"""Characters without needless white space."""
OLDEST = timedelta(days=730)
ASINS_PER_QUERY = 30
_ASIN = re.compile(r"[0-9A-Za-z]{10}")

_AMOUNT = "{ amount currencyCode }"
_DETAIL = f"""{{
  amount {_AMOUNT} promotionAmount {_AMOUNT} taxAmount {_AMOUNT} totalAmount {_AMOUNT} quantity
}}"""
_ECONOMICS_FIELDS = f"""
  startDate endDate marketplaceId msku fnsku childAsin parentAsin
  sales {{
    unitsOrdered unitsRefunded netUnitsSold
    orderedProductSales {_AMOUNT} refundedProductSales {_AMOUNT} netProductSales {_AMOUNT} averageSellingPrice {_AMOUNT}
  }}
  fees {{ feeTypeName charges {{ aggregatedDetail {_DETAIL} }} }}
  ads {{ adTypeName charge {_DETAIL} }}
  cost {{ costOfGoodsSold {_AMOUNT} miscellaneousCost {_AMOUNT} mfnCost {{ fulfillmentCost {_AMOUNT} }} }}
  netProceeds {{ total {_AMOUNT} perUnit {_AMOUNT} }}
"""
_TRAFFIC_FIELDS = f"""
  startDate endDate marketplaceId childAsin parentAsin
  sales {{
    orderedProductSales {_AMOUNT} orderedProductSalesB2B {_AMOUNT}
    unitsOrdered unitsOrderedB2B totalOrderItems totalOrderItemsB2B
    unitsShipped ordersShipped shippedProductSales {_AMOUNT} unitsRefunded refundRate
  }}
  traffic {{
    sessions sessionsB2B browserSessions mobileAppSessions
    pageViews pageViewsB2B browserPageViews mobileAppPageViews
    buyBoxPercentage buyBoxPercentageB2B unitSessionPercentage
  }}
"""


@dataclass(frozen=True, slots=True)
class TrafficPlan:
    """How to ask for the traffic of some days.

    Attributes:
        source: "trends": up to 30 ASINs for all days each; "by_asin": all ASINs for one day each.
        queries: What it costs: each query takes a token of createQuery and one of getDocument.
    """

    source: Literal["trends", "by_asin"]
    queries: int


def plan_traffic(asins: int, days: int) -> TrafficPlan:
    """The cheaper way, by number of queries; at a draw the one that needs no list of ASINs and so misses none."""
    trends = -(-asins // ASINS_PER_QUERY)
    return TrafficPlan("by_asin", days) if days <= trends else TrafficPlan("trends", trends)


def economics(marketplace_id: str, first: date, last: date, *, yesterday: date) -> JobRequest:
    """Sales, fees, ad charges and net proceeds of every MSKU on every day from `first` to `last`, included.

    Args:
        marketplace_id: the marketplace.
        first: first marketplace-local day.
        last: last day.
        yesterday: the newest day that is over at the marketplace.

    Raises:
        ValueError: for days that Amazon does not have.
    """
    arguments = f"""
      aggregateBy: {{ date: DAY, productId: MSKU }},
      {_range(marketplace_id, first, last, yesterday)}
    """
    return _request(ECONOMICS, "economics", arguments, _ECONOMICS_FIELDS, (first, last))


def traffic_trends(
    marketplace_id: str, asins: Iterable[str], first: date, last: date, *, yesterday: date
) -> JobRequest:
    """Sales and traffic of up to 30 child ASINs on every day from `first` to `last`, included; see `economics`.

    Raises:
        ValueError: for days that Amazon does not have, too many or too few ASINs, or what is no ASIN.
    """
    wanted = sorted(set(asins))
    if not 1 <= len(wanted) <= ASINS_PER_QUERY:
        raise ValueError(f"salesAndTrafficTrends takes 1 to {ASINS_PER_QUERY} ASINs, not {len(wanted)}")
    _check_days(first, last, yesterday)
    listed = ", ".join(f'"{_checked_asin(asin)}"' for asin in wanted)
    arguments = f"""
      asinAggregation: CHILD, dateAggregation: DAY,
      startDate: "{first}", endDate: "{last}",
      filters: [{{ marketplaceId: "{_checked_id(marketplace_id)}", asins: [{listed}] }}]
    """
    return _request(TRAFFIC, "salesAndTrafficTrends", arguments, _TRAFFIC_FIELDS, (first, last))


def traffic_by_asin(marketplace_id: str, day: date, *, yesterday: date) -> JobRequest:
    """Sales and traffic of every child ASIN on one day; see `economics`.

    Raises:
        ValueError: for a day that Amazon does not have.
    """
    arguments = f"""
      aggregateBy: CHILD,
      {_range(marketplace_id, day, day, yesterday)}
    """
    return _request(TRAFFIC, "salesAndTrafficByAsin", arguments, _TRAFFIC_FIELDS, (day, day))


def next_page(request: JobRequest, token: str) -> JobRequest:
    """The same query's next page."""
    options = {"query": (request.options or {})["query"], "paginationToken": token}
    return JobRequest(request.report_type, request.start, request.end, options)


def days_of(request: JobRequest) -> list[date]:
    """The marketplace-local days that a query asks for, ascending."""
    assert request.start is not None
    assert request.end is not None
    first = request.start.astimezone(UTC).date()
    return [first + timedelta(days=n) for n in range((request.end - request.start).days)]


def compact(query: str) -> str:
    """A query without needless white space: what Amazon counts, and what two equal queries have in common."""
    return re.sub(r"\s*([{}()\[\]:,])\s*", r"\1", " ".join(query.split()))


def askable(days: Sequence[date], today: date) -> list[date]:
    """Those of the days that Data Kiosk may have: over, and at most two years ago."""
    return [day for day in days if today - OLDEST <= day < today]


def is_asin(text: str) -> bool:
    """Whether a text can be an ASIN: ten letters and digits (books: their ISBN)."""
    return _ASIN.fullmatch(text) is not None


def _request(dataset: str, query: str, arguments: str, fields: str, days: tuple[date, date]) -> JobRequest:
    text = compact(f"query {{ {dataset} {{ {query}({arguments}) {{ {fields} }} }} }}")
    if len(text) > LONGEST_QUERY:
        raise ValueError(f"the query has {len(text):,} characters, Data Kiosk takes {LONGEST_QUERY:,}")
    start, end = (datetime.combine(day, clock(), UTC) for day in (days[0], days[1] + timedelta(days=1)))
    return JobRequest(dataset, start, end, {"query": text})


def _range(marketplace_id: str, first: date, last: date, yesterday: date) -> str:
    _check_days(first, last, yesterday)
    return f'startDate: "{first}", endDate: "{last}", marketplaceIds: ["{_checked_id(marketplace_id)}"]'


def _check_days(first: date, last: date, yesterday: date) -> None:
    if first > last:
        raise ValueError(f"the query ends ({last}) before it starts ({first})")
    if last > yesterday:
        raise ValueError(f"the query ends on {last}, but the newest day that is over is {yesterday}")
    if first < yesterday + timedelta(days=1) - OLDEST:
        raise ValueError(f"the query starts on {first}, more than two years ago: Data Kiosk has no such day")


def _checked_asin(asin: str) -> str:
    if not is_asin(asin):
        raise ValueError(f"{asin!r:.40} is no ASIN")
    return asin


def _checked_id(marketplace_id: str) -> str:
    if not re.fullmatch(r"[0-9A-Z]{8,20}", marketplace_id):
        raise ValueError(f"{marketplace_id!r:.40} is no marketplace id")
    return marketplace_id
