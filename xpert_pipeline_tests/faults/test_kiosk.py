"""Data Kiosk, end to end: days are read whole and once, restated days again, and nothing is lost on the way."""

from datetime import timedelta
from decimal import Decimal

import pytest

from xpert_pipeline.sandbox.jobs import kiosk_api
from xpert_pipeline_tests.faults.kiosk import KIOSK, SOURCES, TWENTY_DAYS, changes, loads, queries, warnings

pytestmark = pytest.mark.long


def test_both_tables_hold_what_amazon_says_and_a_second_run_changes_nothing(loaded, hours_pass):
    loaded.assert_whole(*KIOSK)
    asked = loaded.calls("createQuery")
    assert loaded.run(tables=SOURCES).states["economics_daily"] == "up_to_date", "read within hours"
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
    assert set(loaded.run(tables=KIOSK, days=old).states.values()) == {"up_to_date"}
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
    said = f"for 3 days in {min(late)} to {max(late)}; deleting {rows} rows from the table"
    assert [text for text in warnings(kiosk, gone) if said in text]


def test_traffic_is_asked_for_of_asins_that_only_economics_tells(kiosk, admin):
    """A product that is listed no more, with fees or advertisements, but no order that we know."""
    assert kiosk.run(tables=["products", "economics_daily"]).success
    admin.execute("delete from products")
    asins = {row["asin"] for row in kiosk.rows("economics_daily")}
    outcome = kiosk.run(tables=["traffic_daily"])
    assert outcome.states["traffic_daily"] == "ok"
    visited = {row["asin"] for row in kiosk.truth("traffic_daily")}
    assert {row["asin"] for row in kiosk.rows("traffic_daily")} == asins & visited
    assert loads(kiosk, "traffic_daily")[-1]["details"]["asins"] == len(asins)


def test_a_result_of_many_pages_is_one_complete_load(kiosk, monkeypatch):
    monkeypatch.setattr(kiosk_api, "RECORDS_A_PAGE", 70)
    assert kiosk.run(tables=SOURCES).errors == {}
    kiosk.assert_whole(*KIOSK)
    (load,) = [load for load in kiosk.rows("loads") if load["table_name"] == "economics_daily"]
    assert len(load["details"]["queries"]) > 2
    assert kiosk.one("select count(*) from report_requests where kind = 'query' and collected_at is null") == (0,)


def test_a_line_that_is_cut_off_fails_its_window_and_the_next_run_asks_anew(kiosk):
    """The error was one of "seller ?": readers of documents do not know whose they read."""
    kiosk.fault("malformed-jsonl")
    failed = kiosk.run(tables=["products", "economics_daily"])
    assert failed.error.startswith(f"BadLine: seller {kiosk.sellers[0]}: Data Kiosk query ")
    assert f" for seller {kiosk.sellers[0]}: line " in failed.error
    assert "is not JSON" in failed.error
    assert "Nothing from this document was loaded" in failed.error
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
    empty_pipeline.serve(make_sandbox(**TWENTY_DAYS, denied_roles=("Brand Analytics",)))
    denied = empty_pipeline.run(tables=SOURCES)
    assert denied.success
    assert {denied.states[table] for table in KIOSK} == {"not_granted"}
    assert denied.states["products"] == "ok"


def test_asins_that_become_known_during_the_run_are_asked_for_in_it(kiosk):
    """The first run of a seller: no listing is known when its queries are asked for at the start."""
    assert kiosk.run(tables=SOURCES).success
    (load,) = [load for load in kiosk.rows("loads") if load["table_name"] == "traffic_daily"]
    assert load["details"]["asins"] == len({row["asin"] for row in kiosk.rows("products")})


def test_without_any_known_asin_traffic_says_so(kiosk, admin):
    """The listings were read, and there are none."""
    assert kiosk.run(tables=["products"]).success
    admin.execute("delete from products")
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
    assert loaded.run(tables=["economics_daily"], days=[old]).states["economics_daily"] == "up_to_date"


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
