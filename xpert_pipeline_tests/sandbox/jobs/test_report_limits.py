"""Limits of single report types: the whole app's plan, minimum intervals, and reports requested too often."""

import time
from dataclasses import replace

import pytest

from xpert_pipeline.sandbox.app import DECLARATIONS
from xpert_pipeline.sandbox.jobs.report_limits import AppPlan, AppPlans
from xpert_pipeline.sandbox.serving.pace import Pace
from xpert_pipeline_tests.sandbox.client import REPORTS, Client

TRAFFIC, LISTINGS = "GET_SALES_AND_TRAFFIC_REPORT", "GET_MERCHANT_LISTINGS_ALL_DATA"
XML = "GET_XML_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL"
SPAN = ("2026-11-18T00:00:00Z", "2026-11-20T00:00:00Z")


def test_all_sellers_share_one_traffic_report_in_fifteen_minutes(new_sandbox):
    client = new_sandbox(days=3, rate_scale=1.0, sellers=2)
    other = Client(client.running, "Atzr|sandbox-2")
    assert client.create_report(TRAFFIC, *SPAN).status_code == 202
    answer = other.create_report(TRAFFIC, *SPAN)
    assert answer.status_code == 429
    assert answer.json()["errors"][0]["code"] == "QuotaExceeded"
    assert answer.headers["x-amzn-RateLimit-Limit"] == "0.0167"
    assert other.create_report(LISTINGS).status_code == 202
    assert client.stats()["throttled_by_bucket"] == {f"createReport {TRAFFIC}": 1}
    other.http.close()


def test_a_refused_traffic_report_costs_the_app_nothing(new_sandbox):
    client = new_sandbox(days=3, rate_scale=1.0)
    refused = client.create_report(TRAFFIC, *SPAN, options={"dateGranularity": "HOUR"})
    assert refused.status_code == 400
    assert client.create_report(TRAFFIC, *SPAN).status_code == 202


def test_the_apps_plan_refills_and_ends_at_its_daily_limit(monkeypatch):
    clock = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    plan, plans = AppPlan(100.0, 2, 5), AppPlans(Pace(1.0))
    assert [plans.take(TRAFFIC, plan) for _ in range(3)] == [True, True, False]
    clock[0] += 99
    assert not plans.take(TRAFFIC, plan)
    clock[0] += 2
    assert [plans.take(TRAFFIC, plan) for _ in range(2)] == [True, False]
    clock[0] += 10_000
    assert [plans.take(TRAFFIC, plan) for _ in range(3)] == [True, True, False]
    clock[0] += 10_000
    assert not plans.take(TRAFFIC, plan)
    clock[0] += 86_400
    assert plans.take(TRAFFIC, plan)


def test_the_pace_makes_the_apps_plan_refill_faster(monkeypatch):
    clock = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    plan, plans = DECLARATIONS.reports[TRAFFIC].app_plan, AppPlans(Pace(10.0))
    assert [plans.take(TRAFFIC, plan) for _ in range(2)] == [True, False]
    clock[0] += 90.1
    assert plans.take(TRAFFIC, plan)
    assert all(AppPlans(Pace(0.0)).take(TRAFFIC, plan) for _ in range(100))


def test_amazon_sets_no_minimum_interval_for_order_reports():
    kinds = [kind for name, kind in DECLARATIONS.reports.items() if "ALL_ORDERS" in name]
    assert [kind.minimum_seconds for kind in kinds] == [None] * 4


@pytest.mark.parametrize("kind", [LISTINGS, XML])
def test_a_report_requested_too_often_is_cancelled_if_an_equal_one_was_done(new_sandbox, kind):
    client = new_sandbox()
    span = () if kind == LISTINGS else SPAN
    client.fault("report-too-often", 1)
    assert client.report(kind, *span)["processingStatus"] == "DONE"
    again = client.report(kind, *span)
    assert again["processingStatus"] == "CANCELLED"
    assert "reportDocumentId" not in again
    assert client.report(kind, *span)["processingStatus"] == "DONE"


def test_another_window_is_another_report(new_sandbox):
    client = new_sandbox()
    client.fault("report-too-often", 1)
    assert client.report(XML, *SPAN)["processingStatus"] == "DONE"
    assert client.report(XML, SPAN[0], "2026-11-19T00:00:00Z")["processingStatus"] == "DONE"
    assert client.report(XML, *SPAN)["processingStatus"] == "CANCELLED"


def test_the_minimum_interval_of_a_type_is_kept_without_any_fault(new_sandbox, monkeypatch):
    client = new_sandbox(rate_scale=1.0)
    kinds = client.running.state.report_kinds
    kinds[LISTINGS] = replace(kinds[LISTINGS], minimum_seconds=1_800)
    client.log_in()
    began, real = time.time(), time.time
    states = []
    for seconds in (0, 1_000, 1_900):
        monkeypatch.setattr(time, "time", lambda seconds=seconds: began + seconds)
        report_id = client.create_report(LISTINGS).json()["reportId"]
        monkeypatch.setattr(time, "time", lambda seconds=seconds: began + seconds + 60)
        states.append(client.get(f"{REPORTS}/{report_id}").json()["processingStatus"])
    monkeypatch.setattr(time, "time", real)
    assert states == ["DONE", "CANCELLED", "DONE"]


def test_a_slow_report_takes_ten_times_as_long(new_sandbox, monkeypatch):
    client = new_sandbox(rate_scale=1.0)
    client.fault("report-slow", 1)
    slow, usual = (client.create_report(LISTINGS).json()["reportId"] for _ in range(2))
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + 60)
    assert client.get(f"{REPORTS}/{slow}").json()["processingStatus"] == "IN_QUEUE"
    assert client.get(f"{REPORTS}/{usual}").json()["processingStatus"] == "DONE"
    monkeypatch.setattr(time, "time", lambda: real() + 210)
    assert client.get(f"{REPORTS}/{slow}").json()["processingStatus"] == "DONE"
