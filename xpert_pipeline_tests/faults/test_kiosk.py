"""Data Kiosk, end to end: days are read whole and once, restated days again, and nothing is lost on the way."""

import logging
import time
from datetime import timedelta
from decimal import Decimal

import pytest

from xpert_pipeline.assets import seller_run
from xpert_pipeline.sandbox import kiosk_api, kiosk_documents

KIOSK = ["economics_daily", "traffic_daily"]
SOURCES = ["products", *KIOSK]
WAITED_FOR = """
select count(*) from report_requests
where kind = 'query' and collected_at is null and state in ('WANTED', 'IN_QUEUE', 'IN_PROGRESS', 'DONE')
"""
SMALL = {"days": 20, "orders_per_day": 8, "skus": 40}


@pytest.fixture
def kiosk(empty_pipeline, make_sandbox):
    empty_pipeline.serve(make_sandbox(**SMALL))
    return empty_pipeline


@pytest.fixture
def loaded(kiosk):
    assert kiosk.run(tables=SOURCES).errors == {}
    return kiosk


@pytest.fixture
def few_days(empty_pipeline, make_sandbox):
    """A seller of three days, all of which `kiosk-lag` hides: an answer without a record."""
    empty_pipeline.serve(make_sandbox())
    assert empty_pipeline.run(tables=SOURCES).errors == {}
    return empty_pipeline


@pytest.fixture
def hours_pass(admin):
    """Let what was asked and loaded so far have been asked and loaded hours ago."""

    def pass_(hours=7):
        admin.execute("update loads set started_at = started_at - make_interval(mins => %s)", [round(60 * hours)])
        admin.execute("update report_requests set asked_at = asked_at - make_interval(mins => %s)", [round(60 * hours)])

    return pass_


def changes(outcome, table):
    return {name: outcome.counts[table][name] for name in ("inserted", "updated", "deleted")}


def loads(pipeline, table):
    return sorted(
        (load for load in pipeline.rows("loads") if load["table_name"] == table), key=lambda load: load["finished_at"]
    )


def warnings(pipeline, outcome):
    return [each.user_message for each in pipeline.instance.all_logs(outcome.run_id) if each.level >= logging.WARNING]


def queries(pipeline):
    return list(pipeline.sandbox.state.queries.of(pipeline.sellers[0], time.time()))


def test_both_tables_hold_what_amazon_says_and_a_second_run_changes_nothing(loaded, hours_pass):
    loaded.assert_whole(*KIOSK)
    asked = loaded.calls("createQuery")
    assert loaded.run(tables=SOURCES).states["economics_daily"] == "empty", "read within hours"
    assert loaded.calls("createQuery") == asked
    hours_pass()
    again = loaded.run(tables=SOURCES)
    for table in KIOSK:
        assert changes(again, table) == {"inserted": 0, "updated": 0, "deleted": 0}
        assert again.counts[table]["unchanged"] > 0
    assert loaded.calls("createQuery") - asked == 3, "the last 14 days: one query of economics, two of 30 ASINs"
    loaded.assert_whole(*KIOSK)


def test_days_that_are_complete_are_not_asked_for_again_unless_wanted(loaded):
    old = loaded.past_days[:3]
    asked = loaded.calls("createQuery")
    assert loaded.run(tables=KIOSK, days=old).states == {"economics_daily": "empty", "traffic_daily": "empty"}
    assert loaded.calls("createQuery") == asked
    again = loaded.run(tables=KIOSK, days=old, refetch=True)
    assert again.states == {"economics_daily": "ok", "traffic_daily": "ok"}
    assert loaded.calls("createQuery") == asked + 3
    assert changes(again, "economics_daily") == {"inserted": 0, "updated": 0, "deleted": 0}


def test_one_days_traffic_is_asked_for_by_asin_and_is_the_same(kiosk):
    assert kiosk.run(tables=["products"]).success
    day = kiosk.past_days[5]
    assert kiosk.run(tables=KIOSK, days=[day]).errors == {}
    assert [query.question.dataset for query in queries(kiosk)].count("salesAndTrafficByAsin") == 1
    told = [row for row in kiosk.truth("traffic_daily") if row["business_date"] == str(day)]
    assert [row["asin"] for row in kiosk.rows("traffic_daily")] == [row["asin"] for row in told]
    assert not [found for found in kiosk.differences("traffic_daily") if "one side only" not in found]


def test_restated_days_arrive_with_the_next_live_run(loaded, hours_pass):
    loaded.fault("economics-restated")
    hours_pass()
    changed = loaded.run(tables=SOURCES)
    assert changed.counts["economics_daily"]["updated"] > 0
    assert changes(changed, "traffic_daily") == {"inserted": 0, "updated": 0, "deleted": 0}
    loaded.assert_whole("economics_daily")


def test_days_that_come_late_and_rows_that_go_follow_amazon(kiosk, hours_pass):
    kiosk.fault("kiosk-lag")
    assert kiosk.run(tables=SOURCES).success
    late = {row["business_date"] for row in kiosk.truth("economics_daily")} - {
        str(row["business_date"]) for row in kiosk.rows("economics_daily")
    }
    assert len(late) == 3
    kiosk.mend()
    hours_pass()
    assert kiosk.run(tables=SOURCES).counts["economics_daily"]["inserted"] > 0
    kiosk.assert_whole(*KIOSK)
    kiosk.fault("kiosk-lag")
    gone = kiosk.run(tables=SOURCES, refetch=True)
    rows = sum(row["business_date"] in late for row in kiosk.truth("economics_daily"))
    assert gone.counts["economics_daily"]["deleted"] == rows
    assert loads(kiosk, "economics_daily")[-1]["details"]["signals"]["days that became empty"] == 3
    said = f"for 3 days of {min(late)} to {max(late)} of which rows are known: {rows} rows are deleted"
    assert [text for text in warnings(kiosk, gone) if said in text]


def test_an_answer_without_any_record_is_believed_when_a_query_an_hour_later_says_the_same(few_days, hours_pass):
    """One answer that was made too early emptied its window, green and without a word."""
    known = {table: few_days.rows(table) for table in KIOSK}
    few_days.fault("kiosk-lag")
    for hours in (7, 0.9):  # the second question comes too soon after the first
        hours_pass(hours)
        doubted = few_days.run(tables=KIOSK)
        assert doubted.success
        for table in KIOSK:
            assert doubted.states[table] == "skipped"
            said = f"although {len(known[table])} are known; nothing was deleted, the next run asks again"
            assert said in doubted.reasons[table]
            assert [text for text in warnings(few_days, doubted) if said in text]
            assert few_days.rows(table) == known[table]
            assert len(loads(few_days, table)) == 1
    hours_pass(0.2)
    believed = few_days.run(tables=KIOSK)
    for table in KIOSK:
        days = len({row["business_date"] for row in known[table]})
        assert changes(believed, table) == {"inserted": 0, "updated": 0, "deleted": len(known[table])}
        assert few_days.rows(table) == []
        assert loads(few_days, table)[-1]["details"]["signals"] == {"days that became empty": days}
        assert [text for text in warnings(few_days, believed) if f"{len(known[table])} rows are deleted" in text]


def test_an_answer_without_any_record_is_forgotten_once_the_days_are_told_again(few_days, hours_pass):
    few_days.fault("kiosk-lag")
    hours_pass()
    assert few_days.run(tables=KIOSK).states["economics_daily"] == "skipped"
    few_days.mend()
    hours_pass()
    assert few_days.run(tables=KIOSK).states["economics_daily"] == "ok", "the days stayed open"
    few_days.assert_whole(*KIOSK)
    few_days.fault("kiosk-lag")
    hours_pass()
    again = few_days.run(tables=KIOSK)
    assert again.states == {"economics_daily": "skipped", "traffic_daily": "skipped"}, "the first of its kind"
    few_days.assert_whole(*KIOSK)


def test_a_part_of_a_window_that_was_empty_is_no_word_on_the_whole(few_days, hours_pass, admin):
    """Of two queries of 30 ASINs one may have none with traffic, in a window that has rows."""
    few_days.fault("kiosk-lag")
    hours_pass()
    admin.execute("update report_requests set state = 'EMPTY', reason = 'the query found no rows'")
    admin.execute("update loads set started_at = started_at - interval '1 day'")
    assert few_days.run(tables=KIOSK).states == {"economics_daily": "skipped", "traffic_daily": "skipped"}
    few_days.assert_whole(*KIOSK)


def test_a_document_without_records_counts_as_an_empty_answer(few_days, hours_pass, monkeypatch):
    """DONE with a document in which there is nothing, or nothing but null."""
    known = few_days.rows("economics_daily")
    hours_pass()
    with monkeypatch.context() as nulls:
        nulls.setattr(kiosk_documents, "_lines", lambda _query: iter(["null\n"]))
        doubted = few_days.run(tables=["economics_daily"])
    assert doubted.states["economics_daily"] == "skipped"
    assert few_days.rows("economics_daily") == known
    few_days.sandbox.state.documents.kept.clear()
    assert few_days.run(tables=["economics_daily"]).states["economics_daily"] == "ok", "it is not taken again"
    few_days.assert_whole("economics_daily")


def test_a_seller_that_never_sold_is_read_as_empty_without_doubt(empty_pipeline, make_sandbox):
    empty_pipeline.serve(make_sandbox())
    empty_pipeline.fault("kiosk-lag")
    assert empty_pipeline.run(tables=SOURCES).states["economics_daily"] == "empty"
    (load,) = loads(empty_pipeline, "economics_daily")
    assert "signals" not in load["details"]


def test_traffic_is_asked_for_of_asins_that_only_economics_tells(kiosk):
    """A product that is listed no more, with fees or advertisements, but no order that we know."""
    assert kiosk.run(tables=["economics_daily"]).success
    asins = {row["asin"] for row in kiosk.rows("economics_daily")}
    outcome = kiosk.run(tables=["traffic_daily"])
    assert outcome.states["traffic_daily"] == "ok"
    assert {row["asin"] for row in kiosk.rows("traffic_daily")} == asins
    assert loads(kiosk, "traffic_daily")[-1]["details"]["asins"] == len(asins)


def test_a_result_of_many_pages_is_one_complete_load(kiosk, monkeypatch):
    monkeypatch.setattr(kiosk_api, "RECORDS_A_PAGE", 70)
    assert kiosk.run(tables=SOURCES).errors == {}
    kiosk.assert_whole(*KIOSK)
    (load,) = [load for load in kiosk.rows("loads") if load["table_name"] == "economics_daily"]
    assert len(load["details"]["queries"]) > 2
    assert kiosk.one("select count(*) from report_requests where kind = 'query' and collected_at is null") == (0,)


def test_a_line_that_is_cut_off_fails_its_window_and_the_next_run_asks_anew(kiosk):
    kiosk.fault("malformed-jsonl")
    failed = kiosk.run(tables=["products", "economics_daily"])
    assert failed.error.startswith(f"BadLine: seller {kiosk.sellers[0]}: Data Kiosk query ")
    assert "is no JSON" in failed.error
    assert "Nothing of this document was kept" in failed.error
    assert kiosk.rows("economics_daily") == []
    assert [load for load in kiosk.rows("loads") if load["table_name"] == "economics_daily"] == []
    kiosk.mend()
    assert kiosk.run(tables=SOURCES).success
    kiosk.assert_whole(*KIOSK)


def test_a_fatal_query_fails_with_amazons_reason_and_the_other_table_is_loaded(kiosk):
    kiosk.fault("query-fatal", count=1)
    failed = kiosk.run(tables=SOURCES)
    (error,) = failed.errors.values()
    assert error.startswith(f"ReportFailed: seller {kiosk.sellers[0]}: getQuery for seller")
    assert "is FATAL: " in error
    assert "Amazon gave no reason" not in error
    assert kiosk.run(tables=SOURCES).success
    kiosk.assert_whole(*KIOSK)


def test_a_stuck_query_is_parked_with_its_id_and_the_next_run_collects_it(kiosk):
    kiosk.fault("query-stuck", count=1)
    parked = kiosk.run_impatiently(tables=SOURCES)
    assert parked.success
    assert parked.states["economics_daily"] == "skipped"
    (stuck,) = [query for query in queries(kiosk) if query.question.dataset == "economics"]
    assert stuck.id in parked.reasons["economics_daily"]
    assert "the next run collects it" in parked.reasons["economics_daily"]
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
        yesterday.setattr(seller_run, "local_today", lambda _zone: today - timedelta(days=1))
        assert kiosk.run_impatiently(tables=["economics_daily"], days=days).states["economics_daily"] == "skipped"
    (stuck,) = queries(kiosk)
    stuck.seconds = 0.0
    assert kiosk.run(tables=["economics_daily"]).errors == {}
    assert len(queries(kiosk)) == 2, "the one left behind, and one of the day that is over since"
    kiosk.assert_whole("economics_daily")


def test_a_lost_answer_of_create_query_is_settled_without_a_second_query(kiosk):
    kiosk.fault("504-json", count=1, operation="createQuery")
    assert kiosk.run(tables=["economics_daily"]).errors == {}
    kiosk.assert_whole("economics_daily")


def test_nulls_and_gzip_do_no_harm(kiosk):
    kiosk.fault("kiosk-null-entries")
    kiosk.fault("kiosk-gzip")
    assert kiosk.run(tables=SOURCES).errors == {}
    (load,) = [load for load in kiosk.rows("loads") if load["table_name"] == "economics_daily"]
    assert load["details"]["signals"]["null among records"] == 1
    assert load["details"]["signals"]["null among fees"] > 0
    assert kiosk.rows("rejected_records") == []
    truth = kiosk.truth("economics_daily")
    only = [name for name in truth[0] if not name.startswith(("ads", "fees"))]
    assert kiosk.differences("economics_daily", only=only) == []
    for ours, told in zip(kiosk.rows("economics_daily"), truth, strict=True):
        known = Decimal(told["fees_total"]) if told["fees"] else None  # nothing but null: nobody says that it was none
        assert ours["fees_total"] == known
    kiosk.assert_whole("traffic_daily")


def test_without_the_role_the_tables_say_not_granted(empty_pipeline, make_sandbox):
    empty_pipeline.serve(make_sandbox(**SMALL, denied_roles=("Brand Analytics",)))
    denied = empty_pipeline.run(tables=SOURCES)
    assert denied.success
    assert {denied.states[table] for table in KIOSK} == {"not_granted"}
    assert denied.states["products"] == "ok"


def test_asins_that_become_known_during_the_run_are_asked_for_in_it(kiosk):
    """The first run of a seller: no listing is known when its queries are asked for at the start."""
    assert kiosk.run(tables=SOURCES).success
    (load,) = [load for load in kiosk.rows("loads") if load["table_name"] == "traffic_daily"]
    assert load["details"]["asins"] == len({row["asin"] for row in kiosk.rows("products")})


def test_without_any_known_asin_traffic_says_so(kiosk):
    outcome = kiosk.run(tables=["traffic_daily"], days=kiosk.past_days)
    assert outcome.states["traffic_daily"] == "empty"
    assert "load products first" in outcome.reasons["traffic_daily"]
    assert kiosk.calls("createQuery") == 0


def test_days_that_were_read_too_early_are_read_once_more_when_they_are_settled(loaded, admin):
    """A pipeline that slept for weeks finds days that it had read last while Amazon still restated them."""
    old = loaded.past_days[0]
    admin.execute("update loads set started_at = started_at - interval '17 days' where table_name = 'economics_daily'")
    assert loaded.run(tables=["economics_daily"], days=[loaded.today]).success
    (first,) = loaded.one(
        "select min(window_start) at time zone 'Asia/Kolkata' from loads where table_name = 'economics_daily'"
        " and started_at > now() - interval '1 hour'"
    )
    assert first.date() == old
    assert loaded.run(tables=["economics_daily"], days=[old]).states["economics_daily"] == "empty"


def test_parked_traffic_of_yesterday_is_collected_although_todays_window_is_another(kiosk, monkeypatch):
    assert kiosk.run(tables=["products"]).success
    today = kiosk.today
    kiosk.fault("query-stuck", count=1)
    with monkeypatch.context() as yesterday:
        yesterday.setattr(seller_run, "local_today", lambda _zone: today - timedelta(days=1))
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


def test_a_live_run_reads_days_that_were_left_out_but_none_before_the_first_that_was_loaded(kiosk):
    first = "select min(window_start at time zone 'Asia/Kolkata')::date from loads where table_name = 'economics_daily'"
    assert kiosk.run(tables=["economics_daily"], days=[kiosk.today]).success
    assert kiosk.one(first) == (kiosk.today - timedelta(days=14),), "those that Amazon restates"
    assert kiosk.run(tables=["economics_daily"], days=[kiosk.today]).states["economics_daily"] == "empty"
    assert kiosk.run(tables=["economics_daily"], days=kiosk.past_days[:1]).success
    assert kiosk.differences("economics_daily")
    assert kiosk.run(tables=["economics_daily"], days=[kiosk.today]).errors == {}
    kiosk.assert_whole("economics_daily")


def test_days_that_orders_have_and_kiosk_was_never_asked_for_are_read_by_a_live_run(kiosk):
    assert kiosk.run(tables=["orders", "order_items"], days=kiosk.past_days).errors == {}
    assert kiosk.run(tables=SOURCES, days=[kiosk.today]).errors == {}
    kiosk.assert_whole(*KIOSK)


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
