"""The text of a plan: windows that are alike share a row, and the totals contain every window."""

import re
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

from xpert_pipeline.cli.plan import NAME_WIDTH, grouped, show
from xpert_pipeline.sources.plan import RunPlan, StreamPlan
from xpert_pipeline.spapi.planning.source_choice import ExpectedRecords, Prediction, choose
from xpert_pipeline.wording import day_words

NEWEST = date(2026, 11, 25)
METRICS = "by Amazon's order metrics"
INDIA, BRITAIN = "A21TJRUUN4KGV", "A1F83G8C2ARO7P"


def window(number, *, orders=4500.0, pages=800.0, report=60.0, known=METRICS, marketplaces=(INDIA,)):
    """A window of 30 days; number 0 is the newest, 1 the one before it."""
    last = NEWEST - timedelta(days=30 * number)
    predictions = {"pages": Prediction(pages, {"searchOrders": 45}), "report": Prediction(report, {"createReport": 1})}
    plan = choose(predictions, ExpectedRecords(orders, known), 30)
    source = "searchOrders" if plan.source == "pages" else "XML all-orders report"
    first = last - timedelta(days=29)
    return StreamPlan(
        "orders",
        marketplaces,
        f"created {first} to {last}",
        source,
        plan.seconds,
        plan.calls,
        {},
        plan.why,
        plan.plain,
        created=(first, last),
        choice=plan,
    )


def test_two_years_of_windows_are_one_row_with_range_count_and_all_calls():
    """A plan over two years was 24 rows and 24 sentences."""
    streams = [window(number, report=60.0 + number) for number in range(24)]
    (row,) = grouped(streams)
    assert row.window == f"created {NEWEST - timedelta(days=719)} to {NEWEST} (720 days), 24 windows"
    assert (row.seconds, row.calls) == (83.0, {"createReport": 24})
    assert row.why == (
        "108,000 orders (by Amazon's order metrics) in 720 days: searchOrders pages for each span are predicted to take up to "
        "800 s, XML reports up to 83 s (generation time is a guess), so the report"
    )


def test_another_source_or_reason_begins_another_row():
    streams = [window(0), window(1, pages=1.0), window(2, pages=1.0, known=None), window(3)]
    assert grouped(streams) == streams


def test_a_forced_choice_keeps_its_reason():
    plans = [window(number) for number in range(2)]
    forced = [replace(stream, choice=stream.choice.forced("pages", "the ids differ")) for stream in plans]
    (row,) = grouped(forced)
    assert row.why == "pages for each span although predicted to take up to 800 s: the ids differ"


def test_only_windows_of_records_by_date_share_a_row():
    other = StreamPlan("economics_daily", (INDIA,), "2026-01-01 to 2026-01-02", "Data Kiosk", 1.0, {}, {}, "why")
    assert grouped([other, other]) == [other, other]


def test_a_line_tells_days_amount_way_and_times_in_plain_words(capsys):
    """A plan was a table and, below it, a sentence of 40 words for each row."""
    show(RunPlan("A1", [window(0, orders=3503.0, pages=2840.0, report=21.2)]), name="Books")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Books (A1)"
    days = day_words(NEWEST - timedelta(days=29), NEWEST)
    told = "about 3,503 orders, by bulk report (~22 s; paging would take ~48 min)"
    assert f"  {'orders':<{NAME_WIDTH}}  {days}: {told}" in lines
    assert not any("predicted" in line for line in lines)


def test_a_number_that_nobody_knows_and_a_choice_that_is_forced_are_told():
    stream = window(0, pages=1.0, known=None)
    assert stream.plain == "about 4,500 orders (a guess), by paging (~1 s; a bulk report would take ~60 s)"
    forced = stream.choice.forced("pages", "the ids differ")
    assert forced.plain.endswith("by paging (~1 s; a bulk report would take ~60 s; the ids differ)")


def test_the_totals_are_those_of_every_window(capsys):
    streams = [window(number) for number in range(3)]
    show(RunPlan("A1", streams, {"orders": 1, "traffic_daily": 0}, Counter({"createReport": 3})), verbose=True)
    printed = capsys.readouterr().out
    assert "  1 day up to date (--refetch downloads them again)" in printed
    assert re.search(r"^  traffic_daily +nothing to request$", printed, re.MULTILINE)
    assert re.search(r"^  calls +3 createReport$", printed, re.MULTILINE)
    assert "by 3 bulk reports (~60 s each; paging would take ~14 min each)" in printed


def test_complete_days_are_up_to_date(capsys):
    show(RunPlan("A1", [], {"orders": 30}))
    printed = capsys.readouterr().out
    assert re.search(r"^  orders +30 days up to date$", printed, re.MULTILINE)
    assert re.search(r"^  in all +nothing to request$", printed, re.MULTILINE)


def test_windows_of_different_marketplaces_stay_apart_and_are_named_by_country(capsys):
    streams = [window(0), window(1), window(0, marketplaces=(INDIA, BRITAIN)), window(0, marketplaces=(BRITAIN,))]
    rows = grouped(streams)
    assert [row.marketplaces for row in rows] == [(INDIA,), (INDIA, BRITAIN), (BRITAIN,)]
    show(RunPlan("A1", streams), several_marketplaces=True)
    printed = capsys.readouterr().out
    assert re.findall(r" in ([A-Z]{2}(?:, [A-Z]{2})*): about", printed) == ["IN", "IN, GB", "GB"]


def test_a_seller_with_one_marketplace_is_not_told_its_name(capsys):
    show(RunPlan("A1", [window(0)]))
    assert " in IN" not in capsys.readouterr().out


def made(table, seconds):
    return StreamPlan(table, (INDIA,), "days", "a report", seconds, {}, {}, "why", is_made=True)


def test_tables_end_in_the_order_of_the_run_while_amazon_prepares_reports():
    """The time of a run was told, but not when its tables are there."""
    streams = [window(0, pages=30.0, report=60.0), made("economics_daily", 20.0), made("traffic_daily", 90.0)]
    steps = [("orders", "order_items"), ("sales_data",), ("economics_daily",), ("traffic_daily",), ("market_share",)]
    plan = RunPlan("A1", streams, steps=steps)
    assert plan.ends == {
        "orders": 30.0, "order_items": 30.0, "sales_data": 30.0, "economics_daily": 30.0, "traffic_daily": 90.0,
        "market_share": 90.0,
    }  # fmt: skip
    assert plan.seconds == 90.0


def test_the_plan_tells_when_what_a_seller_looks_at_first_is_there(capsys):
    streams = [window(0, pages=30.0, report=60.0), made("traffic_daily", 600.0)]
    show(RunPlan("A1", streams, steps=[("orders", "order_items"), ("sales_data",), ("traffic_daily",)]))
    printed = capsys.readouterr().out
    assert re.search(r"^  first +~30 s: orders, order_items, sales_data$", printed, re.MULTILINE)
    assert re.search(r"^  in all +~10 min; ", printed, re.MULTILINE)


def test_each_step_takes_a_moment_of_its_own_and_the_pace_is_told(capsys):
    """Without rate limits only the machine's own work is left, and a minute of it was predicted as seven seconds."""
    plan = RunPlan("A1", [window(0, pages=3.0)], steps=[("orders",), ("sales_data",)], pace="no limits", step_seconds=1)
    assert plan.ends == {"orders": 4.0, "sales_data": 5.0}
    show(plan)
    assert re.search(r"^  pace +no limits$", capsys.readouterr().out, re.MULTILINE)
