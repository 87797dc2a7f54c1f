"""Customer Feedback 2024-06-01: what the reviews of a product are about. Snippets of reviews are removed at once."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from xpert_pipeline.spapi.operations.batch import Answer, Subject
from xpert_pipeline.spapi.sending.classification import NO_CONTENT
from xpert_pipeline.spapi.session import SellerApi

SENTIMENTS = {"POSITIVE": "positiveTopics", "NEGATIVE": "negativeTopics"}
OFFERED_IN = frozenset(
    (
        "ATVPDKIKX0DER",  # United States
        "A1F83G8C2ARO7P",  # United Kingdom
        "A13V1IB3VIYZZH",  # France
        "APJ6JRA9NG5V4",  # Italy
        "A1PA6795UKMFR9",  # Germany
        "A1RKKUPIHCS9HS",  # Spain
        "A1VC38T7YXB528",  # Japan
    )
)
"""The marketplaces in which Amazon offers the API."""


def get_review_topics(api: SellerApi, marketplace_id: str, subjects: Sequence[Subject]) -> list[Answer]:
    """Ask what the reviews of one product are about (getItemReviewTopics).

    Returns:
        The answer, with a record for each topic. It has no records if Amazon knows too few reviews.
    """
    (subject,) = subjects
    answer = api.call(
        "getItemReviewTopics",
        subject.name,
        expects={NO_CONTENT: dict, "topics": dict},
        marketplaceId=marketplace_id,
        sortBy="MENTIONS",
    )
    period = answer.get("dateRange")
    records = [
        {"sentiment": sentiment, "dateRange": period, **_without_words(topic)}
        for sentiment, topic in _of_both(answer.get("topics"))
    ]
    return [Answer(subject.name, records)]


def get_review_trends(api: SellerApi, marketplace_id: str, subjects: Sequence[Subject]) -> list[Answer]:
    """Ask how often reviews of one product mentioned each topic, by month (getItemReviewTrends).

    Returns:
        The answer, with a record for each topic and month. It has no records if Amazon knows too few reviews.
    """
    (subject,) = subjects
    answer = api.call(
        "getItemReviewTrends",
        subject.name,
        expects={NO_CONTENT: dict, "reviewTrends": dict},
        marketplaceId=marketplace_id,
    )
    records = [
        {"sentiment": sentiment, "topic": trend.get("topic"), **month}
        for sentiment, trend in _of_both(answer.get("reviewTrends"))
        for month in trend.get("trendMetrics") or ()
        if isinstance(month, dict)
    ]
    return [Answer(subject.name, records)]


def _of_both(topics: Mapping[str, Any] | None) -> Iterator[tuple[str, dict[str, Any]]]:
    for sentiment, name in SENTIMENTS.items():
        for topic in (topics or {}).get(name) or ():
            if isinstance(topic, dict):
                yield sentiment, topic


def _without_words(topic: Mapping[str, Any]) -> dict[str, Any]:
    """The topic without snippets of reviews, which are customers' own words."""
    return {name: value for name, value in topic.items() if name not in ("reviewSnippets", "subtopics")}
