"""search_query_performance: how the seller's products did among all results of a search, by week.

Amazon gives it to brand owners with the role Brand Analytics.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated, Any

from typing_extensions import TypedDict

from xpert_pipeline.sources.collect import Row, Unfit
from xpert_pipeline.sources.day_figures import DayFigure
from xpert_pipeline.sources.job_windows import Requested
from xpert_pipeline.sources.kiosk.queries import is_asin
from xpert_pipeline.sources.kiosk.records import Money
from xpert_pipeline.sources.source import Pace
from xpert_pipeline.sources.values import number, percent
from xpert_pipeline.sources.weekly_subjects import WeeklySubjectReport
from xpert_pipeline.sources.windows import Restatement
from xpert_pipeline.spapi.operations.listings import count_listings
from xpert_pipeline.spapi.operations.search_queries import REPORT, read_queries
from xpert_pipeline.tables.about import About
from xpert_pipeline.tables.contract import Table
from xpert_pipeline.tables.fields import Amount, Currency, Id, MarketplaceId, Percent, Quantity

ASINS_PER_REPORT = 18
"""An option has at most 200 characters; an ASIN has 10, and a space."""
MOST_ASINS = 72
"""The most ASINs that a run asks about: each 18 of them cost a report for each week."""


class SearchQueryPerformanceRow(TypedDict):
    """What customers did with one product after one search in a week, beside all products."""

    marketplace_id: MarketplaceId
    period_start: Annotated[date, "Sunday: the week's first day; the partition."]
    period_end: Annotated[date, "Saturday: the week's last day."]
    asin: Annotated[Id, "ASIN."]
    search_query: Annotated[Id, "What customers searched for."]
    search_query_rank: Annotated[Quantity | None, "Amazon's rank of the query among those of the ASIN; 1 is the best."]
    search_query_volume: Annotated[Quantity | None, "How often customers searched for it."]
    total_impressions: Annotated[Quantity | None, "Impressions of all ASINs in the results."]
    asin_impressions: Annotated[Quantity | None, "Impressions of this ASIN."]
    asin_impression_share_pct: Annotated[Percent | None, "Share of this ASIN in all impressions."]
    total_clicks: Annotated[Quantity | None, "Clicks on all ASINs in the results."]
    asin_clicks: Annotated[Quantity | None, "Clicks on this ASIN."]
    asin_click_share_pct: Annotated[Percent | None, "Share of this ASIN in all clicks."]
    total_median_click_price: Annotated[Amount | None, "Median price of all ASINs that were clicked."]
    asin_median_click_price: Annotated[Amount | None, "Median price of this ASIN when it was clicked."]
    total_cart_adds: Annotated[Quantity | None, "How often any ASIN was put into a cart after the search."]
    asin_cart_adds: Annotated[Quantity | None, "How often this ASIN was put into a cart."]
    asin_cart_add_share_pct: Annotated[Percent | None, "Share of this ASIN in everything that was put into a cart."]
    total_median_cart_add_price: Annotated[Amount | None, "Median price of all ASINs that were put into a cart."]
    asin_median_cart_add_price: Annotated[Amount | None, "Median price of this ASIN when it was put into a cart."]
    total_purchases: Annotated[Quantity | None, "Purchases of all ASINs after the search."]
    asin_purchases: Annotated[Quantity | None, "Purchases of this ASIN."]
    asin_purchase_share_pct: Annotated[Percent | None, "Share of this ASIN in all purchases."]
    total_median_purchase_price: Annotated[Amount | None, "Median price of all ASINs that were purchased."]
    asin_median_purchase_price: Annotated[Amount | None, "Median price of this ASIN when it was purchased."]
    currency: Annotated[Currency | None, "ISO 4217 code for all amounts of the row."]


SEARCH_QUERY_PERFORMANCE = Table(
    "search_query_performance",
    SearchQueryPerformanceRow,
    key=("marketplace_id", "period_start", "asin", "search_query"),
    day="period_start",
    replaced_by=("marketplace_id", "period_start"),
    about=About(
        grain="an ASIN, a search query and a week",
        source=f"{REPORT}: one report for a week and up to 18 ASINs; brand owners only. It is asked for the 72 "
        "ASINs that sold best in the last 90 days",
        freshness="Amazon has a week about ten days after its end; then it is read.",
        restatement="A week is read once more three weeks after its end, because Amazon may have it late. Each reading "
        "replaces the week.",
        example="select period_start, asin, search_query, asin_purchase_share_pct from search_query_performance\n"
        "where asin_purchases > 0 order by period_start desc, asin_purchases desc limit 20;",
    ),
)
ASINS = """
with best as (
  select p.asin, min(p.created_at) as known_since
  from products as p
  left join (
    select asin, sum(units_ordered) as units from sales_data
    where (seller_id, marketplace_id) = (%(seller_id)s, %(marketplace_id)s) and sale_date > current_date - 90
    group by asin
  ) as s on p.asin = s.asin
  where (p.seller_id, p.marketplace_id) = (%(seller_id)s, %(marketplace_id)s) and p.asin is not null
  group by p.asin, s.units
  order by s.units desc nulls last, known_since, p.asin
  limit 72
)

select asin from best order by known_since, asin
"""
"""The best sellers: Amazon makes about one report a minute, so a week of 7,000 ASINs would take more than six hours."""
STAGES = {
    "impression": ("impressionData", "totalQueryImpressionCount", "asinImpressionCount", "asinImpressionShare"),
    "click": ("clickData", "totalClickCount", "asinClickCount", "asinClickShare"),
    "cart_add": ("cartAddData", "totalCartAddCount", "asinCartAddCount", "asinCartAddShare"),
    "purchase": ("purchaseData", "totalPurchaseCount", "asinPurchaseCount", "asinPurchaseShare"),
}
MEDIANS = {"click": "MedianClickPrice", "cart_add": "MedianCartAddPrice", "purchase": "MedianPurchasePrice"}


def parse_query(record: Mapping[str, Any], requested: Requested, signals: Counter[str]) -> Row:
    """Parse one record: an ASIN and a search query in a week. A share becomes a percentage.

    Raises:
        Unfit: It is of another week, or has amounts in several currencies.
    """
    (market,), money, query = requested.markets, Money(), record.get("searchQueryData") or {}
    start, end = date.fromisoformat(record["startDate"]), date.fromisoformat(record["endDate"])
    if (start, end) != (min(requested.days), max(requested.days)):
        raise Unfit(f"it is of {start} to {end}, which was not requested")
    row: Row = {
        "marketplace_id": market.id,
        "period_start": start,
        "period_end": end,
        "asin": record.get("asin"),
        "search_query": query.get("searchQuery"),
        "search_query_rank": number(query.get("searchQueryScore")),
        "search_query_volume": number(query.get("searchQueryVolume")),
    }
    for stage, (name, total, own, share) in STAGES.items():
        data = record.get(name) or {}
        if not data:
            signals[f"record without {name}"] += 1
        row[f"total_{stage}s"] = number(data.get(total))
        row[f"asin_{stage}s"] = number(data.get(own))
        row[f"asin_{stage}_share_pct"] = percent(data.get(share))
        if stage in MEDIANS:
            for side in ("total", "asin"):
                row[f"{side}_median_{stage}_price"] = money.read(data.get(f"{side}{MEDIANS[stage]}"))
    return row | {"currency": money.currency}


SOURCE = WeeklySubjectReport(
    table=SEARCH_QUERY_PERFORMANCE,
    pace=Pace.LAST,
    group="sales",
    roles=("Brand Analytics",),
    after=("products",),
    figures=(DayFigure(SEARCH_QUERY_PERFORMANCE, "purchases after a search", "sum(asin_purchases)"),),
    report=REPORT,
    options={"reportPeriod": "WEEK"},
    subjects=ASINS,
    is_subject=is_asin,
    option="asin",
    most=ASINS_PER_REPORT,
    ready_after=timedelta(days=10),
    count=count_listings,
    at_most=MOST_ASINS,
    rule=Restatement(restated=timedelta(days=21), oldest=timedelta(days=730)),
    read_lines=read_queries,
    parse=parse_query,
)
