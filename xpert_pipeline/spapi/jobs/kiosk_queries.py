"""The texts of Data Kiosk queries: economics by MSKU and day, sales and traffic by child ASIN and day.

Equal arguments give equal texts, so that a query can be found again. Queries that Amazon would reject, or answer with
nothing, are refused here, because a rejected query costs quota too. Creating queries is in `query_api`.
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from typing import Literal

from xpert_pipeline.spapi.jobs.api import JobRequest

ECONOMICS = "analytics_economics_2024_03_15"
TRAFFIC = "analytics_salesAndTraffic_2024_04_24"
LONGEST_QUERY = 8_000
"""Characters, without unnecessary white space."""
OLDEST = timedelta(days=730)
ASINS_PER_QUERY = 30
"""ASINs of one marketplace in one query of trends."""
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
    """How to query the traffic of some days.

    Attributes:
        source: "trends": each query covers up to 30 ASINs on all days. "by_asin": each covers all ASINs on one day.
        queries: Number of queries; each takes a token of createQuery and one of getDocument.
    """

    source: Literal["trends", "by_asin"]
    queries: int


def plan_traffic(asins: int, days: int) -> TrafficPlan:
    """Choose the way with fewer queries; if equal, the one that needs no list of ASINs and so misses none."""
    trends = math.ceil(asins / ASINS_PER_QUERY)
    return TrafficPlan("by_asin", days) if days <= trends else TrafficPlan("trends", trends)


def economics(marketplace_ids: Iterable[str], first: date, last: date, *, yesterday: date) -> JobRequest:
    """Query sales, fees, ad charges and net proceeds of every MSKU on every day from `first` to `last`, included.

    Args:
        marketplace_ids: The marketplaces; the order does not matter.
        first: First marketplace-local day.
        last: Last day.
        yesterday: The newest day that is over in all of the marketplaces.

    Raises:
        ValueError: Days that Amazon does not have, or no marketplace.
    """
    marketplaces = _checked_ids(marketplace_ids)
    arguments = f"""
      aggregateBy: {{ date: DAY, productId: MSKU }},
      {_range(marketplaces, first, last, yesterday)}
    """
    return _request(ECONOMICS, "economics", arguments, _ECONOMICS_FIELDS, (first, last), marketplaces)


def traffic_trends(
    asins_by_marketplace: Mapping[str, Iterable[str]], first: date, last: date, *, yesterday: date
) -> JobRequest:
    """Query sales and traffic of some child ASINs on every day from `first` to `last`, included; see `economics`.

    Args:
        asins_by_marketplace: Up to 30 ASINs for each marketplace; the order does not matter. `asins_of` returns them
            from the request again.
        first: First marketplace-local day.
        last: Last day.
        yesterday: The newest day that is over in all of the marketplaces.

    Raises:
        ValueError: Days that Amazon does not have, too many or too few ASINs, a malformed ASIN, or no marketplace.
    """
    _check_days(first, last, yesterday)
    marketplaces = _checked_ids(asins_by_marketplace)
    asins = {marketplace: _checked_asins(asins_by_marketplace[marketplace]) for marketplace in marketplaces}
    filters = ", ".join(
        f'{{ marketplaceId: "{marketplace}", asins: [{_quoted(asins[marketplace])}] }}' for marketplace in marketplaces
    )
    arguments = f"""
      asinAggregation: CHILD, dateAggregation: DAY,
      startDate: "{first}", endDate: "{last}",
      filters: [{filters}]
    """
    request = _request(TRAFFIC, "salesAndTrafficTrends", arguments, _TRAFFIC_FIELDS, (first, last), marketplaces)
    return replace(request, options={**(request.options or {}), "asins": asins})


def traffic_by_asin(marketplace_ids: Iterable[str], day: date, *, yesterday: date) -> JobRequest:
    """Query sales and traffic of every child ASIN on one day; see `economics`.

    Raises:
        ValueError: A day that Amazon does not have, or no marketplace.
    """
    marketplaces = _checked_ids(marketplace_ids)
    arguments = f"""
      aggregateBy: CHILD,
      {_range(marketplaces, day, day, yesterday)}
    """
    return _request(TRAFFIC, "salesAndTrafficByAsin", arguments, _TRAFFIC_FIELDS, (day, day), marketplaces)


def asins_of(request: JobRequest) -> dict[str, list[str]]:
    """Return the ASINs that a query is about, by marketplace; empty for a query about all ASINs."""
    asins: Mapping[str, Iterable[str]] = (request.options or {}).get("asins") or {}
    return {marketplace: list(some) for marketplace, some in asins.items()}


def next_page(request: JobRequest, token: str) -> JobRequest:
    """Return the request for the same query's next page."""
    return replace(request, options={**(request.options or {}), "paginationToken": token})


def days_of(request: JobRequest) -> list[date]:
    """Return the marketplace-local days that a query covers, ascending."""
    assert request.start is not None
    assert request.end is not None
    first = request.start.astimezone(UTC).date()
    return [first + timedelta(days=n) for n in range((request.end - request.start).days)]


def compact(query: str) -> str:
    """Remove unnecessary white space: Amazon does not count it, and equal queries may differ in it."""
    return re.sub(r"\s*([{}()\[\]:,])\s*", r"\1", " ".join(query.split()))


def askable(days: Sequence[date], today: date) -> list[date]:
    """Return the days that Data Kiosk may have: they are over, and at most two years ago."""
    return [day for day in days if today - OLDEST <= day < today]


def is_asin(text: str) -> bool:
    """Return whether a text can be an ASIN: ten letters and digits (for books their ISBN)."""
    return _ASIN.fullmatch(text) is not None


def _request(
    dataset: str, query: str, arguments: str, fields: str, days: tuple[date, date], marketplaces: Sequence[str]
) -> JobRequest:
    text = compact(f"query {{ {dataset} {{ {query}({arguments}) {{ {fields} }} }} }}")
    if len(text) > LONGEST_QUERY:
        raise ValueError(f"the query has {len(text):,} characters, Data Kiosk takes {LONGEST_QUERY:,}")
    start, end = (datetime.combine(day, clock(), UTC) for day in (days[0], days[1] + timedelta(days=1)))
    return JobRequest(dataset, start, end, {"query": text}, tuple(marketplaces))


def _range(marketplaces: Sequence[str], first: date, last: date, yesterday: date) -> str:
    _check_days(first, last, yesterday)
    return f'startDate: "{first}", endDate: "{last}", marketplaceIds: [{_quoted(marketplaces)}]'


def _quoted(texts: Iterable[str]) -> str:
    return ", ".join(f'"{text}"' for text in texts)


def _check_days(first: date, last: date, yesterday: date) -> None:
    if first > last:
        raise ValueError(f"the query ends ({last}) before it starts ({first})")
    if last > yesterday:
        raise ValueError(f"the query ends on {last}, but the newest day that is over is {yesterday}")
    if first < yesterday + timedelta(days=1) - OLDEST:
        raise ValueError(f"the query starts on {first}, more than two years ago: Data Kiosk has no such day")


def _checked_asins(asins: Iterable[str]) -> list[str]:
    """Return the ASINs sorted, each once."""
    unique = sorted(set(asins))
    if not 1 <= len(unique) <= ASINS_PER_QUERY:
        raise ValueError(f"salesAndTrafficTrends takes 1 to {ASINS_PER_QUERY} ASINs a marketplace, not {len(unique)}")
    for asin in unique:
        if not is_asin(asin):
            raise ValueError(f"{asin!r:.40} is not an ASIN")
    return unique


def _checked_ids(marketplace_ids: Iterable[str]) -> list[str]:
    """Return the marketplace ids sorted, each once."""
    if isinstance(marketplace_ids, str):
        raise TypeError(f"give a list of marketplace ids, not the text {marketplace_ids!r:.40}")
    unique = sorted(set(marketplace_ids))
    if not unique:
        raise ValueError("a query needs at least one marketplace")
    for marketplace_id in unique:
        if not re.fullmatch(r"[0-9A-Z]{8,20}", marketplace_id):
            raise ValueError(f"{marketplace_id!r:.40} is not a marketplace id")
    return unique
