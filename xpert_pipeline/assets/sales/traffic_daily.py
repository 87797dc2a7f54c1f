"""traffic_daily: each child ASIN's traffic and sales per marketplace-local day."""

import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from typing import Annotated, Any

from typing_extensions import TypedDict

from xpert_pipeline.assets.sales.sold_days import SOLD_DAYS
from xpert_pipeline.sources.aids import ask_for_help
from xpert_pipeline.sources.collect import Row
from xpert_pipeline.sources.day_figures import DayFigure
from xpert_pipeline.sources.job_windows import JobWindow, Requested, SalesEvidence
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
from xpert_pipeline.sources.kiosk.records import Money, day_of
from xpert_pipeline.sources.known import known_values, was_read_whole
from xpert_pipeline.sources.run import Market, SellerRun
from xpert_pipeline.sources.source import LATER, Pace
from xpert_pipeline.sources.values import number
from xpert_pipeline.sources.windows import TWO_YEARS, DayWindow, Restatement, day_windows
from xpert_pipeline.spapi.operations.listings import count_listings
from xpert_pipeline.tables.about import About
from xpert_pipeline.tables.columns import Null
from xpert_pipeline.tables.contract import Table
from xpert_pipeline.tables.fields import Amount, Currency, Id, MarketplaceId, Percent, Quantity, Text


class TrafficRow(TypedDict):
    """Traffic and sales of one child ASIN on one marketplace-local day."""

    marketplace_id: MarketplaceId
    business_date: Annotated[date, "Marketplace-local day; the partition."]
    asin: Annotated[Id, "Child ASIN."]
    parent_asin: Annotated[
        Text | None,
        "ASIN of the variation parent; a product without variations has its own ASIN here.",
    ]
    sessions: Annotated[
        Quantity | None, "Sessions (a user's visits within 24 hours): browser_sessions + mobile_app_sessions."
    ]
    sessions_b2b: Annotated[
        Quantity | None,
        "Sessions of business customers.",
        Null("The seller does not sell to businesses."),
    ]
    browser_sessions: Annotated[Quantity | None, "Sessions in a browser."]
    mobile_app_sessions: Annotated[Quantity | None, "Sessions in Amazon's app."]
    page_views: Annotated[Quantity | None, "Views of the detail page: browser_page_views + mobile_app_page_views."]
    page_views_b2b: Annotated[
        Quantity | None,
        "Page views by business customers.",
        Null("The seller does not sell to businesses."),
    ]
    browser_page_views: Annotated[Quantity | None, "Page views in a browser."]
    mobile_app_page_views: Annotated[Quantity | None, "Page views in Amazon's app."]
    buy_box_pct: Annotated[Percent | None, "Share of page views with the featured offer (buy box), in percent."]
    buy_box_pct_b2b: Annotated[
        Percent | None,
        "Share of business customers' page views with the featured offer, in percent.",
        Null("The seller does not sell to businesses."),
    ]
    unit_session_pct: Annotated[Percent | None, "Units ordered per session, in percent; can exceed 100."]
    units_ordered: Annotated[Quantity | None, "Units ordered."]
    units_ordered_b2b: Annotated[
        Quantity | None,
        "Units ordered by business customers.",
        Null("The seller does not sell to businesses."),
    ]
    order_items: Annotated[Quantity | None, "Order lines."]
    order_items_b2b: Annotated[
        Quantity | None,
        "Order lines of business customers.",
        Null("The seller does not sell to businesses."),
    ]
    ops: Annotated[Amount | None, "Ordered product sales."]
    ops_b2b: Annotated[
        Amount | None,
        "Ordered product sales to business customers.",
        Null("The seller does not sell to businesses."),
    ]
    units_shipped: Annotated[Quantity | None, "Units shipped."]
    shipped_sales: Annotated[Amount | None, "Ordered product sales of shipped units."]
    orders_shipped: Annotated[Quantity | None, "Orders shipped."]
    units_refunded: Annotated[Quantity | None, "Units refunded."]
    refund_rate: Annotated[Percent | None, "units_refunded / units_ordered, in percent."]
    currency: Annotated[Currency | None, "ISO 4217 code for all amounts of the row.", Null("The row has no amount.")]


TRAFFIC_DAILY = Table(
    "traffic_daily",
    TrafficRow,
    key=("marketplace_id", "business_date", "asin"),
    day="business_date",
    replaced_by=("marketplace_id", "business_date"),
    about=About(
        grain="a child ASIN's sessions, page views and sales on a day",
        source="Data Kiosk sales and traffic 2024-04-24: trends for up to 30 ASINs, or all ASINs of one day, whichever "
        "needs fewer queries",
        freshness="A day is read after it has ended.",
        restatement="Amazon restates a day for about two weeks, so every sync reads the last 14 days again and "
        "replaces them.",
        example="select asin, sum(sessions) as sessions, sum(units_ordered) as units from traffic_daily\n"
        "where business_date >= current_date - 14 group by asin order by sessions desc nulls last limit 20;",
    ),
)
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
TRAFFIC_FIELDS = {
    "sessions": "sessions",
    "sessions_b2b": "sessionsB2B",
    "browser_sessions": "browserSessions",
    "mobile_app_sessions": "mobileAppSessions",
    "page_views": "pageViews",
    "page_views_b2b": "pageViewsB2B",
    "browser_page_views": "browserPageViews",
    "mobile_app_page_views": "mobileAppPageViews",
    "buy_box_pct": "buyBoxPercentage",
    "buy_box_pct_b2b": "buyBoxPercentageB2B",
    "unit_session_pct": "unitSessionPercentage",
}
SALES_FIELDS = {
    "units_ordered": "unitsOrdered",
    "units_ordered_b2b": "unitsOrderedB2B",
    "order_items": "totalOrderItems",
    "order_items_b2b": "totalOrderItemsB2B",
    "units_shipped": "unitsShipped",
    "orders_shipped": "ordersShipped",
    "units_refunded": "unitsRefunded",
    "refund_rate": "refundRate",
}


def takes_trends(asins: int, days: int) -> bool:
    """Whether trends for 30 ASINs per query need fewer queries than one query for each day.

    If both need the same number, a query for each day is better: it needs no list of ASINs and so misses none.
    """
    return math.ceil(asins / ASINS_PER_QUERY) < days


def parse_traffic(record: Mapping[str, Any], requested: Requested, signals: Counter[str]) -> Row:
    """Parse one record: a child ASIN on a day. Percentages stay as received.

    Raises:
        Unfit: It does not cover exactly one requested day, or has amounts in several currencies.
    """
    money = Money()
    sales, traffic = record.get("sales") or {}, record.get("traffic") or {}
    for part, values in (("sales", sales), ("traffic", traffic)):
        if not values:
            signals[f"record without {part}"] += 1
    row = {
        "marketplace_id": record["marketplaceId"],
        "business_date": day_of(record, requested),
        "asin": record.get("childAsin"),
        "parent_asin": record.get("parentAsin"),
        **{column: number(traffic.get(name)) for column, name in TRAFFIC_FIELDS.items()},
        **{column: number(sales.get(name)) for column, name in SALES_FIELDS.items()},
        "ops": money.read(sales.get("orderedProductSales")),
        "ops_b2b": money.read(sales.get("orderedProductSalesB2B")),
        "shipped_sales": money.read(sales.get("shippedProductSales")),
    }
    return row | {"currency": money.currency}


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


SOURCE = TrafficDataset(
    table=TRAFFIC_DAILY,
    pace=Pace.LAST,
    group="sales",
    roles=("Brand Analytics",),
    after=(LISTINGS,),
    figures=(
        DayFigure(TRAFFIC_DAILY, "sessions", "sum(sessions)"),
        DayFigure(TRAFFIC_DAILY, "page views", "sum(page_views)"),
        DayFigure(TRAFFIC_DAILY, "units", "sum(units_ordered)"),
        DayFigure(TRAFFIC_DAILY, "sales", "sum(ops)", "currency"),
    ),
    query=TRENDS,
    product="childAsin",
    longest=TWO_YEARS.days,
    rule=Restatement(restated=timedelta(days=14), oldest=TWO_YEARS, anchors=("orders",)),
    parse=parse_traffic,
    evidence=SalesEvidence(columns=("ops", "units_ordered"), sold_days=SOLD_DAYS),
)
