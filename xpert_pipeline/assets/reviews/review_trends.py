"""review_trends: how often a product's reviews mentioned a topic, by month."""

from datetime import date
from typing import Annotated

from typing_extensions import TypedDict

from xpert_pipeline.assets.reviews.customer_feedback import FEW, build_source, parse_mentions
from xpert_pipeline.spapi.operations.customer_feedback import get_review_trends
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

SOURCE = build_source(REVIEW_TRENDS, "topics and months", "getItemReviewTrends", get_review_trends, parse_mentions)
