"""Reports are collected as soon as they are ready, and every way of ending without data is distinguished."""

import logging
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from xpert_pipeline.spapi.jobs import waiting
from xpert_pipeline.spapi.jobs.job import JobState
from xpert_pipeline.spapi.jobs.requesting import request_jobs
from xpert_pipeline.spapi.jobs.waiting import wait_for_jobs
from xpert_pipeline.spapi.quota import usage_plans
from xpert_pipeline.spapi.sending import listener
from xpert_pipeline_tests.spapi.jobs.reports import (
    KIND,
    REPORT_API,
    REPORTS,
    REQUEST,
    UNLIMITED,
    listed,
    outcome,
    request_one,
    state,
    windows,
)
from xpert_pipeline_tests.spapi.scripted import Reply, refusal


def test_a_report_is_polled_until_it_is_done_and_serves_until_it_is_collected(report_server, api, store):
    done = state(
        "DONE",
        reportDocumentId="doc",
        createdTime="2026-10-01T00:00:05Z",
        processingEndTime="2026-10-01T00:00:25Z",
    )
    report_server.on("GET", f"{REPORTS}/new", state("IN_QUEUE"), state("IN_PROGRESS"), done)
    job = outcome(api, store)
    assert (job.state, job.document_id) == (JobState.DONE, "doc")
    assert job.created_at == datetime(2026, 10, 1, 0, 0, 5, tzinfo=UTC)
    assert job.ready_at - job.created_at == timedelta(seconds=20)
    assert len(report_server.calls(f"{REPORTS}/new")) == 3
    assert request_one(api, store) == job, "a report that was not collected serves"
    store.mark_collected(job)
    assert request_one(api, store).id != job.id, "it is collected, and its data is from October"


def test_each_report_comes_as_soon_as_it_is_ready(report_server, api, store):
    first, second, third = windows(3)
    report_server.on(
        "POST", REPORTS, *(Reply(202, {"reportId": name}, UNLIMITED) for name in ("slow", "quick", "none"))
    )
    report_server.on(
        "GET", f"{REPORTS}/slow", *[state("IN_QUEUE", "slow")] * 3, state("DONE", "slow", reportDocumentId="a")
    )
    report_server.on("GET", f"{REPORTS}/quick", state("DONE", "quick", reportDocumentId="b"))
    report_server.on("GET", f"{REPORTS}/none", state("CANCELLED", "none"))
    jobs = list(wait_for_jobs(api, store, REPORT_API, request_jobs(api, store, REPORT_API, [first, second, third])))
    assert [(job.amazon_id, job.state) for job in jobs] == [
        ("quick", JobState.DONE),
        ("none", JobState.EMPTY),
        ("slow", JobState.DONE),
    ]


def test_of_many_reports_made_together_the_first_is_polled_for_all(report_server, api, store):
    """getReport allows two calls a second: polling ten reports twice a second would wait for tokens, not for Amazon."""
    names = [f"r{n}" for n in range(10)]
    report_server.on("POST", REPORTS, *(Reply(202, {"reportId": name}, UNLIMITED) for name in names))
    for name in names:
        done = state("DONE", name, reportDocumentId=f"doc-{name}")
        report_server.on("GET", f"{REPORTS}/{name}", *[state("IN_QUEUE", name)] * (4 if name == "r0" else 1), done)
    jobs = list(wait_for_jobs(api, store, REPORT_API, request_jobs(api, store, REPORT_API, windows(10))))
    assert [job.amazon_id for job in jobs] == names
    assert [len(report_server.calls(f"{REPORTS}/{name}")) for name in names] == [5, *[2] * 9]


def test_a_report_that_never_ends_is_parked_with_its_id_and_the_next_run_continues(report_server, api, store):
    report_server.on("GET", f"{REPORTS}/new", state("IN_PROGRESS"))
    parked = outcome(api, store, budget_seconds=0.7)
    assert (parked.amazon_id, parked.is_live) == ("new", True)
    report_server.on("GET", f"{REPORTS}/new", state("DONE", reportDocumentId="doc"))
    assert outcome(api, store).id == parked.id
    assert len(report_server.calls(REPORTS, "POST")) == 1


def test_after_a_day_in_the_queue_a_report_is_given_up_and_the_next_run_creates_another(report_server, api, store):
    report_server.on("GET", f"{REPORTS}/new", state("IN_QUEUE"))
    old = request_one(api, store)
    store.age(hours=25)
    (given_up,) = wait_for_jobs(api, store, REPORT_API, [store.read(old.id)])
    assert given_up.state is JobState.FATAL
    assert "was given up" in given_up.reason
    assert request_one(api, store).id != old.id


def test_a_report_whose_status_cannot_be_read_is_given_up(report_server, api, store):
    report_server.on("GET", f"{REPORTS}/new", refusal(400, "InvalidInput", "no such report"))
    old = request_one(api, store)
    store.age(minutes=6)
    (job,) = wait_for_jobs(api, store, REPORT_API, [store.read(old.id)])
    assert (job.state, job.reason) == (JobState.FATAL, "its status cannot be read: no such report")


def test_a_late_status_does_not_reopen_an_ended_job(report_server, api, store):
    job = request_one(api, store)
    done = replace(job, state=JobState.DONE, document_id="doc")
    store.update(done)
    report_server.on("GET", f"{REPORTS}/new", state("IN_PROGRESS"))
    assert list(wait_for_jobs(api, store, REPORT_API, [job])) == [done]


def test_an_unknown_status_counts_as_still_running(report_server, api, store, caplog):
    report_server.on("GET", f"{REPORTS}/new", state("PONDERING"), state("DONE", reportDocumentId="doc"))
    assert outcome(api, store).state is JobState.DONE
    assert "unknown status 'PONDERING'" in caplog.text


def test_a_job_that_another_run_is_sending_is_awaited(report_server, api, store):
    other, _ = store.find_or_add("report", REQUEST, timedelta(minutes=30), timedelta(hours=24))
    waiting = wait_for_jobs(api, store, REPORT_API, [request_one(api, store)])
    store.update(replace(other, state=JobState.IN_QUEUE, amazon_id="new", tries=1))
    report_server.on("GET", f"{REPORTS}/new", state("DONE", reportDocumentId="doc"))
    assert [job.document_id for job in waiting] == ["doc"]
    assert report_server.calls(REPORTS, "POST") == []


def test_a_cancelled_report_probably_has_no_data(report_server, api, store):
    report_server.on("GET", f"{REPORTS}/new", state("CANCELLED"))
    job = outcome(api, store)
    assert job.state is JobState.EMPTY
    assert "probably no data" in job.reason


def test_a_report_cancelled_because_of_a_recent_equal_one_is_served_by_that_one(report_server, api, store):
    report_server.on("GET", f"{REPORTS}/new", state("CANCELLED"))
    request_one(api, store)
    report_server.on("GET", REPORTS, Reply(200, {"reports": [listed("DONE", timedelta(hours=2))]}))
    job = outcome(api, store)
    assert (job.amazon_id, job.reused, job.document_id) == ("old", True, "doc-old")


@pytest.fixture
def interval(monkeypatch):
    """The type of the reports has a minimum interval of half an hour."""
    monkeypatch.setattr(usage_plans, "minimum_interval", lambda kind: 1800.0 if kind == KIND else None)


OF_OTHER_DAYS = {"reportId": "other", "dataStartTime": "2026-08-01T00:00:00Z", "dataEndTime": "2026-09-01T00:00:00Z"}


@pytest.mark.parametrize("status", ["DONE", "IN_PROGRESS", "CANCELLED"])
def test_a_type_with_a_minimum_interval_is_requested_once_more_after_it(report_server, api, store, interval, status):
    """CANCELLED means no data, or requested too often; Amazon does not say which."""
    report_server.on("GET", f"{REPORTS}/new", state("CANCELLED"))
    job = request_one(api, store)
    report_server.on("GET", REPORTS, Reply(200, {"reports": [listed(status, **OF_OTHER_DAYS)]}))
    (throttled,) = wait_for_jobs(api, store, REPORT_API, [job])
    assert throttled.state is JobState.THROTTLED
    assert "it has no data, or was requested too often: a run after " in throttled.reason
    assert timedelta(minutes=29) < throttled.not_before - store.now() <= timedelta(minutes=30)
    assert request_one(api, store) == throttled, "it is not requested again before"
    assert len(report_server.calls(REPORTS, "POST")) == 1
    store.late = timedelta(minutes=31)
    assert outcome(api, store).state is JobState.EMPTY, "after the second try CANCELLED counts as no data"


def test_a_cancelled_report_that_is_the_first_of_its_type_has_no_data(report_server, api, store, interval):
    """A seller without returns read `skipped` for hours, as if something were still to come."""
    report_server.on("GET", f"{REPORTS}/new", state("CANCELLED"))
    job = request_one(api, store)
    itself = listed("CANCELLED", timedelta(), reportId="new", reportDocumentId=None)
    later = listed("DONE", timedelta(minutes=-5), **OF_OTHER_DAYS)
    report_server.on("GET", REPORTS, Reply(200, {"reports": [itself, later]}))
    (ended,) = wait_for_jobs(api, store, REPORT_API, [job])
    assert (ended.state, ended.tries) == (JobState.EMPTY, 1)
    assert "CANCELLED" in str(report_server.calls(REPORTS, "GET")[-1].query["processingStatuses"])


def test_what_comes_before_a_cancelled_report_is_looked_for_before_its_request(report_server, api, store, interval):
    """A run that looked a day later found no report before it, and took a report requested too often for an empty one."""
    created = datetime.now(UTC) - timedelta(hours=20)
    report_server.on("GET", f"{REPORTS}/new", state("CANCELLED", createdTime=created.isoformat()))
    job = request_one(api, store)
    before = listed("DONE", timedelta(hours=20, minutes=10), **OF_OTHER_DAYS, marketplaceIds=["A1F83G8C2ARO7P"])
    report_server.on("GET", REPORTS, Reply(200, {"reports": [before]}))
    (throttled,) = wait_for_jobs(api, store, REPORT_API, [job])
    assert throttled.state is JobState.THROTTLED
    query = report_server.calls(REPORTS, "GET")[-1].query
    assert "marketplaceIds" not in query, "the interval of a type may hold for all marketplaces together"
    assert datetime.fromisoformat(query["createdSince"][0]) <= created - timedelta(minutes=30)


def test_a_report_past_its_retention_is_created_again_once(report_server, api, store):
    old = request_one(api, store)
    store.age(minutes=6)
    report_server.on("POST", REPORTS, Reply(202, {"reportId": "second"}))
    report_server.on("GET", f"{REPORTS}/new", refusal(404, "NotFound", "Resource not found"))
    report_server.on("GET", f"{REPORTS}/second", refusal(404, "NotFound", "Resource not found"))
    (second,) = wait_for_jobs(api, store, REPORT_API, [store.read(old.id)], budget_seconds=1.0)
    assert (second.amazon_id, second.is_live) == ("second", True), "its id is young"
    store.age(minutes=6)
    (job,) = wait_for_jobs(api, store, REPORT_API, [store.read(old.id)])
    assert (job.state, job.tries) == (JobState.FATAL, 2)
    assert "no longer knows it" in job.reason
    assert len(report_server.calls(REPORTS, "POST")) == 2


@pytest.mark.parametrize("status", [404, 400])
def test_a_fresh_id_that_amazon_does_not_know_yet_is_asked_for_again(report_server, api, store, status):
    """A 404 for an id that was a second old led to a second createReport, and then the report counted as FATAL."""
    unknown = refusal(status, "NotFound", "Resource not found", **UNLIMITED)
    report_server.on("GET", f"{REPORTS}/new", unknown, unknown, state("DONE", reportDocumentId="doc"))
    job = outcome(api, store)
    assert (job.state, job.document_id, job.tries) == (JobState.DONE, "doc", 1)
    assert len(report_server.calls(REPORTS, "POST")) == 1


def test_a_report_with_another_window_under_a_fresh_id_is_not_waited_for(report_server, api, store):
    report_server.on("POST", REPORTS, *(Reply(202, {"reportId": name}) for name in ("new", "second")))
    report_server.on("GET", f"{REPORTS}/new", state("DONE", reportType="GET_ANOTHER"))
    report_server.on("GET", f"{REPORTS}/second", state("DONE", "second", reportDocumentId="doc"))
    assert outcome(api, store).amazon_id == "second"


def test_a_long_wait_is_logged_once_with_its_reason_and_its_end(report_server, api, store, caplog, monkeypatch):
    """Half an hour of waiting for a report left no line in the run's log, but each minute of waiting for quota did."""
    for module in (listener, waiting):
        monkeypatch.setattr(module, "LOGGED_SECONDS", 0.3)
    caplog.set_level(logging.INFO, logger="xpert_pipeline.spapi")
    report_server.on("GET", f"{REPORTS}/new", state("IN_QUEUE"))
    assert outcome(api, store, budget_seconds=2.0).is_live
    (said,) = [text for text in caplog.messages if "waits up to" in text]
    assert re.fullmatch(
        rf"getReport for seller A1SELLER waits up to \d+ s for {KIND} new, IN_QUEUE, until \d\d:\d\d:\d\d UTC", said
    )
