"""The planner's arithmetic: what each source of orders takes, and which one is chosen."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise

import pytest

from xpert_pipeline.spapi.jobs.report_windows import split_windows
from xpert_pipeline.spapi.planning.pace import AMAZON, ServerPace, sandbox_pace
from xpert_pipeline.spapi.planning.planner import (
    BucketLevel,
    BucketLevels,
    plan_records,
    predict_made,
    predict_pages,
    predict_report,
)
from xpert_pipeline.spapi.planning.source_choice import ExpectedRecords, Prediction, choose

FULL = {
    "create_report": BucketLevel(15, 0.0167),
    "get_report_document": BucketLevel(15, 0.0167),
    "get_reports": BucketLevel(10, 0.0222),
    "get_report": BucketLevel(15, 2),
}

plan_orders = partial(plan_records, report_type="orders")


@pytest.mark.parametrize(
    ("orders", "level", "seconds"),
    [
        (0, 20, 0.5),
        (1, 20, 0.5),
        (2000, 20, 10),
        (2001, 20, 1 / 0.0056 + 10.5),
        (100, 0, 1 / 0.0056 + 0.5),
        (100, 0.9, 0.1 / 0.0056 + 0.5),
        (5000, 20, 30 / 0.0056 + 25),
    ],
)
def test_pages_take_their_tokens_and_half_a_second_each(orders, level, seconds):
    assert predict_pages(orders, BucketLevel(level, 0.0056)).seconds == pytest.approx(seconds)


def test_reports_with_full_buckets_take_their_generation_and_a_few_calls():
    report = predict_report(4500, 30, **FULL)
    assert 20 < report.seconds < 30
    assert report.calls == {"getReports": 1, "createReport": 1, "getReport": 36, "getReportDocument": 1}


def test_the_time_of_earlier_reports_replaces_the_guess():
    assert predict_report(4500, 30, generation_seconds=300, **FULL).seconds > 300


def test_two_years_of_reports_wait_for_ten_tokens_beyond_the_burst():
    windows = 25
    tokens = (windows - 15) / 0.0167
    assert tokens < predict_report(100_000, 730, **FULL).seconds < tokens * 1.2


def test_an_empty_bucket_costs_its_tokens():
    empty = {**FULL, "create_report": BucketLevel(0, 0.0167)}
    longer = predict_report(10, 1, **empty).seconds - predict_report(10, 1, **FULL).seconds
    assert longer == pytest.approx(1 / 0.0167, rel=0.01)


def test_few_orders_are_read_by_pages_and_many_by_report():
    def plan(orders, days):
        predictions = {
            "pages": predict_pages(orders, BucketLevel(20, 0.0056)),
            "report": predict_report(orders, days, **FULL),
        }
        return choose(predictions, ExpectedRecords(orders, "by a test"), days)

    assert plan(300, 2).source == "pages"
    assert plan(4500, 30).source == "report"
    assert plan(85_237, 91).source == "report"


def both(pages, report):
    return {"pages": Prediction(pages, {"searchOrders": 3}), "report": Prediction(report, {"createReport": 1})}


def test_the_reason_gives_both_predictions_and_says_what_is_guessed():
    plan = choose(both(12, 34), ExpectedRecords(250, None), 2)
    assert plan.why == (
        "250 orders (a guess) in 2 days: searchOrders pages are predicted to take 12 s, "
        "XML reports 34 s (generation time is a guess), so pages"
    )
    assert plan.as_dict() == {
        "source": "pages",
        "seconds": 12,
        "predicted": {"pages": 12, "report": 34},
        "expected": 250,
        "why": plan.why,
    }
    assert plan.calls == {"searchOrders": 3}
    known = choose(both(12, 34), ExpectedRecords(1250, "by Amazon's order metrics"), 2, generation_seconds=31)
    assert known.why.startswith("1,250 orders (by Amazon's order metrics) in 2 days: ")
    assert "XML reports 34 s (made in 31 s as before)" in known.why


def test_a_forced_plan_keeps_the_predictions_and_says_why():
    plan = choose(both(500, 34), ExpectedRecords(9000, "by a test"), 20).forced("pages", "the ids differ")
    assert (plan.source, plan.seconds) == ("pages", 500)
    assert "the ids differ" in plan.why


def test_the_sellers_own_buckets_count(make_api, amazon):
    api = make_api()
    assert plan_orders(BucketLevels(api), ExpectedRecords(100, None), days=1).source == "pages"
    assert plan_orders(BucketLevels(api), ExpectedRecords(9000, None), days=20).source == "report"
    assert (
        plan_orders(BucketLevels(api), ExpectedRecords(9000, None), days=20, generation_seconds=1e6).source == "pages"
    )
    backfill = make_api(priority=1)
    assert (
        plan_orders(BucketLevels(backfill), ExpectedRecords(1900, None), days=20).seconds > 20
    )  # the last quarter is for live work
    assert amazon.seen == []


def test_tokens_that_one_span_of_a_plan_spends_are_gone_for_the_next(make_api):
    buckets = BucketLevels(make_api())
    plans = [plan_orders(buckets, ExpectedRecords(1500, None), days=10) for _ in range(2)]
    assert [plan.source for plan in plans] == ["pages", "report"]
    assert plans[1].predictions["pages"].seconds == pytest.approx(10 / 0.0056 + 7.5)


def two_years(api, orders=1200, generation_seconds=60.0):
    buckets = BucketLevels(api)
    return [
        plan_orders(buckets, ExpectedRecords(orders, None), days=30, generation_seconds=generation_seconds)
        for _ in range(25)
    ]


def test_no_late_window_of_two_years_goes_to_pages_because_of_look_ups(make_api):
    """Each window was charged its own look-up and polls: 25 windows took 1,969 s and 1,334 polls, and one went to pages.

    Reports requested together share them.
    """
    plans = two_years(make_api(priority=1))
    assert [plan.source for plan in plans] == ["pages", *["report"] * 24]
    assert plans[-1].seconds == pytest.approx(12 / 0.0167 + 60, rel=0.1)  # 24 tokens, 12 of them available at once
    calls = sum((Counter(plan.calls) for plan in plans), Counter())
    assert (calls["createReport"], calls["getReportDocument"], calls["getReports"]) == (24, 24, 4)
    assert 24 < calls["getReport"] < 150


def test_windows_planned_one_by_one_cost_what_they_cost_together(make_api):
    """No window is small enough for pages here, so only reports are planned."""
    plans = two_years(make_api(priority=1), orders=2400)
    level = {
        name: BucketLevel(tokens, rate)
        for name, tokens, rate in (
            ("create_report", 12, 0.0167),
            ("get_report_document", 12, 0.0167),
            ("get_reports", 8, 0.0222),
            ("get_report", 12, 2),
        )
    }
    together = predict_report(25 * 2400, 25 * 30, generation_seconds=60, **level)
    assert sum((Counter(plan.calls) for plan in plans), Counter()) == together.calls
    assert plans[-1].seconds == pytest.approx(together.seconds, abs=5)


def test_spans_read_by_pages_take_places_at_the_start(make_api):
    """The newest of eleven spans is read by pages: nine reports are requested at the start, the tenth after them."""
    buckets = BucketLevels(make_api())
    plans = [plan_orders(buckets, ExpectedRecords(1900, None), days=30) for _ in range(11)]
    assert [plan.source for plan in plans] == ["pages", *["report"] * 10]
    look_ups = [place for place, plan in enumerate(plans) if plan.calls.get("getReports")]
    assert look_ups == [1, 10]


def test_reports_of_another_type_need_a_look_up_and_polls_of_their_own(make_api):
    buckets = BucketLevels(make_api())
    first, second, other = (
        plan_orders(buckets, ExpectedRecords(9000, None), days=20, report_type=report_type).calls
        for report_type in ("by date", "by date", "by change")
    )
    assert (first["getReports"], second["getReports"], other["getReports"]) == (1, 0, 1)
    assert second["getReport"] < first["getReport"] == other["getReport"]


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


def test_windows_that_must_be_read_by_pages_are_charged_as_pages(api):
    """They were charged as reports, so each of 25 windows was predicted to take as long as the first: minutes, not hours."""
    buckets = BucketLevels(api)
    plans = [plan_orders(buckets, ExpectedRecords(2400, None), days=30, pages_because="ids differ") for _ in range(25)]
    assert {plan.source for plan in plans} == {"pages"}
    assert plans[-1].seconds == pytest.approx((25 * 24 - 20) / 0.0056 + 12)
    assert buckets["createReport"] == BucketLevels(api)["createReport"]


def test_a_bucket_below_zero_also_waits_for_the_tokens_it_lacks():
    assert BucketLevel(level=-0.1, rate=0.0056).wait_for(1) == pytest.approx(1.1 / 0.0056)
    assert BucketLevel(level=0.9, rate=0.5).wait_for(1) == pytest.approx(0.2)
    assert BucketLevel(level=3.0, rate=0.5).wait_for(3) == 0.0


def queries(levels, count=400):
    buckets = {"create": levels["createQuery"], "document": levels["getDocument"]}
    return predict_made(count, None, **buckets, kind="query", pace=levels.pace).seconds - count * 1.5


@pytest.mark.parametrize(("scale", "tokens"), [(None, 385 / 0.0167), (1, 385 / 0.0167), (10, 38.5 / 0.0167), (0, 0)])
def test_a_plan_for_a_sandbox_uses_its_pace_and_not_amazons(make_api, scale, tokens):
    """A first sync from a sandbox without limits took minutes and was predicted to take four days.

    The sandbox tells its rates only with its first answers, and those come after the prediction.
    """
    levels = BucketLevels(make_api(), AMAZON if scale is None else sandbox_pace(scale))
    made = {None: 60, 1: 60, 10: 6, 0: 0.5}[scale]
    assert queries(levels) == pytest.approx(tokens + made, abs=0.01)


def test_rates_that_a_server_has_told_count_where_its_pace_is_not_known(make_api):
    api = make_api()
    for level in (BucketLevels(api, ServerPace(words="not known")), BucketLevels(api)):
        assert level["searchOrders"] == BucketLevel(20, 0.0056)


def test_a_plan_takes_the_source_that_a_run_takes_although_the_pace_is_known(make_api):
    """A run does not know the sandbox's pace when it chooses, so its choice is predicted, with the true time."""
    levels = BucketLevels(make_api(), sandbox_pace(0))
    few = plan_orders(levels, ExpectedRecords(1500, None), days=10)
    assert (few.source, few.seconds) == ("pages", 7.5)
    assert few.predictions["report"].seconds < few.seconds
    assert "a run chooses before it knows the server's pace" in few.why
    many = plan_orders(levels, ExpectedRecords(90_000, None), days=10)
    assert (many.source, many.forced_by) == ("report", "")
    assert many.seconds < 10
