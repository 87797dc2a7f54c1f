"""Reports are collected as they get ready, and every way of having none is told."""

import logging
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from xpert_pipeline.spapi.jobs import waiting
from xpert_pipeline.spapi.jobs.job import JobState
from xpert_pipeline.spapi.jobs.requesting import request_jobs
from xpert_pipeline.spapi.jobs.waiting import wait_for_jobs
from xpert_pipeline.spapi.quota import usage_plans
from xpert_pipeline.spapi.sending import listener
from xpert_pipeline_tests.spapi.jobs.reports import (
    DESK,
    KIND,
    REPORTS,
    REQUEST,
    UNLIMITED,
    asked,
    listed,
    outcome,
    state,
    windows,
)
from xpert_pipeline_tests.spapi.scripted import Reply, refusal


def test_a_report_is_polled_until_it_is_done_and_served_once_more_while_fresh(desk, api, store):
    done = state(
        "DONE",
        reportDocumentId="doc",
        createdTime="2026-10-01T00:00:05Z",
        processingEndTime="2026-10-01T00:00:25Z",
    )
    desk.on("GET", f"{REPORTS}/new", state("IN_QUEUE"), state("IN_PROGRESS"), done)
    job = outcome(api, store)
    assert (job.state, job.document_id) == (JobState.DONE, "doc")
    assert job.created_at == datetime(2026, 10, 1, 0, 0, 5, tzinfo=UTC)
    assert job.ready_at - job.created_at == timedelta(seconds=20)
    assert len(desk.calls(f"{REPORTS}/new")) == 3
    assert asked(api, store) == job, "one that was not collected is taken up"
    store.mark_collected(job)
    assert asked(api, store).id != job.id, "collected, and its data are of October"


def test_each_report_comes_as_it_gets_ready(desk, api, store):
    first, second, third = windows(3)
    desk.on("POST", REPORTS, *(Reply(202, {"reportId": name}, UNLIMITED) for name in ("slow", "quick", "none")))
    desk.on("GET", f"{REPORTS}/slow", *[state("IN_QUEUE", "slow")] * 3, state("DONE", "slow", reportDocumentId="a"))
    desk.on("GET", f"{REPORTS}/quick", state("DONE", "quick", reportDocumentId="b"))
    desk.on("GET", f"{REPORTS}/none", state("CANCELLED", "none"))
    jobs = list(wait_for_jobs(api, store, DESK, request_jobs(api, store, DESK, [first, second, third])))
    assert [(job.amazon_id, job.state) for job in jobs] == [
        ("quick", JobState.DONE),
        ("none", JobState.EMPTY),
        ("slow", JobState.DONE),
    ]


def test_of_many_that_are_made_together_the_first_is_looked_at_for_all(desk, api, store):
    """getReport allows two calls a second: ten reports looked at twice a second would wait for tokens, not for Amazon."""
    names = [f"r{n}" for n in range(10)]
    desk.on("POST", REPORTS, *(Reply(202, {"reportId": name}, UNLIMITED) for name in names))
    for name in names:
        done = state("DONE", name, reportDocumentId=f"doc-{name}")
        desk.on("GET", f"{REPORTS}/{name}", *[state("IN_QUEUE", name)] * (4 if name == "r0" else 1), done)
    jobs = list(wait_for_jobs(api, store, DESK, request_jobs(api, store, DESK, windows(10))))
    assert [job.amazon_id for job in jobs] == names
    assert [len(desk.calls(f"{REPORTS}/{name}")) for name in names] == [5, *[2] * 9]


def test_a_report_that_never_ends_is_parked_with_its_id_and_taken_up_by_the_next_run(desk, api, store):
    desk.on("GET", f"{REPORTS}/new", state("IN_PROGRESS"))
    parked = outcome(api, store, budget_seconds=0.7)
    assert (parked.amazon_id, parked.is_live) == ("new", True)
    desk.on("GET", f"{REPORTS}/new", state("DONE", reportDocumentId="doc"))
    assert outcome(api, store).id == parked.id
    assert len(desk.calls(REPORTS, "POST")) == 1


def test_after_a_day_in_the_queue_it_is_given_up_and_the_next_run_asks_anew(desk, api, store):
    desk.on("GET", f"{REPORTS}/new", state("IN_QUEUE"))
    old = asked(api, store)
    store.age(hours=25)
    (given_up,) = wait_for_jobs(api, store, DESK, [store.read(old.id)])
    assert given_up.state is JobState.FATAL
    assert "was given up" in given_up.reason
    assert asked(api, store).id != old.id


def test_a_request_that_cannot_be_looked_at_is_given_up(desk, api, store):
    desk.on("GET", f"{REPORTS}/new", refusal(400, "InvalidInput", "no such report"))
    job = outcome(api, store)
    assert (job.state, job.reason) == (JobState.FATAL, "its status cannot be read: no such report")


def test_an_older_word_does_not_make_ended_work_live_again(desk, api, store):
    job = asked(api, store)
    done = replace(job, state=JobState.DONE, document_id="doc")
    store.update(done)
    desk.on("GET", f"{REPORTS}/new", state("IN_PROGRESS"))
    assert list(wait_for_jobs(api, store, DESK, [job])) == [done]


def test_a_word_that_no_document_names_is_waited_out(desk, api, store, caplog):
    desk.on("GET", f"{REPORTS}/new", state("PONDERING"), state("DONE", reportDocumentId="doc"))
    assert outcome(api, store).state is JobState.DONE
    assert "unknown status 'PONDERING'" in caplog.text


def test_a_request_that_another_run_is_sending_is_waited_for(desk, api, store):
    other, _ = store.find_or_add("report", REQUEST, timedelta(minutes=30), timedelta(hours=24))
    waiting = wait_for_jobs(api, store, DESK, [asked(api, store)])
    store.update(replace(other, state=JobState.IN_QUEUE, amazon_id="new", tries=1))
    desk.on("GET", f"{REPORTS}/new", state("DONE", reportDocumentId="doc"))
    assert [job.document_id for job in waiting] == ["doc"]
    assert desk.calls(REPORTS, "POST") == []


def test_a_cancelled_report_probably_has_no_data(desk, api, store):
    desk.on("GET", f"{REPORTS}/new", state("CANCELLED"))
    job = outcome(api, store)
    assert job.state is JobState.EMPTY
    assert "probably no data" in job.reason


def test_a_report_cancelled_because_one_was_just_made_is_that_one(desk, api, store):
    desk.on("GET", f"{REPORTS}/new", state("CANCELLED"))
    asked(api, store)
    desk.on("GET", REPORTS, Reply(200, {"reports": [listed("DONE", timedelta(hours=2))]}))
    job = outcome(api, store)
    assert (job.amazon_id, job.reused, job.document_id) == ("old", True, "doc-old")


def test_a_type_that_may_not_be_asked_often_is_asked_once_more_after_its_interval(desk, api, store, monkeypatch):
    """CANCELLED means no data or too soon, and does not say which."""
    monkeypatch.setattr(usage_plans, "minimum_interval", lambda kind: 1800.0 if kind == KIND else None)
    desk.on("GET", f"{REPORTS}/new", state("CANCELLED"))
    throttled = outcome(api, store)
    assert throttled.state is JobState.THROTTLED
    assert timedelta(minutes=29) < throttled.not_before - store.now() <= timedelta(minutes=30)
    assert asked(api, store) == throttled, "it is not asked again before"
    assert len(desk.calls(REPORTS, "POST")) == 1
    store.late = timedelta(minutes=31)
    assert outcome(api, store).state is JobState.EMPTY, "the second time it is believed"


def test_a_report_past_its_retention_is_asked_for_anew_once(desk, api, store):
    asked(api, store)
    desk.on("POST", REPORTS, Reply(202, {"reportId": "second"}))
    desk.on("GET", f"{REPORTS}/new", refusal(404, "NotFound", "Resource not found"))
    desk.on("GET", f"{REPORTS}/second", refusal(404, "NotFound", "Resource not found"))
    job = outcome(api, store)
    assert (job.state, job.tries) == (JobState.FATAL, 2)
    assert "does not know it any more" in job.reason


def test_a_long_wait_says_once_what_for_and_until_when(desk, api, store, caplog, monkeypatch):
    """Half an hour before a report was silence in the run's log, while each minute of waiting for quota was told."""
    for module in (listener, waiting):
        monkeypatch.setattr(module, "LOGGED_SECONDS", 0.3)
    caplog.set_level(logging.INFO, logger="xpert_pipeline.spapi")
    desk.on("GET", f"{REPORTS}/new", state("IN_QUEUE"))
    assert outcome(api, store, budget_seconds=2.0).is_live
    (said,) = [text for text in caplog.messages if "waits up to" in text]
    assert re.fullmatch(
        rf"getReport for seller A1SELLER waits up to \d+ s for {KIND} new, IN_QUEUE, until \d\d:\d\d:\d\d UTC", said
    )
