"""Orders by the XML report: what can happen to it between the request and the last byte, and nothing is lost."""

import re
import time
from concurrent.futures import ThreadPoolExecutor
from zoneinfo import ZoneInfo

import pytest

from xpert_pipeline.assets.orders import feed
from xpert_pipeline.sandbox.orders import xml_report
from xpert_pipeline.sources import change_loading, jobs
from xpert_pipeline.spapi.errors import BadRequest
from xpert_pipeline.spapi.jobs.report_api import ReportApi
from xpert_pipeline.spapi.planning import planner
from xpert_pipeline_tests.faults.pipeline import CARRIED

ORDERS = ["orders", "order_items"]
XML = "GET_XML_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL"
pytestmark = [pytest.mark.long, pytest.mark.usefixtures("by_report")]


def assert_carried_whole(pipeline):
    for table in ORDERS:
        assert pipeline.differences(table, only=CARRIED[table]) == []


def sources(pipeline):
    loads = pipeline.rows("loads", "distinct window_kind, source, table_name")
    return {load["window_kind"]: load["source"] for load in loads if load["table_name"] == "orders"}


def test_faults_of_the_way_are_repaired(pipeline):
    for name in ("truncated-gzip", "expired-document-url", "multi-member-gzip"):
        pipeline.fault(name, count=1)
    pipeline.fault("504-json", count=1, operation="createReport")
    done = pipeline.run(tables=ORDERS, days=pipeline.past_days)
    assert (done.success, done.errors) == (True, {})
    assert sources(pipeline) == {"created": "GET_XML_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL"}
    assert_carried_whole(pipeline)


def test_a_report_that_cannot_be_had_fails_the_orders_with_its_reason(pipeline):
    pipeline.fault("expired-document-url")
    failed = pipeline.run(tables=ORDERS, days=pipeline.past_days)
    assert failed.error.startswith(f"DocumentExpired: seller {pipeline.sellers[0]}: ")
    assert "its address has expired" in failed.error
    assert "Request the document again" in failed.error
    assert pipeline.rows("orders") == pipeline.rows("loads") == []
    pipeline.mend()
    assert pipeline.run(tables=ORDERS, days=pipeline.past_days).success
    assert_carried_whole(pipeline)


def test_a_report_that_amazon_cannot_make_is_replaced_by_pages_in_the_same_run(pipeline):
    """The orders failed, and each further run requested the same report again."""
    pipeline.fault("report-fatal")
    done = pipeline.run(tables=ORDERS, days=pipeline.past_days)
    assert (done.success, done.errors, done.states["orders"]) == (True, {}, "ok")
    assert sources(pipeline) == {"created": "searchOrders"}
    (report,) = pipeline.one("select details -> 'report' from loads where table_name = 'orders'")
    assert report["state"] == "FATAL"
    assert "could not be generated. Please try again" in report["reason"]
    pipeline.assert_whole(*ORDERS)
    requested = pipeline.calls("createReport")
    assert pipeline.run(tables=ORDERS, days=pipeline.past_days).success
    assert pipeline.calls("createReport") == requested


UNREADABLE = [
    ("xml-control-character", "the XML is cut off or malformed"),
    ("xml-bad-reference", "the XML is cut off or malformed"),
    ("xml-bare-ampersand", "the XML is cut off or malformed"),
    ("xml-noncharacter", "the XML is cut off or malformed"),
    ("doctype-xml", "the XML has a DOCTYPE, which may be an attack"),
]


@pytest.mark.parametrize(("fault", "what"), UNREADABLE)
def test_a_report_that_cannot_be_read_is_replaced_by_pages_in_the_same_run(pipeline, fault, what):
    """One raw 0x0B in a title lost 3,193 orders, and each further run requested the same report again."""
    pipeline.fault(fault)
    done = pipeline.run(tables=ORDERS, days=pipeline.past_days)
    assert (done.success, done.errors, done.states["orders"]) == (True, {}, "ok")
    assert pipeline.struck(fault) == 1
    assert sources(pipeline) == {"created": "searchOrders"}
    (report,) = pipeline.one("select details -> 'report' from loads where table_name = 'orders'")
    assert report["state"] == "FATAL"
    assert report["reason"].startswith("its document cannot be read: ")
    assert what in report["reason"]
    pipeline.assert_whole(*ORDERS)


def test_the_plan_remembers_a_report_that_cannot_be_read(pipeline):
    """The report that could not be read was requested again, run after run."""
    pipeline.fault("xml-control-character")
    assert pipeline.run(tables=ORDERS, days=pipeline.past_days).success
    assert pipeline.calls("createReport") == 1
    again = pipeline.run(tables=ORDERS, days=pipeline.past_days, refetch=True)
    assert again.success
    assert pipeline.calls("createReport") == 1
    (why,) = pipeline.one("select details #>> '{plan,why}' from loads where run_id = %s limit 1", again.run_id)
    assert re.search(r"pages although .*: the report of \d\d \w{3} \d{4} could not be read \(the XML is cut off", why)
    pipeline.assert_whole(*ORDERS)


def test_other_days_than_those_of_an_unreadable_report_are_read_by_report(pipeline):
    pipeline.fault("xml-control-character", count=1)
    first, *others = pipeline.past_days
    assert pipeline.run(tables=ORDERS, days=[first]).success
    assert sources(pipeline) == {"created": "searchOrders"}
    pipeline.mend()
    assert pipeline.run(tables=ORDERS, days=others).success
    assert pipeline.calls("createReport") == 2
    assert_carried_whole(pipeline)


def test_changes_of_an_unreadable_report_are_read_by_pages_and_remembered(pipeline, admin):
    two_days_earlier = "window_start = window_start - interval '2 days', window_end = window_end - interval '2 days'"
    move = f"update loads set {two_days_earlier} where window_kind = 'updated'"
    assert pipeline.run(tables=ORDERS).success
    admin.execute(move)
    pipeline.fault("xml-control-character")
    asked = pipeline.calls("createReport")
    assert pipeline.run(tables=ORDERS).success
    assert (pipeline.struck("xml-control-character"), pipeline.calls("createReport")) == (1, asked + 1)
    admin.execute(move)
    assert pipeline.run(tables=ORDERS).success
    assert pipeline.calls("createReport") == asked + 1
    assert_carried_whole(pipeline)


def test_a_report_whose_bytes_stay_damaged_is_replaced_by_pages_and_may_be_requested_again(pipeline):
    pipeline.fault("truncated-gzip")
    assert pipeline.run(tables=ORDERS, days=pipeline.past_days).success
    assert sources(pipeline) == {"created": "searchOrders"}
    pipeline.assert_whole(*ORDERS)
    pipeline.mend()
    assert pipeline.run(tables=ORDERS, days=pipeline.past_days, refetch=True).success
    assert pipeline.calls("createReport") == 2


def test_a_report_that_stays_in_the_queue_is_parked_and_collected_by_the_next_run(pipeline):
    pipeline.fault("report-stuck", count=1)
    parked = pipeline.run_impatiently(tables=[*ORDERS, "products"], days=pipeline.past_days)
    assert (parked.success, parked.states["orders"], parked.states["products"]) == (True, "skipped", "no_history")
    (report,) = pipeline.sandbox.state.reports.reports.values()
    assert report.id in parked.reasons["orders"]
    assert "its id is kept, and the next run collects it" in parked.reasons["orders"].lower()
    assert pipeline.rows("orders") == []
    (row,) = pipeline.rows("report_requests")
    assert (row["amazon_id"], row["state"], row["tries"], row["run_id"]) == (report.id, "IN_QUEUE", 1, parked.run_id)
    report.seconds = 0.0
    assert pipeline.run(tables=ORDERS, days=pipeline.past_days).success
    assert pipeline.calls("createReport") == 1
    assert_carried_whole(pipeline)
    (row,) = pipeline.rows("report_requests")
    assert (row["state"], row["tries"], row["reason"]) == ("DONE", 1, None)
    assert row["collected_at"] is not None


def test_sales_of_days_whose_orders_are_not_in_yet_are_told_as_such(pipeline, monkeypatch):
    """They were derived of nothing and called read, although the orders' report was still in Amazon's queue."""
    monkeypatch.setitem(vars(feed.SOURCE.feed), "longest", 1)
    pipeline.fault("report-stuck", count=1)
    first, *_, last = pipeline.past_days
    parked = pipeline.run_impatiently(tables=[*ORDERS, "sales_data"], days=pipeline.past_days)
    assert (parked.success, parked.states["orders"], parked.states["sales_data"]) == (True, "incomplete", "incomplete")
    facts = {fact[5][:10]: fact[4]["state"] for fact in pipeline.facts() if fact[1] == "sales_data"}
    assert (facts[first.isoformat()], facts[last.isoformat()]) == ("ok", "skipped")
    assert f"not all orders for {last} (1 day) are loaded" in parked.reasons["sales_data"]
    next(report for report in pipeline.sandbox.state.reports.reports.values() if report.seconds).seconds = 0.0
    whole = pipeline.run(tables=[*ORDERS, "sales_data"], days=pipeline.past_days)
    assert (whole.states["sales_data"], whole.reasons.get("sales_data")) == ("ok", None)


def test_sales_are_incomplete_while_the_changes_of_today_are_not_in(pipeline, admin):
    """The stream's position told which days the changes serve, and was taken for what they had brought."""
    tables = [*ORDERS, "sales_data"]
    assert pipeline.run(tables=tables).states["sales_data"] == "ok"
    a_day_earlier = "window_start = window_start - interval '1 day', window_end = window_end - interval '1 day'"
    admin.execute(f"update loads set {a_day_earlier} where window_kind = 'updated'")
    pipeline.fault("report-stuck", count=1)
    parked = pipeline.run_impatiently(tables=tables)
    assert parked.success
    assert str(pipeline.today) in parked.reasons["sales_data"]
    next(report for report in pipeline.sandbox.state.reports.reports.values() if report.seconds).seconds = 0.0
    whole = pipeline.run(tables=tables)
    assert (whole.states["sales_data"], whole.reasons.get("sales_data")) == ("ok", None)


def test_all_reports_of_a_long_backfill_are_asked_for_before_one_is_waited_for(pipeline, monkeypatch):
    """Those beyond the first ten were asked for only when the first were loaded, or had been waited for in vain."""
    monkeypatch.setitem(vars(feed.SOURCE.feed), "longest", 1)
    monkeypatch.setattr(planner, "REPORTS_AHEAD", 1)
    monkeypatch.setattr(change_loading, "REPORTS_TOGETHER", 1)
    pipeline.fault("report-stuck", count=1)
    reports, all_asked_for = pipeline.sandbox.state.reports.reports, []

    def release_the_first_when_all_are_asked_for():
        deadline = time.monotonic() + 40
        while len(reports) < len(pipeline.past_days) and time.monotonic() < deadline:
            time.sleep(0.05)
        all_asked_for.append(len(reports) == len(pipeline.past_days))
        next(report for report in reports.values() if report.seconds).seconds = 0.0

    with ThreadPoolExecutor() as others:
        others.submit(release_the_first_when_all_are_asked_for)
        assert pipeline.run(tables=ORDERS, days=pipeline.past_days).success
    assert (all_asked_for, len(reports) > 1) == ([True], True)
    assert_carried_whole(pipeline)


def test_a_window_that_amazon_refuses_does_not_keep_the_others_from_being_loaded(pipeline, monkeypatch):
    """One createReport that was refused each time left all the others made and none of them loaded, run after run."""
    monkeypatch.setitem(vars(feed.SOURCE.feed), "longest", 1)
    create, refused = ReportApi.create, pipeline.past_days[1]

    def refuse_one(desk, api, request):
        if request.start.astimezone(ZoneInfo("Asia/Kolkata")).date() == refused:
            raise BadRequest("that is too long ago", operation="createReport", seller=api.seller_id)
        return create(desk, api, request)

    with monkeypatch.context() as amazon:
        amazon.setattr(ReportApi, "create", refuse_one)
        for _ in range(2):
            failed = pipeline.run(tables=ORDERS, days=pipeline.past_days)
            assert "that is too long ago" in failed.error
            assert {row["order_date"] for row in pipeline.rows("orders")} == set(pipeline.past_days) - {refused}
    assert pipeline.run(tables=ORDERS, days=pipeline.past_days).success
    assert_carried_whole(pipeline)


def test_a_window_that_ended_now_is_resumed_by_the_same_id_though_now_has_moved(pipeline):
    """A live run's last window ends at the present moment; the next run collects it as it was asked for."""
    pipeline.fault("report-stuck", count=1)
    assert pipeline.run_impatiently(tables=ORDERS).states["orders"] == "skipped"
    (report,) = pipeline.sandbox.state.reports.reports.values()
    report.seconds = 0.0
    assert pipeline.run(tables=ORDERS).states["orders"] == "ok"
    created = [each for each in pipeline.sandbox.state.reports.reports.values() if "ORDER_DATE" in each.report_type]
    assert created == [report]
    assert_carried_whole(pipeline)


def test_one_stuck_report_does_not_keep_the_other_windows(pipeline, monkeypatch):
    monkeypatch.setitem(vars(feed.SOURCE.feed), "longest", 1)
    pipeline.fault("report-stuck", count=1)
    assert pipeline.run_impatiently(tables=ORDERS, days=pipeline.past_days).success
    stuck = next(report for report in pipeline.sandbox.state.reports.reports.values() if report.seconds)
    loaded = {row["order_date"] for row in pipeline.rows("orders")}
    assert loaded == set(pipeline.past_days[:-1]), "newest first: the stuck one is the last day's"
    facts = {fact[5][:10]: fact[4]["state"] for fact in pipeline.facts() if fact[1] == "orders"}
    assert facts == {
        day.isoformat(): "skipped" if day == pipeline.past_days[-1] else "ok" for day in pipeline.past_days
    }
    stuck.seconds = 0.0
    assert pipeline.run(tables=ORDERS, days=pipeline.past_days).success
    assert_carried_whole(pipeline)


def test_a_run_that_died_after_asking_is_followed_by_one_that_resumes_the_same_ids(pipeline, monkeypatch):
    def died(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(jobs, "wait_for_jobs", died)
        assert not pipeline.run(tables=ORDERS, days=pipeline.past_days).success
    assert pipeline.calls("createReport") == 1
    assert pipeline.run(tables=ORDERS, days=pipeline.past_days).success
    assert pipeline.calls("createReport") == 1
    assert_carried_whole(pipeline)


def test_a_cancelled_report_is_not_believed_to_mean_no_orders(pipeline):
    """Amazon cancels reports for want of data, and for reasons of its own: the pages tell which it was."""
    pipeline.fault("report-cancelled")
    assert pipeline.run(tables=ORDERS).success
    assert sources(pipeline) == {"created": "searchOrders", "updated": "searchOrders"}
    (why,) = pipeline.one("select details ->> 'report' from loads where window_kind = 'created' limit 1")
    assert "CANCELLED: probably no data" in why
    pipeline.assert_whole(*ORDERS)


def test_item_codes_that_are_no_item_ids_send_the_seller_to_the_pages_for_good(pipeline):
    pipeline.fault("item-id-mismatch")
    assert pipeline.run(tables=ORDERS).success
    assert set(sources(pipeline).values()) == {"searchOrders"}
    pipeline.assert_whole(*ORDERS)
    said = [entry.user_message for entry in pipeline._logs()]
    assert any("order item ids differ between searchOrders and the report" in text for text in said)
    asked = pipeline.calls("createReport")
    assert pipeline.run(tables=ORDERS, refetch=True).success
    assert pipeline.calls("createReport") == asked
    (why,) = pipeline.one("select details #>> '{plan,why}' from loads order by finished_at desc limit 1")
    assert "the order item ids in the report differ from those of searchOrders" in why


def test_a_report_in_windows_1252_keeps_what_that_charset_has(pipeline):
    pipeline.fault("cp1252-report")
    assert pipeline.run(tables=ORDERS, days=pipeline.past_days).success
    assert {row["order_id"] for row in pipeline.rows("orders")} == {row["order_id"] for row in pipeline.truth("orders")}


def test_records_of_the_report_that_break_the_contract_are_set_apart_whole(pipeline):
    pipeline.fault("missing-required-field", count=1)
    pipeline.fault("emoji-in-title", count=1)
    assert pipeline.run(tables=ORDERS, days=pipeline.past_days).success
    (lost,) = [row["record"] for row in pipeline.rows("rejected_records") if row["table_name"] == "orders"]
    assert lost["purchase_date"] is None
    assert "🎉 कुर्ता" in lost["items"][0]["title"]
    assert len(pipeline.rows("orders")) == len(pipeline.truth("orders")) - 1


def test_elements_that_the_report_no_longer_has_leave_what_is_known(pipeline, monkeypatch):
    """A missing column of a flat file left the known values, but a missing element of the XML report deleted them."""
    assert pipeline.run(tables=ORDERS).success
    pipeline.assert_whole(*ORDERS)
    written = xml_report._order
    gone = re.compile(r"<(ASIN|SKU|ShipServiceLevel|IsBusinessOrder)>[^<]*</\1>")
    monkeypatch.setattr(xml_report, "_order", lambda *args, **options: gone.sub("", written(*args, **options)))
    pipeline.environ["XPERT_FILL_PAGES"] = "0"
    again = pipeline.run(tables=ORDERS, refetch=True)
    assert again.success
    loads = [load for load in pipeline.rows("loads") if str(load["run_id"]) == again.run_id]
    assert {load["source"] for load in loads if load["window_kind"] == "created"} == {XML}
    pipeline.assert_whole(*ORDERS)


def test_a_price_that_the_report_lacks_is_unknown_and_not_nought(pipeline):
    pipeline.fault("order-without-price", count=1)
    pipeline.fault("unknown-status", count=1)
    assert pipeline.run(tables=ORDERS, days=pipeline.past_days).success
    (odd,) = [row["order_id"] for row in pipeline.rows("orders") if row["fulfillment_status"] == "AWAITING_DRONE"]
    assert {row["item_subtotal"] for row in pipeline.rows("order_items") if row["order_id"] == odd} == {None}


@pytest.mark.parametrize("fault", ["not-found", "bad-request"])
def test_ids_that_amazon_does_not_know_yet_are_asked_for_again_without_a_second_report(pipeline, fault):
    """A 404 for an id of a moment ago led to a second createReport within a second, and then to FATAL."""
    for operation in ("getReport", "getReportDocument"):
        pipeline.fault(fault, operation=operation, count=3)
    assert pipeline.run(tables=ORDERS, days=pipeline.past_days).success
    assert [rule["struck"] for rule in pipeline.sandbox.state.faults.state()] == [3, 3]
    assert pipeline.calls("createReport") == 1
    assert_carried_whole(pipeline)


def test_a_document_that_stays_unknown_is_collected_by_the_next_run_without_a_second_report(pipeline):
    pipeline.fault("not-found", operation="getReportDocument")
    failed = pipeline.run(tables=ORDERS, days=pipeline.past_days)
    assert failed.error.startswith(f"NotYetKnown: seller {pipeline.sellers[0]}: getReportDocument for seller")
    assert "the id is kept, and the next run asks for it again" in failed.error
    pipeline.mend()
    assert pipeline.run(tables=ORDERS, days=pipeline.past_days).success
    assert pipeline.calls("createReport") == 1
    assert_carried_whole(pipeline)
