"""Topics of reviews where Amazon offers them, ratings of the seller everywhere, and nobody's words anywhere."""

import pytest

from xpert_pipeline.partitions import local_today
from xpert_pipeline_tests.faults.conftest import DAGSTERS_OWN
from xpert_pipeline_tests.sources.conftest import GERMANY, INDIA

pytestmark = [pytest.mark.filterwarnings(DAGSTERS_OWN), pytest.mark.timeout(120)]
TABLES = ("review_topics", "review_trends", "seller_feedback", "seller_feedback_counts", "reviews_ratings")
COUNT = "FEEDBACK_COUNT"
WORDS = ("98450", "example.com", "marketplace.example", "Delivery")


def differences(pipeline, table):
    """What differs from the truth, without ratings of today and tomorrow."""
    today = str(pipeline.today)
    day = {
        "seller_feedback": "feedback_date",
        "seller_feedback_counts": "business_date",
        "reviews_ratings": "period_start",
    }.get(table)
    later = [row for row in pipeline.truth(table) if day and row[day] >= today]
    named = [row["order_id"] for row in later if row.get("order_id")]
    counted = any("feedback_received" in row or row.get("record_type") == COUNT for row in later)
    return [
        text
        for text in pipeline.differences(table)
        if not any(order in text for order in named)
        and not (counted and today in text and (table == "seller_feedback_counts" or COUNT in text))
    ]


def test_topics_come_from_germany_and_ratings_from_both_marketplaces(make_reviewed, hours_pass):
    reviewed = make_reviewed()
    done = reviewed.run()
    assert done.success
    for table in TABLES:
        assert differences(reviewed, table) == []
    assert {row["marketplace_id"] for row in reviewed.rows("review_topics")} == {GERMANY}
    assert {row["marketplace_id"] for row in reviewed.rows("seller_feedback")} == {INDIA, GERMANY}
    kinds = {(row["record_type"], row["marketplace_id"]) for row in reviewed.rows("reviews_ratings")}
    assert kinds == {
        ("ITEM_TOPIC", GERMANY), ("ITEM_TREND", GERMANY), ("SELLER_FEEDBACK", GERMANY), ("SELLER_FEEDBACK", INDIA),
        ("FEEDBACK_COUNT", GERMANY), ("FEEDBACK_COUNT", INDIA),
    }  # fmt: skip
    days = {local_today("Asia/Kolkata"), local_today("Europe/Berlin")}
    assert reviewed.calls("createQuery") == len(days), "one query counts the ratings of all stores with the same days"
    more_ratings_than_counted = """
    select count(*) from seller_feedback_counts as c join
      (select marketplace_id, feedback_date, count(*) from seller_feedback group by 1, 2) as f
      on (c.marketplace_id, c.business_date) = (f.marketplace_id, f.feedback_date)
    where f.count > c.feedback_received
    """
    assert reviewed.one(more_ratings_than_counted) == (0,)
    said = reviewed.everything_said() + str([reviewed.rows(table) for table in TABLES])
    assert not [words for words in WORDS if words in said]

    asked = reviewed.calls("getItemReviewTopics")
    assert asked == reviewed.one(f"select count(distinct asin) from products where marketplace_id = '{GERMANY}'")[0]
    assert asked > len({row["asin"] for row in reviewed.rows("review_topics")}), "some products have too few reviews"
    hours_pass()
    again = reviewed.run(tables=TABLES)
    assert reviewed.calls("getItemReviewTopics") == asked, "an answer is good for a week, also if it is none"
    for table in TABLES:
        nothing = {"inserted": 0, "updated": 0, "deleted": 0}
        assert again.counts[table] | nothing == again.counts[table], table


def test_in_india_topics_are_not_available_and_no_row_is_invented(make_reviewed):
    reviewed = make_reviewed((INDIA,), days=15)
    done = reviewed.run()
    assert done.success
    assert {table: done.states[table] for table in ("review_topics", "review_trends")} == {
        "review_topics": "not_available_in_marketplace",
        "review_trends": "not_available_in_marketplace",
    }
    assert "Amazon does not offer review_topics on Amazon.in" in done.reasons["review_topics"]
    assert reviewed.calls("getItemReviewTopics") == 0
    assert {row["record_type"] for row in reviewed.rows("reviews_ratings")} == {"SELLER_FEEDBACK", "FEEDBACK_COUNT"}


def test_without_the_role_the_sources_say_so_and_the_run_succeeds(make_reviewed):
    reviewed = make_reviewed((GERMANY,), days=10, skus=4, denied_roles=("Selling Partner Insights",))
    done = reviewed.run()
    assert done.success
    assert [done.states[table] for table in TABLES[:3]] == ["not_granted"] * 3
    assert {row["record_type"] for row in reviewed.rows("reviews_ratings")} == {"FEEDBACK_COUNT"}, "another role"
    assert done.states["seller_feedback_counts"] == "ok"
