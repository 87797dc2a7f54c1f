"""review_trends: how often a product's reviews mentioned a topic, by month."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated, Any

from typing_extensions import TypedDict

from xpert_pipeline.assets.reviews.review_topics import ASINS, FEW, day_at
from xpert_pipeline.sources.collect import Row
from xpert_pipeline.sources.day_figures import DayFigure
from xpert_pipeline.sources.lookup import BatchLookup
from xpert_pipeline.sources.run import Market
from xpert_pipeline.sources.source import Pace
from xpert_pipeline.sources.values import number, value_at
from xpert_pipeline.spapi.operations.batch import Subject
from xpert_pipeline.spapi.operations.customer_feedback import OFFERED_IN, get_review_trends
from xpert_pipeline.spapi.operations.listings import count_listings
from xpert_pipeline.tables.about import About
from xpert_pipeline.tables.contract import Table
from xpert_pipeline.tables.fields import Id, MarketplaceId, Percent


class ReviewTrendRow(TypedDict):
    """One topic of a product's reviews in one month."""

    marketplace_id: MarketplaceId
    asin: Annotated[Id, "ASIN; a child ASIN."]
    sentiment: Annotated[Id, "POSITIVE or NEGATIVE: whether the topic is among the best or the worst."]
    topic: Annotated[Id, "The topic, in Amazon's words."]
    period_start: Annotated[date, "First day of the month."]
    period_end: Annotated[date, "Last day of the month, as Amazon says it."]
    occurrence_pct: Annotated[Percent | None, "Share of the month's reviews that mention the topic.", FEW]
    parent_occurrence_pct: Annotated[Percent | None, "Share of the reviews of the variation family.", FEW]
    browse_node_occurrence_pct: Annotated[Percent | None, "Share of the reviews of all products of the category.", FEW]


REVIEW_TRENDS = Table(
    "review_trends",
    ReviewTrendRow,
    key=("marketplace_id", "asin", "sentiment", "topic", "period_start"),
    day=None,
    replaced_by=("marketplace_id", "asin"),
    about=About(
        grain="a topic of an ASIN's reviews in a month",
        source="getItemReviewTrends, Customer Feedback 2024-06-01, in the same marketplaces as review_topics",
        freshness="Amazon counts once a week; each ASIN is asked for once a week.",
        restatement="Amazon tells the last six months. An answer replaces all rows of its ASIN.",
        example="select period_start, asin, topic, occurrence_pct from review_trends\n"
        "where sentiment = 'NEGATIVE' order by period_start desc, occurrence_pct desc limit 20;",
    ),
)


def parse_trend(record: Mapping[str, Any], subject: Subject, market: Market) -> Row:
    """Parse one topic and month."""
    return {
        "marketplace_id": market.id,
        "asin": subject.name,
        "sentiment": record["sentiment"],
        "topic": record.get("topic"),
        "period_start": day_at(record, "dateRange.startDate"),
        "period_end": day_at(record, "dateRange.endDate"),
        "occurrence_pct": number(value_at(record, "asinMetrics.occurrencePercentage")),
        "parent_occurrence_pct": number(value_at(record, "parentAsinMetrics.occurrencePercentage")),
        "browse_node_occurrence_pct": number(value_at(record, "browseNodeMetrics.occurrencePercentage.allProducts")),
    }


SOURCE = BatchLookup(
    table=REVIEW_TRENDS,
    pace=Pace.LAST,
    group="reviews",
    roles=("Selling Partner Insights",),
    after=("products",),
    marketplaces=OFFERED_IN,
    figures=(DayFigure(REVIEW_TRENDS, "topics and months", "count(*)"),),
    subjects=ASINS,
    operation="getItemReviewTrends",
    batch=1,
    count=count_listings,
    ask=get_review_trends,
    parse=parse_trend,
    every=timedelta(days=6, hours=20),  # once a week, although a daily sync may begin earlier than a week ago
)
