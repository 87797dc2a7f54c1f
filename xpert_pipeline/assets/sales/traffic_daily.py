"""traffic_daily: each child ASIN's traffic and sales per marketplace-local day."""

from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated, Any

from typing_extensions import TypedDict

from xpert_pipeline.assets.sales.sold_days import SOLD_DAYS
from xpert_pipeline.assets.sales.traffic_queries import LISTINGS, TRENDS, TrafficDataset
from xpert_pipeline.sources.collect import Row
from xpert_pipeline.sources.day_figures import DayFigure
from xpert_pipeline.sources.job_windows import Requested, SalesEvidence
from xpert_pipeline.sources.kiosk.records import Money, day_of
from xpert_pipeline.sources.source import Pace
from xpert_pipeline.sources.values import number
from xpert_pipeline.sources.windows import TWO_YEARS, Restatement
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
