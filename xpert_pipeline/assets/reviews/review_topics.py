"""review_topics: what the reviews of a product are about. Reviews themselves are not stored."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from typing_extensions import TypedDict

from xpert_pipeline.assets.reviews.customer_feedback import FEW, build_source, parse_mentions
from xpert_pipeline.sources.collect import Row
from xpert_pipeline.sources.run import Market
from xpert_pipeline.sources.values import number, value_at
from xpert_pipeline.spapi.operations.batch import Subject
from xpert_pipeline.spapi.operations.customer_feedback import get_review_topics
from xpert_pipeline.tables.about import About
from xpert_pipeline.tables.columns import Null, SqlType, Unit
from xpert_pipeline.tables.contract import Table
from xpert_pipeline.tables.fields import Amount, Id, MarketplaceId, Percent, Quantity

Impact = Annotated[Amount, SqlType("numeric"), Unit("stars")]


class ReviewTopicRow(TypedDict):
    """One topic of a product's reviews."""

    marketplace_id: MarketplaceId
    asin: Annotated[Id, "ASIN; a child ASIN."]
    sentiment: Annotated[Id, "POSITIVE or NEGATIVE: whether the topic is among the best or the worst."]
    topic: Annotated[Id, "The topic, in Amazon's words."]
    period_start: Annotated[date, "First day of the reviews that were counted."]
    period_end: Annotated[date, "Last day of these reviews."]
    mentions: Annotated[Quantity | None, "How often reviews mention the topic.", FEW]
    occurrence_pct: Annotated[Percent | None, "Share of the reviews that mention the topic.", FEW]
    star_rating_impact: Annotated[
        Impact | None, "Effect of the topic on the star rating.", Null("The topic has no effect on it.")
    ]
    parent_occurrence_pct: Annotated[Percent | None, "Share of the reviews of the variation family.", FEW]
    browse_node_occurrence_pct: Annotated[Percent | None, "Share of the reviews of all products of the category.", FEW]


REVIEW_TOPICS = Table(
    "review_topics",
    ReviewTopicRow,
    key=("marketplace_id", "asin", "sentiment", "topic"),
    day=None,
    replaced_by=("marketplace_id", "asin"),
    about=About(
        grain="a topic of an ASIN's reviews",
        source="getItemReviewTopics, Customer Feedback 2024-06-01, in the US, UK, France, Italy, Germany, Spain, Japan",
        freshness="Amazon counts once a week; each ASIN is asked for once a week.",
        restatement="An answer replaces all topics of its ASIN. An ASIN with too few reviews has none. Snippets of "
        "reviews are not stored.",
        example="select asin, topic, mentions, star_rating_impact from review_topics\n"
        "where sentiment = 'NEGATIVE' order by star_rating_impact limit 20;",
    ),
)


def parse_topic(record: Mapping[str, Any], subject: Subject, market: Market) -> Row:
    """Parse one topic."""
    return parse_mentions(record, subject, market) | {
        "mentions": number(value_at(record, "asinMetrics.numberOfMentions")),
        "star_rating_impact": number(value_at(record, "asinMetrics.starRatingImpact")),
    }


SOURCE = build_source(REVIEW_TOPICS, "topics", "getItemReviewTopics", get_review_topics, parse_topic)
