"""seller_feedback_counts: how many customers rated the seller on each day, in every marketplace."""

from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated, Any

from typing_extensions import TypedDict

from xpert_pipeline.sources.collect import Row
from xpert_pipeline.sources.day_figures import DayFigure
from xpert_pipeline.sources.job_windows import Requested
from xpert_pipeline.sources.kiosk.dataset import KioskDataset
from xpert_pipeline.sources.kiosk.queries import KioskQuery
from xpert_pipeline.sources.kiosk.records import day_of
from xpert_pipeline.sources.values import number
from xpert_pipeline.sources.windows import TWO_YEARS, Restatement
from xpert_pipeline.tables.about import About
from xpert_pipeline.tables.columns import Null
from xpert_pipeline.tables.contract import Table
from xpert_pipeline.tables.fields import MarketplaceId, Percent, Quantity


class SellerFeedbackCountRow(TypedDict):
    """How many customers rated the seller on a day."""

    marketplace_id: MarketplaceId
    business_date: Annotated[date, "Marketplace-local day; the partition."]
    feedback_received: Annotated[Quantity | None, "Ratings that customers gave the seller on the day."]
    negative_feedback_received: Annotated[Quantity | None, "Negative ones among them: one or two stars."]
    negative_feedback_pct: Annotated[
        Percent | None,
        "Rate of negative feedback as Amazon computes it, in percent.",
        Null("Amazon did not report it."),
    ]


SELLER_FEEDBACK_COUNTS = Table(
    "seller_feedback_counts",
    SellerFeedbackCountRow,
    key=("marketplace_id", "business_date"),
    day="business_date",
    replaced_by=("marketplace_id", "business_date"),
    about=About(
        grain="the number of ratings of the seller on a day",
        source="Data Kiosk sales and traffic 2024-04-24, by date: one query for all days and marketplaces",
        freshness="A day is read after it has ended.",
        restatement="Amazon restates a day for about two weeks, so every sync reads the last 14 days again. Amazon "
        "counts ratings of all stars here; seller_feedback has the lower ones only.",
        example="select date_trunc('month', business_date) as month, sum(feedback_received) as ratings,\n"
        "  sum(negative_feedback_received) as negative from seller_feedback_counts group by month order by month desc;",
    ),
)
BY_DATE = KioskQuery(
    "analytics_salesAndTraffic_2024_04_24",
    "salesAndTrafficByDate",
    "aggregateBy: DAY",
    "startDate endDate marketplaceId "
    "traffic { feedbackReceived negativeFeedbackReceived receivedNegativeFeedbackRate }",
)


def parse_counts(record: Mapping[str, Any], requested: Requested, signals: Counter[str]) -> Row:
    """Parse one record: a marketplace on a day.

    Raises:
        Unfit: It does not cover exactly one requested day.
    """
    traffic = record.get("traffic") or {}
    if not traffic:
        signals["record without traffic"] += 1
    return {
        "marketplace_id": record["marketplaceId"],
        "business_date": day_of(record, requested),
        "feedback_received": number(traffic.get("feedbackReceived")),
        "negative_feedback_received": number(traffic.get("negativeFeedbackReceived")),
        "negative_feedback_pct": number(traffic.get("receivedNegativeFeedbackRate")),
    }


SOURCE = KioskDataset(
    table=SELLER_FEEDBACK_COUNTS,
    group="reviews",
    roles=("Brand Analytics",),
    figures=(DayFigure(SELLER_FEEDBACK_COUNTS, "ratings", "sum(feedback_received)"),),
    query=BY_DATE,
    longest=TWO_YEARS.days,
    rule=Restatement(restated=timedelta(days=14), oldest=TWO_YEARS, anchors=("orders",)),
    parse=parse_counts,
)
