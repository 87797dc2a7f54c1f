"""The queries of traffic_daily: trends of some ASINs over many days, or all ASINs of one day."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Any

from xpert_pipeline.sources.aids import ask_for_help
from xpert_pipeline.sources.job_windows import JobWindow
from xpert_pipeline.sources.kiosk.dataset import KioskDataset
from xpert_pipeline.sources.kiosk.queries import (
    ASINS_PER_QUERY,
    KioskQuery,
    Query,
    asins_of,
    is_asin,
    query_asins,
    query_days,
)
from xpert_pipeline.sources.known import known_values, was_read_whole
from xpert_pipeline.sources.run import Market, SellerRun
from xpert_pipeline.sources.source import LATER
from xpert_pipeline.sources.windows import DayWindow, day_windows
from xpert_pipeline.spapi.operations.listings import count_listings

ASINS = """
select asin
from (
  select asin, created_at from products where (seller_id, marketplace_id) = (%(seller_id)s, %(marketplace_id)s)
  union all
  select asin, created_at from order_items
  where (seller_id, marketplace_id) = (%(seller_id)s, %(marketplace_id)s) and order_date between %(first)s and %(last)s
  union all
  select asin, created_at from traffic_daily
  where (seller_id, marketplace_id) = (%(seller_id)s, %(marketplace_id)s)
    and business_date between %(first)s and %(last)s
  union all
  select asin, created_at from economics_daily
  where (seller_id, marketplace_id) = (%(seller_id)s, %(marketplace_id)s)
    and business_date between %(first)s and %(last)s
) as known
where asin is not null
group by asin
order by min(created_at), asin
"""
"""ASINs that are listed, or that have sales, charges or traffic in the window, in the order in which they became known.
Thanks to this order, a new ASIN changes only the last query."""
LISTINGS = "products"
"""The table whose ASINs are those of the listings."""
DATASET = "analytics_salesAndTraffic_2024_04_24"
AMOUNT = "{ amount currencyCode }"
FIELDS = f"""
  startDate endDate marketplaceId childAsin parentAsin
  sales {{
    orderedProductSales {AMOUNT} orderedProductSalesB2B {AMOUNT}
    unitsOrdered unitsOrderedB2B totalOrderItems totalOrderItemsB2B
    unitsShipped ordersShipped shippedProductSales {AMOUNT} unitsRefunded refundRate
  }}
  traffic {{
    sessions sessionsB2B browserSessions mobileAppSessions
    pageViews pageViewsB2B browserPageViews mobileAppPageViews
    buyBoxPercentage buyBoxPercentageB2B unitSessionPercentage
  }}
"""
TRENDS = KioskQuery(DATASET, "salesAndTrafficTrends", "asinAggregation: CHILD, dateAggregation: DAY", FIELDS)
BY_ASIN = KioskQuery(DATASET, "salesAndTrafficByAsin", "aggregateBy: CHILD", FIELDS)


def takes_trends(asins: int, days: int) -> bool:
    """Whether trends for 30 ASINs per query need fewer queries than one query for each day.

    If both need the same number, a query for each day is better: it needs no list of ASINs and so misses none.
    """
    return math.ceil(asins / ASINS_PER_QUERY) < days


@dataclass(frozen=True, kw_only=True)
class TrafficDataset(KioskDataset):
    """Queries traffic either as trends for up to 30 ASINs over many days, or for all ASINs of one day.

    Trends need the whole list of ASINs. Where the listings were never read as a whole, for example because Amazon does
    not grant their role, each day is queried for all ASINs, which takes longer and misses none.
    """

    @property
    def queries(self) -> tuple[KioskQuery, ...]:
        """Trends, and all ASINs of a day."""
        return (TRENDS, BY_ASIN)

    def cut(self, run: SellerRun, open_days: Mapping[Market, Collection[date]]) -> list[DayWindow]:
        """Cut consecutive days into one window of trends or one window per day, whichever needs fewer queries."""
        windows: list[DayWindow] = []
        for window in day_windows(open_days, self.longest):
            asins = max((len(known) for known in _known_asins(run, window).values()), default=0)
            is_whole = _knows_all_asins(run, window)
            if is_whole and asins and takes_trends(asins, len(window.days)):
                windows.append(window)
            elif asins or not is_whole:
                windows += [DayWindow((day,), window.markets) for day in reversed(window.days)]
        return windows

    def requests(self, run: SellerRun, window: DayWindow) -> tuple[Query, ...]:
        """One query for all ASINs of a single day if there are many; otherwise trends for up to 30 ASINs each."""
        known = _known_asins(run, window)
        most = max((len(asins) for asins in known.values()), default=0)
        if len(window.days) == 1 and (most or not _knows_all_asins(run, window)):
            return (self._by_asin(window),)
        if not most:
            return ()
        return self._trends(window, known)

    def is_current(self, run: SellerRun, window: DayWindow, request: Query) -> bool:
        """Whether a new query for the same ASINs, or for all ASINs of the day, would equal the request."""
        try:
            asins = asins_of(request)
            return request == (self._trends(window, asins)[0] if asins else self._by_asin(window))
        except (ValueError, IndexError):
            return False

    def completed(self, run: SellerRun, window: JobWindow) -> JobWindow:
        """Add queries for ASINs that became known after the window was planned."""
        if any(not asins_of(request) for request in window.requests):
            return window  # one query covers all ASINs
        known = _known_asins(run, window.window)
        new = {
            marketplace_id: [asin for asin in asins if asin not in _asins_in(window, marketplace_id)]
            for marketplace_id, asins in known.items()
        }
        requests = self._trends(window.window, {name: asins for name, asins in new.items() if asins})
        return replace(window, requests=(*window.requests, *requests))

    def notes(self, window: JobWindow) -> Mapping[str, Any]:
        """The number of ASINs in the queries; empty if a query covers all ASINs."""
        count = sum(len(asins) for request in window.requests for asins in asins_of(request).values())
        return {"asins": count} if count else {}

    def prepare(self, run: SellerRun) -> Any:
        """Plan and request; return LATER if the run reads the listings first and their ASINs are not known yet."""
        if run.options.steps.intersection(self.after):
            if not all(was_read_whole(run, market, LISTINGS) for market in run.markets):
                return LATER
            windows = super().prepare(run)
            return windows or LATER
        return super().prepare(run)

    def expected_jobs(self, run: SellerRun) -> list[tuple[DayWindow, int]]:
        """As `windows`; before the run has loaded the listings, by Amazon's own count of them."""
        loads_listings = run.is_live and run.options.steps.intersection(self.after)
        if not loads_listings or all(was_read_whole(run, market, LISTINGS) for market in run.markets):
            return super().expected_jobs(run)
        expected = []
        for window in day_windows(self.open_days(run), self.longest, together=self.together):
            counts = [
                ask_for_help(run, "counts of listings", partial(count_listings, run.client(), market.id))
                for market in window.markets
            ]
            trends = math.ceil(max((count for count in counts if count), default=0) / ASINS_PER_QUERY)
            expected.append((window, min(trends, len(window.days)) or len(window.days)))
        return expected

    def why_none(self, run: SellerRun) -> str:
        """Explain that without listings no ASIN is known."""
        return "no ASIN is known yet, so there is nothing to request: load products first"

    def _by_asin(self, window: DayWindow) -> Query:
        yesterday = max(market.yesterday for market in window.markets)
        return query_days(BY_ASIN, window.marketplace_ids, window.first, window.last, yesterday=yesterday)

    def _trends(self, window: DayWindow, asins: Mapping[str, Sequence[str]]) -> tuple[Query, ...]:
        """Queries for up to 30 ASINs per marketplace each."""
        yesterday = max(market.yesterday for market in window.markets)
        most = max((len(some) for some in asins.values()), default=0)
        requests = []
        for start in range(0, most, ASINS_PER_QUERY):
            batch = {name: some[start : start + ASINS_PER_QUERY] for name, some in asins.items()}
            filled = {name: some for name, some in batch.items() if some}
            requests.append(query_asins(TRENDS, filled, window.first, window.last, yesterday=yesterday))
        return tuple(requests)


def _knows_all_asins(run: SellerRun, window: DayWindow) -> bool:
    """Whether the listings of each marketplace of the window were read as a whole at least once."""
    return all(was_read_whole(run, market, LISTINGS) for market in window.markets)


def _asins_in(window: JobWindow, marketplace_id: str) -> set[str]:
    return {asin for request in window.requests for asin in asins_of(request).get(marketplace_id, ())}


def _known_asins(run: SellerRun, window: DayWindow) -> dict[str, list[str]]:
    """ASINs by marketplace, in the order in which they became known; values that cannot be ASINs are skipped."""
    return {
        market.id: known_values(
            run, market, ASINS, is_asin, "values in the asin column are not valid ASINs", **_days(window)
        )
        for market in window.markets
    }


def _days(window: DayWindow) -> dict[str, date]:
    return {"first": window.first, "last": window.last}
