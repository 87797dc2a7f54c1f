"""Answers that only help to plan, to reuse or to find mistakes: whatever Amazon answers, no data is lost."""

import pytest

from xpert_pipeline.assets.orders import feed
from xpert_pipeline_tests.faults.kiosk import KIOSK, SOURCES

ORDERS = ["orders", "order_items"]
ANSWERS = ["access-denied", "bad-request", "not-found", "500-json", "200-html"]
WHY = "select details #>> '{plan,why}' from loads where table_name = 'orders' and window_kind = 'created' limit 1"


@pytest.mark.parametrize("answer", ANSWERS)
def test_without_order_metrics_the_plan_is_a_guess_and_all_orders_are_loaded(pipeline, answer):
    """A 500 or 400 of getOrderMetrics lost all orders, although it serves only planning and checks."""
    pipeline.fault(answer, operation="getOrderMetrics")
    done = pipeline.run(tables=ORDERS)
    assert (done.success, done.errors) == (True, {})
    assert pipeline.struck(answer) > 0
    pipeline.assert_whole(*ORDERS)
    (why,) = pipeline.one(WHY)
    assert "(a guess: Amazon's order metrics are not available)" in why


def test_order_metrics_that_failed_are_not_asked_for_again_for_each_span(pipeline, monkeypatch):
    """Each span of a long backfill waited for five tries of an answer that never came."""
    monkeypatch.setitem(vars(feed.SOURCE.feed), "longest", 1)
    pipeline.fault("bad-request", operation="getOrderMetrics")
    assert pipeline.run(tables=ORDERS).success
    assert len(pipeline.rows("loads", "distinct window_start")) > 2
    assert pipeline.struck("bad-request") == 1
    pipeline.assert_whole(*ORDERS)


@pytest.mark.usefixtures("by_report")
@pytest.mark.parametrize("answer", ANSWERS)
def test_without_the_list_of_earlier_reports_the_report_is_requested(pipeline, answer):
    pipeline.fault(answer, operation="getReports")
    done = pipeline.run(tables=ORDERS, days=pipeline.past_days)
    assert (done.success, done.errors) == (True, {})
    assert pipeline.struck(answer) > 0
    assert pipeline.calls("createReport") == 1
    assert {row["order_id"] for row in pipeline.rows("orders")} == {row["order_id"] for row in pipeline.truth("orders")}


@pytest.mark.parametrize("answer", ["access-denied", "500-json"])
def test_without_the_list_of_earlier_queries_the_queries_are_requested(kiosk, answer):
    kiosk.fault(answer, operation="getQueries")
    assert kiosk.run(tables=SOURCES).errors == {}
    assert kiosk.struck(answer) > 0
    kiosk.assert_whole(*KIOSK)
