"""The seller feedback report: its columns in any language, its dates, and lines that fit no row."""

import io
from collections import Counter
from datetime import date

import pytest

from xpert_pipeline.assets.reviews.review_topics import REVIEW_TOPICS, parse_topic
from xpert_pipeline.assets.reviews.seller_feedback import parse_feedback
from xpert_pipeline.sources.collect import Unfit
from xpert_pipeline.sources.job_windows import Requested
from xpert_pipeline.spapi.documents.flat_files import BadHeader
from xpert_pipeline.spapi.operations.batch import Subject
from xpert_pipeline.spapi.operations.seller_feedback import read_feedback
from xpert_pipeline_tests.assets.orders.payloads import market_of
from xpert_pipeline_tests.sources.conftest import GERMANY, INDIA

ENGLISH = "Date\tRating\tComments\tYour Response\tOrder ID\tRater Email\n"
REQUESTED = Requested((market_of(INDIA),), frozenset((date(2026, 11, 5), date(2026, 11, 6))))


def read(text):
    return list(read_feedback(io.StringIO(text)))


@pytest.mark.parametrize(
    "header",
    [
        ENGLISH,
        "\ufeff" + ENGLISH.upper(),
        "Datum\tBewertung\tKommentare\tIhre Antwort\tBestellnummer\tE-Mail des Bewerters\n",
    ],
)
def test_columns_are_found_by_name_or_by_place(header):
    lines = read(header + "11/05/26\t2\tslow\tsorry\t404-1\tme@example.com\n")
    assert lines == [{"Date": "11/05/26", "Rating": "2", "Order ID": "404-1"}]


def test_known_names_in_another_order_are_found():
    lines = read(
        "Order ID\tRater Email\tDate\tRating\tComments\tYour Response\tNew\n404-1\tm@e\t11/05/26\t3\tx\ty\tz\n"
    )
    assert lines == [{"Date": "11/05/26", "Rating": "3", "Order ID": "404-1"}]


def test_of_a_line_of_another_length_only_the_number_of_its_cells_is_told():
    lines = read(ENGLISH + "11/05/26\t2\tslow\tand bad\tsorry\t404-1\tme@example.com\n\n11/05/26\t2\n")
    assert lines == [{"cells": 7}, {"cells": 2}]
    with pytest.raises(Unfit, match="does not have as many cells"):
        parse_feedback(lines[0], REQUESTED, Counter())


@pytest.mark.parametrize("text", ["", "Too many requests\n", "a\tb\tc\td\te\tf\tg\n"])
def test_a_document_with_other_columns_is_refused_without_quoting_it(text):
    with pytest.raises(BadHeader, match="columns with unknown names") as error:
        read(text)
    assert "Too many" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "day"),
    [("11/05/26", date(2026, 11, 5)), ("11/06/2026", date(2026, 11, 6)), ("11/5/26", date(2026, 11, 5))],
)
def test_a_day_is_month_day_and_year(text, day):
    row = parse_feedback({"Date": text, "Rating": "2", "Order ID": "404-1"}, REQUESTED, Counter())
    assert row == {"marketplace_id": INDIA, "order_id": "404-1", "feedback_date": day, "rating": "2"}


@pytest.mark.parametrize("text", ["05/11/26", "05.11.2026", "2026-11-05", "13/13/26", None])
def test_a_day_in_another_order_is_refused_and_never_guessed(text):
    with pytest.raises(Unfit, match="its date is not a day of the report"):
        parse_feedback({"Date": text, "Rating": "2", "Order ID": "404-1"}, REQUESTED, Counter())


def test_a_topic_becomes_a_row_and_what_amazon_leaves_out_is_unknown():
    record = {
        "sentiment": "NEGATIVE",
        "dateRange": {"startDate": "2026-05-01T00:00:00.000Z", "endDate": "2026-10-31T00:00:00.000Z"},
        "topic": "size",
        "asinMetrics": {"numberOfMentions": 12, "occurrencePercentage": None, "starRatingImpact": None},
        "parentAsinMetrics": None,
    }
    row = parse_topic(record, Subject("B000000001"), market_of(GERMANY))
    assert row == dict.fromkeys(REVIEW_TOPICS.columns) | {
        "marketplace_id": GERMANY,
        "asin": "B000000001",
        "sentiment": "NEGATIVE",
        "topic": "size",
        "period_start": date(2026, 5, 1),
        "period_end": date(2026, 10, 31),
        "mentions": 12,
    }
