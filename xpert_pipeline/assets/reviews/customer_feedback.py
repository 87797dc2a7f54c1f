"""What review_topics and review_trends have in common: Customer Feedback about one ASIN, asked once a week."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

from xpert_pipeline.sources.collect import Row
from xpert_pipeline.sources.day_figures import DayFigure
from xpert_pipeline.sources.lookup import Ask, BatchLookup
from xpert_pipeline.sources.run import Market
from xpert_pipeline.sources.source import Pace
from xpert_pipeline.sources.values import number, value_at
from xpert_pipeline.spapi.operations.batch import Subject
from xpert_pipeline.spapi.operations.customer_feedback import OFFERED_IN
from xpert_pipeline.spapi.operations.listings import count_listings
from xpert_pipeline.tables.columns import Null
from xpert_pipeline.tables.contract import Table

FEW = Null("Too few reviews mention the topic.")
ASINS = """
select distinct asin as subject from products
where seller_id = %(seller_id)s and marketplace_id = %(marketplace_id)s and asin is not null
"""


def parse_mentions(record: Mapping[str, Any], subject: Subject, market: Market) -> Row:
    """Parse what topics and trends have in common: the topic, its period, and how often reviews mention it.

    Raises:
        TypeError: It has no period.
        ValueError: A day of the period is none.
    """
    return {
        "marketplace_id": market.id,
        "asin": subject.name,
        "sentiment": record["sentiment"],
        "topic": record.get("topic"),
        "period_start": _day_at(record, "dateRange.startDate"),
        "period_end": _day_at(record, "dateRange.endDate"),
        "occurrence_pct": number(value_at(record, "asinMetrics.occurrencePercentage")),
        "parent_occurrence_pct": number(value_at(record, "parentAsinMetrics.occurrencePercentage")),
        "browse_node_occurrence_pct": number(value_at(record, "browseNodeMetrics.occurrencePercentage.allProducts")),
    }


def build_source(
    table: Table, figure: str, operation: str, ask: Ask, parse: Callable[[Any, Subject, Market], Row]
) -> BatchLookup:
    """Return the source of a table.

    Args:
        table: The table.
        figure: What one of its rows is called in the figures of a day.
        operation: Amazon's operation.
        ask: Calls it for one ASIN.
        parse: Turns a record into a row.
    """
    return BatchLookup(
        table=table,
        pace=Pace.LAST,
        group="reviews",
        roles=("Selling Partner Insights",),
        after=("products",),
        marketplaces=OFFERED_IN,
        figures=(DayFigure(table, figure, "count(*)"),),
        subjects=ASINS,
        noun="ASIN",
        operation=operation,
        batch=1,
        count=count_listings,
        ask=ask,
        parse=parse,
        every=timedelta(days=6, hours=20),  # once a week, although a daily sync may begin earlier than a week ago
    )


def _day_at(record: Mapping[str, Any], path: str) -> date:
    """The day of a time in a record, as Amazon writes it."""
    return date.fromisoformat(value_at(record, path)[:10])
