"""Reports are created once and found again; another is created only if no known one serves."""

import itertools
from dataclasses import replace
from datetime import timedelta

import pytest

from xpert_pipeline.spapi import errors
from xpert_pipeline.spapi.jobs.job import JobState
from xpert_pipeline.spapi.jobs.requesting import request_jobs
from xpert_pipeline.spapi.marketplaces import MARKETPLACES
from xpert_pipeline.spapi.quota.quota import LocalQuota
from xpert_pipeline_tests.spapi.jobs.reports import (
    INDIA,
    KIND,
    REPORT_API,
    REPORTS,
    REQUEST,
    UNLIMITED,
    listed,
    request_one,
    windows,
)
from xpert_pipeline_tests.spapi.scripted import Reply, cut_without_length, refusal, reset

UAE = "A2VIGQ35RCS4UG"


def test_a_new_report_is_created_with_exactly_the_fields_that_amazon_needs(report_server, api, store):
    job = request_one(api, store)
    assert (job.amazon_id, job.state, job.tries, job.reused) == ("new", JobState.IN_QUEUE, 1, False)
    assert store.read(job.id) == job
    assert report_server.calls(REPORTS, "POST")[0].json == {
        "reportType": KIND,
        "marketplaceIds": ["A21TJRUUN4KGV"],
        "dataStartTime": "2026-09-01T00:00:00.000Z",
        "dataEndTime": "2026-10-01T00:00:00.000Z",
    }
    assert report_server.calls(REPORTS)[0].query["reportTypes"] == [KIND]


def test_one_report_covers_several_marketplaces(report_server, api, store):
    request = replace(REQUEST, marketplace_ids=(UAE, INDIA))
    assert request_one(api, store, request).amazon_id == "new"
    assert report_server.calls(REPORTS, "POST")[0].json["marketplaceIds"] == [INDIA, UAE]
    assert report_server.calls(REPORTS)[0].query["marketplaceIds"] == [f"{INDIA},{UAE}"]


def test_reports_of_the_same_marketplaces_are_equal_in_any_order(report_server, api, store):
    known = [
        listed("DONE", reportId="fewer"),
        listed("DONE", reportId="more", marketplaceIds=[INDIA, UAE, "A1PA6795UKMFR9"]),
        listed("DONE", reportId="same", marketplaceIds=[UAE, INDIA]),
    ]
    report_server.on("GET", REPORTS, Reply(200, {"reports": known}))
    assert request_one(api, store, replace(REQUEST, marketplace_ids=(INDIA, UAE))).amazon_id == "same"


def test_one_look_up_serves_requests_of_different_marketplaces(report_server, api, store):
    other = replace(REQUEST, marketplace_ids=(UAE,))
    report_server.on("GET", REPORTS, Reply(200, {"reports": [listed(marketplaceIds=[UAE])]}))
    assert [job.amazon_id for job in request_jobs(api, store, REPORT_API, [REQUEST, other])] == ["new", "old"]
    assert len(report_server.calls(REPORTS)) == 1


def test_more_marketplaces_than_amazon_can_filter_by_are_looked_up_without_a_filter(report_server, api, store):
    europe = tuple(marketplace.id for marketplace in MARKETPLACES if marketplace.region == "eu")
    assert len(europe) > 10
    request_one(api, store, replace(REQUEST, marketplace_ids=europe))
    assert "marketplaceIds" not in report_server.calls(REPORTS)[0].query


def test_a_report_without_a_marketplace_is_refused(report_server, api, store):
    with pytest.raises(ValueError, match="needs at least one marketplace"):
        request_one(api, store, replace(REQUEST, marketplace_ids=()))
    assert report_server.calls(REPORTS, "POST") == []


def test_a_look_up_ends_after_a_thousand_reports(report_server, api, store):
    numbers = itertools.count()

    def endless(handler):
        number = next(numbers)
        report = listed("DONE", timedelta(minutes=5), reportId=f"r{number}", dataEndTime=None)
        Reply(200, {"reports": [report], "nextToken": f"t{number}"}, UNLIMITED)(handler)

    report_server.on("GET", REPORTS, endless)
    assert request_one(api, store).amazon_id == "new"
    assert len(report_server.calls(REPORTS)) == 10


@pytest.mark.parametrize(
    "known",
    [
        lambda: listed("IN_QUEUE", timedelta(hours=5)),
        lambda: listed("IN_PROGRESS"),
        lambda: listed("DONE", timedelta(minutes=20)),
        lambda: listed("DONE", dataStartTime="2026-09-01T05:30:00.400+05:30"),
    ],
)
def test_an_equal_report_that_is_live_or_fresh_at_amazon_is_used_again(report_server, api, store, known):
    report_server.on("GET", REPORTS, Reply(200, {"reports": [known()]}))
    job = request_one(api, store)
    assert (job.amazon_id, job.reused) == ("old", True)
    assert report_server.calls(REPORTS, "POST") == []


@pytest.mark.parametrize(
    "known",
    [
        lambda: listed("DONE", timedelta(minutes=40)),
        lambda: listed("DONE", dataEndTime="2026-10-02T00:00:00Z"),
        lambda: listed("DONE", marketplaceIds=["A1PA6795UKMFR9"]),
        lambda: listed("DONE", reportType="GET_MERCHANT_LISTINGS_ALL_DATA"),
        lambda: listed("DONE", dataStartTime=None),
    ],
)
def test_a_stale_or_different_report_is_not_used_again(report_server, api, store, known):
    report_server.on("GET", REPORTS, Reply(200, {"reports": [known()]}))
    assert request_one(api, store).amazon_id == "new"


def test_a_report_whose_document_was_useless_is_not_used_again(report_server, api, store):
    spoiled, _ = store.find_or_add("report", REQUEST, timedelta(minutes=30), timedelta(hours=24))
    store.update(replace(spoiled, state=JobState.FATAL, amazon_id="old"))
    report_server.on("GET", REPORTS, Reply(200, {"reports": [listed()]}))
    assert request_one(api, store).amazon_id == "new"


def test_the_caller_chooses_how_old_a_report_may_be(report_server, api, store):
    report_server.on("GET", REPORTS, Reply(200, {"reports": [listed("DONE", timedelta(minutes=40))]}))
    assert request_one(api, store, done_within=timedelta(hours=1)).amazon_id == "old"


def test_a_caller_who_wants_a_new_report_gets_one_even_if_amazons_clock_is_ahead(report_server, api, store):
    report_server.on("GET", REPORTS, Reply(200, {"reports": [listed("DONE", timedelta(seconds=-2))]}))
    assert request_one(api, store, done_within=timedelta(0)).amazon_id == "new"


def test_a_request_with_options_never_uses_a_listed_report_because_amazon_does_not_list_options(
    report_server, api, store
):
    report_server.on("GET", REPORTS, Reply(200, {"reports": [listed()]}))
    assert request_one(api, store, replace(REQUEST, options={"custom": "true"})).amazon_id == "new"
    assert report_server.calls(REPORTS, "POST")[0].json["reportOptions"] == {"custom": "true"}


def test_every_page_of_the_listing_is_read_with_the_token_alone(report_server, api, store):
    report_server.on("GET", REPORTS, Reply(200, {"reports": [], "nextToken": "t"}), Reply(200, {"reports": [listed()]}))
    assert request_one(api, store).amazon_id == "old"
    assert report_server.calls(REPORTS)[1].query == {"nextToken": ["t"]}


def test_many_windows_cost_one_look_up(report_server, api, store):
    assert len(request_jobs(api, store, REPORT_API, windows(12))) == 12
    assert len(report_server.calls(REPORTS)) == 1
    assert len(report_server.calls(REPORTS, "POST")) == 12


@pytest.mark.parametrize(
    "lost",
    [Reply(504, {"message": "Endpoint request timed out"}), reset, cut_without_length(b'{"reportId": "n')],
    ids=["504", "reset", "cut"],
)
def test_after_a_lost_answer_to_create_report_the_report_is_looked_up_before_another_is_created(
    report_server, api, store, lost
):
    report_server.on("GET", REPORTS, Reply(200, {"reports": []}), Reply(200, {"reports": [listed("IN_QUEUE")]}))
    report_server.on("POST", REPORTS, lost)
    assert request_one(api, store).amazon_id == "old"
    assert len(report_server.calls(REPORTS, "POST")) == 1


def test_after_a_lost_answer_without_a_report_another_is_created(report_server, api, store):
    report_server.on("POST", REPORTS, Reply(504, b""), Reply(202, {"reportId": "new"}))
    assert request_one(api, store).amazon_id == "new"
    assert len(report_server.calls(REPORTS)) == 2


def test_a_refused_create_report_needs_no_look_up_and_its_job_does_not_stay_live(report_server, api, store):
    report_server.on("POST", REPORTS, Reply(503, b""), Reply(202, {"reportId": "new"}))
    assert request_one(api, store).amazon_id == "new"
    assert len(report_server.calls(REPORTS)) == 1
    report_server.on("POST", REPORTS, refusal(400, "InvalidInput", "no such type"))
    other = replace(REQUEST, report_type="GET_SOMETHING_ELSE")
    with pytest.raises(errors.BadRequest):
        request_one(api, store, other)
    assert [job.state for job in store.rows.values()] == [JobState.IN_QUEUE, JobState.FATAL]
    report_server.on("POST", REPORTS, Reply(202, {"reportId": "later"}))
    assert request_one(api, store, other).amazon_id == "later"


def test_equal_requests_create_one_report(report_server, api, store):
    assert request_one(api, store) == request_one(api, store)
    assert len(report_server.calls(REPORTS, "POST")) == 1


def test_a_job_older_than_a_day_is_given_up_when_it_is_requested_again(report_server, api, store):
    old = request_one(api, store)
    store.age(hours=25)
    assert request_one(api, store).id != old.id
    assert store.read(old.id).state is JobState.FATAL


def test_jobs_older_than_a_given_moment_do_not_serve(report_server, api, store):
    """A report older than the change stream would miss the changes between the two."""
    old = request_one(api, store)
    moment = store.now() - timedelta(minutes=30)
    assert request_one(api, store, not_older_than=moment).id == old.id
    store.age(hours=1)
    report_server.on("POST", REPORTS, Reply(202, {"reportId": "newer"}))
    known = [listed("IN_QUEUE", timedelta(hours=1)), listed("DONE", timedelta(minutes=31), reportId="done")]
    report_server.on("GET", REPORTS, Reply(200, {"reports": known}))
    assert request_one(api, store, not_older_than=moment, done_within=timedelta(hours=2)).amazon_id == "newer"


def test_requests_left_unsent_by_a_failure_are_sent_by_the_next_run_at_once(report_server, api, store):
    report_server.on("POST", REPORTS, Reply(202, {"reportId": "one"}, UNLIMITED), refusal(400, "InvalidInput", "no"))
    with pytest.raises(errors.BadRequest):
        request_jobs(api, store, REPORT_API, windows(3))
    assert [job.state for job in store.rows.values()] == [JobState.IN_QUEUE, JobState.FATAL, JobState.WANTED]
    report_server.on("POST", REPORTS, Reply(202, {"reportId": "two"}), Reply(202, {"reportId": "three"}))
    assert [job.amazon_id for job in request_jobs(api, store, REPORT_API, windows(3))] == ["one", "two", "three"]


def test_an_unsent_request_of_a_run_that_died_is_sent_by_the_next_run(report_server, api, store):
    died, _ = store.find_or_add("report", REQUEST, timedelta(minutes=30), timedelta(hours=24))
    assert request_one(api, store) == died, "another run may be sending it"
    assert report_server.calls(REPORTS, "POST") == []
    store.age(minutes=6)
    assert request_one(api, store).id == died.id
    assert len(report_server.calls(REPORTS, "POST")) == 1


def test_a_request_that_waits_long_for_its_token_still_belongs_to_its_run(report_server, make_api, store):
    """In a queue createReport can wait longer than ABANDONED_AFTER: another run then created the report once more."""
    quota = LocalQuota()
    api = make_api(quota=quota)
    take, asked_for = quota.take, []

    def late(app, scope, region, operation, *more):
        if operation == "createReport" and len(asked_for) < 2:
            asked_for.append([job.touched_at for job in store.rows.values()])
            return 0.01, 0.0
        return take(app, scope, region, operation, *more)

    quota.take = late
    request_one(api, store)
    (before,), (after,) = asked_for
    assert before < after
