"""Customer Feedback API 2024-06-01: getItemReviewTopics and getItemReviewTrends."""

from collections.abc import Callable
from datetime import date
from typing import Any

from xpert_pipeline.sandbox.marketplaces import STORES
from xpert_pipeline.sandbox.serving import parameters
from xpert_pipeline.sandbox.serving.errors import invalid, not_found
from xpert_pipeline.sandbox.serving.operation import Call
from xpert_pipeline.sandbox.world.opinions import OFFERED, Topic, months, period, topics

SORTS = ("MENTIONS", "STAR_RATING_IMPACT")
SNIPPETS = ["Bought it for my daughter, call 98450 00000", "jane@example.com says it is too small"]
Told = Callable[[Topic], dict[str, Any]]


def get_item_review_topics(call: Call) -> dict[str, Any] | None:
    """Return the topics of one product's reviews; None if there are too few reviews."""
    parameters.choice(call.query, "sortBy", SORTS, "nothing")
    return _answer(call, "topics", period(_today(call)), _topic)


def get_item_review_trends(call: Call) -> dict[str, Any] | None:
    """Return the topics of one product's reviews by month; None if there are too few reviews."""
    spans = months(_today(call))
    return _answer(call, "reviewTrends", (spans[-1][0], spans[0][1]), lambda topic: _trend(topic, spans))


def _answer(call: Call, name: str, days: tuple[date, date], told: Told) -> dict[str, Any] | None:
    marketplace_id, asin = _marketplace(call), call.path["asin"]
    titles = [listing.title for listing in call.world.listings if listing.asin == asin]
    if not titles:
        raise not_found()
    found = topics(marketplace_id, asin)
    if not found:
        return None
    both = {
        f"{sentiment.lower()}Topics": [told(topic) for topic in found if topic.sentiment == sentiment] or None
        for sentiment in ("POSITIVE", "NEGATIVE")
    }
    return {
        "asin": asin,
        "itemName": titles[0],
        "marketplaceId": marketplace_id,
        "countryCode": STORES[marketplace_id].country,
        "dateRange": _range(days),
        name: {key: value for key, value in both.items() if value is not None},
    }


def _marketplace(call: Call) -> str:
    marketplace_id = parameters.text(call.query, "marketplaceId")
    if marketplace_id not in OFFERED:
        raise invalid("marketplaceId: this marketplace is not supported.")
    return str(marketplace_id)


def _today(call: Call) -> date:
    return STORES[_marketplace(call)].date_of(call.now)


def _topic(topic: Topic) -> dict[str, Any]:
    return {
        "topic": topic.name,
        "asinMetrics": {
            "numberOfMentions": topic.mentions,
            "occurrencePercentage": float(topic.occurrence),
        }
        | ({} if topic.impact is None else {"starRatingImpact": float(topic.impact)}),
        "parentAsinMetrics": {"occurrencePercentage": float(topic.occurrence)},
        "browseNodeMetrics": {"occurrencePercentage": {"allProducts": float(topic.category)}},
        "reviewSnippets": SNIPPETS,
        "subtopics": [],
    }


def _trend(topic: Topic, spans: list[tuple[date, date]]) -> dict[str, Any]:
    return {
        "topic": topic.name,
        "trendMetrics": [
            {
                "dateRange": _range(span),
                "asinMetrics": {"occurrencePercentage": float(share)},
                "parentAsinMetrics": {"occurrencePercentage": float(share)},
                "browseNodeMetrics": {"occurrencePercentage": {"allProducts": float(topic.category)}},
            }
            for span, share in zip(spans, topic.months, strict=True)
        ],
    }


def _range(days: tuple[date, date]) -> dict[str, str]:
    return {"startDate": f"{days[0]}T00:00:00.000Z", "endDate": f"{days[1]}T00:00:00.000Z"}
