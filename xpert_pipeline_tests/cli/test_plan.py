"""How a plan reads: windows that are alike share a row, and nothing is lost of the totals."""

from collections import Counter
from datetime import date, timedelta

from xpert_pipeline.assets.plans import RunPlan, StreamPlan
from xpert_pipeline.cli.plan_text import grouped, show

from xpert_pipeline.spapi.planning.source_choice import ExpectedRecords, Prediction, choose

NEWEST = date(2026, 11, 25)
METRICS = "by Amazon's order metrics"


def window(number, *, orders=4500.0, pages=800.0, report=60.0, known=METRICS):
    """The window of 30 days that comes so many before the newest."""
    last = NEWEST - timedelta(days=30 * number)
    predictions = {"pages": Prediction(pages, {"searchOrders": 45}), "report": Prediction(report, {"createReport": 1})}
    plan = choose(predictions, ExpectedRecords(orders, known), 30)
    source = "searchOrders" if plan.source == "pages" else "XML all-orders report"
    first = last - timedelta(days=29)
    return StreamPlan(
        "orders", f"created {first} to {last}", source, plan.seconds, plan.calls, {}, plan.why, (first, last), plan
    )


def test_two_years_of_windows_are_one_row_with_range_count_and_all_calls():
    """A plan over two years was 24 rows and 24 sentences."""
    streams = [window(number, report=60.0 + number) for number in range(24)]
    (row,) = grouped(streams)
    assert row.window == f"created {NEWEST - timedelta(days=719)} to {NEWEST} (720 days), 24 windows"
    assert (row.seconds, row.calls) == (83.0, {"createReport": 24})
    assert row.why == (
        "108,000 orders (by Amazon's order metrics) in 720 days: searchOrders pages of each are predicted to take up to "
        "800 s, XML reports up to 83 s (time of generation guessed), so the report"
    )


def test_another_source_or_reason_begins_another_row():
    streams = [window(0), window(1, pages=1.0), window(2, pages=1.0, known=None), window(3)]
    assert grouped(streams) == streams


def test_a_forced_choice_keeps_its_reason():
    plans = [window(number) for number in range(2)]
    forced = [
        StreamPlan(*(each.table, each.window, each.source, each.seconds, each.calls, {}, each.why, each.created),
                   each.plan.forced("pages", "the ids differ"))
        for each in plans
    ]  # fmt: skip
    (row,) = grouped(forced)
    assert row.why == "pages of each although predicted to take up to 800 s: the ids differ"


def test_rows_that_are_no_windows_of_orders_by_date_stay_alone():
    other = StreamPlan("economics_daily", "2026-01-01 to 2026-01-02", "Data Kiosk", 1.0, {}, {}, "why")
    assert grouped([other, other]) == [other, other]


def test_the_totals_are_those_of_every_window(capsys):
    streams = [window(number) for number in range(3)]
    show(RunPlan("A1", streams, 1, Counter({"createReport": 3})))
    told = capsys.readouterr().out
    assert "  1 day of orders already complete" in told
    assert "  calls: 3 createReport" in told
    assert told.count("3 windows") == 2
