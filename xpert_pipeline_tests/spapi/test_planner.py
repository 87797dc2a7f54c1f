"""The planner's arithmetic: what each source of orders takes, and which is taken."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from xpert_pipeline.spapi.planner import Bucket, choose, plan_orders, predict_pages, predict_report
from xpert_pipeline.spapi.report_windows import split_windows

FULL = {
    "create_report": Bucket(15, 0.0167),
    "get_report_document": Bucket(15, 0.0167),
    "get_reports": Bucket(10, 0.0222),
    "get_report": Bucket(15, 2),
}


@pytest.mark.parametrize(
    ("orders", "level", "seconds"),
    [
        (0, 20, 0.5),
        (1, 20, 0.5),
        (2000, 20, 10),
        (2001, 20, 1 / 0.0056 + 10.5),
        (100, 0, 1 / 0.0056 + 0.5),
        (100, 0.9, 1 / 0.0056 + 0.5),
        (5000, 20, 30 / 0.0056 + 25),
    ],
)
def test_pages_take_their_tokens_and_half_a_second_each(orders, level, seconds):
    assert predict_pages(orders, Bucket(level, 0.0056)) == pytest.approx(seconds)


def test_reports_with_full_buckets_take_their_generation_and_a_few_calls():
    assert 20 < predict_report(4500, 30, **FULL) < 30


def test_two_years_of_reports_wait_for_ten_tokens_beyond_the_burst():
    windows = 25
    tokens = (windows - 15) / 0.0167
    assert tokens < predict_report(100_000, 730, **FULL) < tokens * 1.2


def test_an_empty_bucket_costs_its_tokens():
    empty = {**FULL, "create_report": Bucket(0, 0.0167)}
    assert predict_report(10, 1, **empty) - predict_report(10, 1, **FULL) == pytest.approx(1 / 0.0167, rel=0.01)


def test_few_orders_come_by_pages_and_many_by_report():
    def plan(orders, days):
        return choose(
            predict_pages(orders, Bucket(20, 0.0056)),
            predict_report(orders, days, **FULL),
            expected_orders=orders,
            days=days,
            is_guess=False,
        )

    assert plan(300, 2).source == "pages"
    assert plan(4500, 30).source == "report"
    assert plan(85_237, 91).source == "report"


def test_the_reason_tells_both_predictions():
    plan = choose(12, 34, expected_orders=250, days=2, is_guess=True)
    assert plan.why == (
        "about 250 orders in 2.0 days: searchOrders pages are predicted to take 12 s, XML reports 34 s, so pages"
    )
    assert plan.as_dict() == {
        "source": "pages",
        "seconds": 12,
        "predicted": {"pages": 12, "report": 34},
        "why": plan.why,
    }


def test_a_forced_plan_keeps_the_predictions_and_says_why():
    plan = choose(500, 34, expected_orders=9000, days=20, is_guess=False).forced("pages", "the ids differ")
    assert (plan.source, plan.seconds) == ("pages", 500)
    assert "the ids differ" in plan.why


def test_the_sellers_own_buckets_count(make_api, amazon):
    api = make_api()
    assert plan_orders(api, expected_orders=100, days=1).source == "pages"
    assert plan_orders(api, expected_orders=9000, days=20).source == "report"
    backfill = make_api(priority=1)
    assert plan_orders(backfill, expected_orders=1900, days=20).seconds > 20  # the last quarter is for live work
    assert amazon.seen == []


def test_windows_are_consecutive_and_at_most_thirty_days():
    start = datetime(2026, 1, 1, 18, 30, tzinfo=UTC)
    end = start + timedelta(days=70, hours=3)
    windows = split_windows(start, end)
    assert [(to - since).days for since, to in windows] == [30, 30, 10]
    assert windows[0][0] == start
    assert windows[-1][1] == end
    assert all(one[1] == other[0] for one, other in pairwise(windows))
    assert split_windows(start, start) == []
    with pytest.raises(ValueError, match=r"ends .* before it starts"):
        split_windows(end, start)
