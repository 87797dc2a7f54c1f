"""Queries that a run leaves behind: collected by a later one, whatever its window, and never asked twice."""

from datetime import timedelta

import pytest

from xpert_pipeline.events import continued
from xpert_pipeline.sources import run
from xpert_pipeline_tests.faults.kiosk import KIOSK, SOURCES, WAITED_FOR, queries

pytestmark = pytest.mark.long


def test_a_stuck_query_is_parked_with_its_id_and_the_next_run_collects_it(kiosk):
    kiosk.fault("query-stuck", count=1)
    parked = kiosk.run_impatiently(tables=SOURCES)
    assert parked.success
    assert parked.states["economics_daily"] == "skipped"
    (stuck,) = [query for query in queries(kiosk) if query.question.dataset == "economics"]
    assert stuck.id in parked.reasons["economics_daily"]
    assert "the next run collects it" in parked.reasons["economics_daily"]
    late = {table for table, state in parked.states.items() if state == "skipped"}
    assert continued(kiosk.instance, parked.run_id) == late
    assert kiosk.rows("economics_daily") == []
    stuck.seconds = 0.0
    assert kiosk.run(tables=SOURCES).states["economics_daily"] == "ok"
    assert [query.id for query in queries(kiosk) if query.question.dataset == "economics"] == [stuck.id]
    kiosk.assert_whole(*KIOSK)


def test_a_parked_query_of_yesterday_is_collected_although_todays_window_is_another(kiosk, monkeypatch):
    today = kiosk.today
    kiosk.fault("query-stuck", count=1)
    days = [day for day in kiosk.days if day < today]
    with monkeypatch.context() as yesterday:
        yesterday.setattr(run, "local_today", lambda _zone: today - timedelta(days=1))
        assert kiosk.run_impatiently(tables=["economics_daily"], days=days).states["economics_daily"] == "skipped"
    (stuck,) = queries(kiosk)
    stuck.seconds = 0.0
    assert kiosk.run(tables=["economics_daily"]).errors == {}
    assert len(queries(kiosk)) == 2, "the one left behind, and one of the day that is over since"
    kiosk.assert_whole("economics_daily")


def test_parked_traffic_of_yesterday_is_collected_although_todays_window_is_another(kiosk, monkeypatch):
    assert kiosk.run(tables=["products"]).success
    today = kiosk.today
    kiosk.fault("query-stuck", count=1)
    with monkeypatch.context() as yesterday:
        yesterday.setattr(run, "local_today", lambda _zone: today - timedelta(days=1))
        parked = kiosk.run_impatiently(tables=["traffic_daily"], days=[day for day in kiosk.days if day < today])
    assert parked.states["traffic_daily"] == "skipped"
    assert [query.question.dataset for query in queries(kiosk)] == ["salesAndTrafficTrends"] * 2
    for query in queries(kiosk):
        query.seconds = 0.0
    assert kiosk.run(tables=["traffic_daily"]).errors == {}
    assert len(queries(kiosk)) == 3, "the two left behind, and one of the day that is over since"
    assert kiosk.one(WAITED_FOR) == (0,)
    kiosk.assert_whole("traffic_daily")


def test_parked_traffic_of_one_day_is_collected_by_a_run_of_more_days(kiosk):
    assert kiosk.run(tables=["products"]).success
    kiosk.fault("query-stuck", count=1)
    day = kiosk.past_days[-3]
    assert kiosk.run_impatiently(tables=["traffic_daily"], days=[day]).states["traffic_daily"] == "skipped"
    (stuck,) = queries(kiosk)
    stuck.seconds = 0.0
    assert kiosk.run(tables=["traffic_daily"], days=kiosk.past_days).errors == {}
    assert kiosk.one(WAITED_FOR) == (0,)
    loads = [load["details"]["queries"] for load in kiosk.rows("loads") if load["table_name"] == "traffic_daily"]
    assert [stuck.id] in [[query["id"] for query in asked] for asked in loads]
    kiosk.assert_whole("traffic_daily")


def test_of_a_traffic_window_only_the_query_that_failed_is_asked_again(kiosk):
    assert kiosk.run(tables=["products"]).success
    kiosk.fault("query-fatal", count=1)
    assert list(kiosk.run(tables=["traffic_daily"], days=kiosk.past_days).errors) == ["traffic_daily"]
    assert kiosk.run(tables=["traffic_daily"], days=kiosk.past_days[1:]).errors == {}
    assert len(queries(kiosk)) == 3, "two at first, and the one that was FATAL"
    kiosk.assert_whole("traffic_daily")


def test_a_refetch_leaves_no_query_that_a_later_run_would_collect(loaded, hours_pass):
    hours_pass()
    before = loaded.calls("createQuery")
    again = loaded.run(tables=SOURCES, refetch=True)
    assert again.errors == {}
    assert loaded.one(WAITED_FOR) == (0,)
    loads = loaded.rows("loads", "distinct load_id, run_id, table_name, details")
    queries = [
        load["details"]["queries"] for load in loads if load["run_id"] == again.run_id and load["table_name"] in KIOSK
    ]
    assert loaded.calls("createQuery") - before == sum(map(len, queries)), "no query is asked for that is not read"
    hours_pass()
    loaded.fault("economics-restated")
    assert loaded.run(tables=SOURCES).counts["economics_daily"]["updated"] > 0


def test_a_refetch_is_not_undone_by_a_query_that_was_left_behind_before_it(kiosk, hours_pass):
    """The next run collected it, and put the days back to what they were when it was asked for."""
    kiosk.fault("query-stuck", count=1)
    old = kiosk.run_impatiently(tables=["economics_daily"], days=kiosk.past_days)
    assert old.states["economics_daily"] == "skipped"
    (stuck,) = queries(kiosk)
    hours_pass()
    assert kiosk.run(tables=["economics_daily"], days=kiosk.past_days[-1:], refetch=True).errors == {}
    (row,) = [row for row in kiosk.rows("report_requests") if row["amazon_id"] == stuck.id]
    assert (row["state"], row["reason"]) == ("FATAL", "superseded: its days are requested again")
    stuck.seconds = 0.0
    assert kiosk.run(tables=["economics_daily"], days=kiosk.past_days).errors == {}
    loads = [load["details"]["queries"] for load in kiosk.rows("loads") if load["table_name"] == "economics_daily"]
    assert stuck.id not in {query["id"] for asked in loads for query in asked}
    kiosk.assert_whole("economics_daily")
