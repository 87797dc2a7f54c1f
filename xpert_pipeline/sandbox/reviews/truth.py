"""The rows that a perfect pipeline would load for reviews and ratings. Shares are text."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

from xpert_pipeline.sandbox.domain import Row
from xpert_pipeline.sandbox.jobs.kiosk_view import ALWAYS
from xpert_pipeline.sandbox.marketplaces import STORES
from xpert_pipeline.sandbox.world.days import written_day
from xpert_pipeline.sandbox.world.ledger import ledger_of
from xpert_pipeline.sandbox.world.opinions import Topic, feedback_count, months, period, ratings, topics
from xpert_pipeline.sandbox.world.records import World
from xpert_pipeline.sandbox.world.traffic import percent


def review_topics(world: World) -> Iterator[Row]:
    """Yield one row for each topic of each product, as Amazon counts it today."""
    for marketplace_id, asin, topic, today in _topics(world):
        first, last = period(today)
        yield _shared(marketplace_id, asin, topic) | {
            "period_start": first.isoformat(),
            "period_end": last.isoformat(),
            "mentions": topic.mentions,
            "occurrence_pct": str(topic.occurrence),
            "star_rating_impact": None if topic.impact is None else str(topic.impact),
            "parent_occurrence_pct": str(topic.occurrence),
        }


def review_trends(world: World) -> Iterator[Row]:
    """Yield one row for each topic of each product and month."""
    for marketplace_id, asin, topic, today in _topics(world):
        for (first, last), share in zip(months(today), topic.months, strict=True):
            yield _shared(marketplace_id, asin, topic) | {
                "period_start": first.isoformat(),
                "period_end": last.isoformat(),
                "occurrence_pct": str(share),
                "parent_occurrence_pct": str(share),
            }


def seller_feedback(world: World) -> Iterator[Row]:
    """Yield one row for each rating of the seller."""
    for rating in ratings(world, max(world.end_of(marketplace_id) for marketplace_id in world.marketplace_ids)):
        yield {
            "marketplace_id": rating.marketplace_id,
            "order_id": rating.order_id,
            "feedback_date": written_day(rating.day),
            "rating": rating.stars,
        }


def seller_feedback_counts(world: World) -> Iterator[Row]:
    """Yield one row for each store and day."""
    for marketplace_id in world.marketplace_ids:
        ledger = ledger_of(world, marketplace_id, ALWAYS)
        for day in range(ledger.first, ledger.last + 1):
            count = feedback_count(world, marketplace_id, day)
            yield {
                "marketplace_id": marketplace_id,
                "business_date": written_day(day),
                "feedback_received": count.received,
                "negative_feedback_received": count.negative,
                "negative_feedback_pct": str(percent(count.negative, count.received)),
            }


def reviews_ratings(world: World) -> Iterator[Row]:
    """Yield all of them in one shape."""
    for kind, table, rows in (
        ("ITEM_TOPIC", "review_topics", review_topics(world)),
        ("ITEM_TREND", "review_trends", review_trends(world)),
    ):
        for row in rows:
            known = {name: row.get(name) for name in ("mentions", "star_rating_impact")}
            kept = ("marketplace_id", "topic", "sentiment", "period_start", "period_end", "occurrence_pct", "asin")
            yield (
                {name: row[name] for name in kept}
                | known
                | {
                    "record_type": kind,
                    "subject_id": row["asin"],
                    "rating": None,
                    "feedback_received": None,
                    "negative_feedback_received": None,
                    "order_id": None,
                    "source_table": table,
                }
            )
    for row in seller_feedback(world):
        yield _of_seller(row, "SELLER_FEEDBACK", row["order_id"], row["feedback_date"]) | {
            "rating": row["rating"],
            "order_id": row["order_id"],
            "source_table": "seller_feedback",
        }
    for row in seller_feedback_counts(world):
        yield _of_seller(row, "FEEDBACK_COUNT", "ACCOUNT", row["business_date"]) | {
            "feedback_received": row["feedback_received"],
            "negative_feedback_received": row["negative_feedback_received"],
            "source_table": "seller_feedback_counts",
        }


def _of_seller(row: Row, kind: str, subject: str, day: str) -> Row:
    empty = (
        "mentions", "occurrence_pct", "star_rating_impact", "rating", "feedback_received", "negative_feedback_received",
        "asin", "order_id",
    )  # fmt: skip
    return dict.fromkeys(empty) | {
        "marketplace_id": row["marketplace_id"],
        "record_type": kind,
        "subject_id": subject,
        "topic": "",
        "sentiment": "",
        "period_start": day,
        "period_end": day,
    }


def _topics(world: World) -> Iterator[tuple[str, str, Topic, date]]:
    for marketplace_id in world.marketplace_ids:
        today = datetime.now(UTC).astimezone(STORES[marketplace_id].zone).date()
        for asin in world.shelf(marketplace_id):
            for topic in topics(marketplace_id, asin):
                yield marketplace_id, asin, topic, today


def _shared(marketplace_id: str, asin: str, topic: Topic) -> Row:
    return {
        "marketplace_id": marketplace_id,
        "asin": asin,
        "sentiment": topic.sentiment,
        "topic": topic.name,
        "browse_node_occurrence_pct": str(topic.category),
    }
