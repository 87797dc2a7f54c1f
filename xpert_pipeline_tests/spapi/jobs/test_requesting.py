"""Reports are asked for once, found again, and asked for anew only when nothing that is known serves."""

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
    DESK,
    INDIA,
    KIND,
    REPORTS,
    REQUEST,
    UNLIMITED,
    asked,
    listed,
    windows,
)
from xpert_pipeline_tests.spapi.scripted import Reply, cut_without_length, refusal, reset

UAE = "A2VIGQ35RCS4UG"


def test_a_new_report_is_created_with_exactly_what_amazon_wants(desk, api, store):
    job = asked(api, store)
    assert (job.amazon_id, job.state, job.tries, job.reused) == ("new", JobState.IN_QUEUE, 1, False)
    assert store.read(job.id) == job
    assert desk.calls(REPORTS, "POST")[0].json == {
        "reportType": KIND,
        "marketplaceIds": ["A21TJRUUN4KGV"],
        "dataStartTime": "2026-09-01T00:00:00.000Z",
        "dataEndTime": "2026-10-01T00:00:00.000Z",
    }
    assert desk.calls(REPORTS)[0].query["reportTypes"] == [KIND]


def test_one_report_covers_several_marketplaces(desk, api, store):
    request = replace(REQUEST, marketplace_ids=(UAE, INDIA))
    assert asked(api, store, request).amazon_id == "new"
    assert desk.calls(REPORTS, "POST")[0].json["marketplaceIds"] == [INDIA, UAE]
    assert desk.calls(REPORTS)[0].query["marketplaceIds"] == [f"{INDIA},{UAE}"]


def test_a_report_of_the_same_marketplaces_is_equal_in_whatever_order_they_are_named(desk, api, store):
    known = [
        listed("DONE", reportId="fewer"),
        listed("DONE", reportId="more", marketplaceIds=[INDIA, UAE, "A1PA6795UKMFR9"]),
        listed("DONE", reportId="same", marketplaceIds=[UAE, INDIA]),
    ]
    desk.on("GET", REPORTS, Reply(200, {"reports": known}))
    assert asked(api, store, replace(REQUEST, marketplace_ids=(INDIA, UAE))).amazon_id == "same"


def test_one_look_up_serves_requests_of_different_marketplaces(desk, api, store):
    other = replace(REQUEST, marketplace_ids=(UAE,))
    desk.on("GET", REPORTS, Reply(200, {"reports": [listed(marketplaceIds=[UAE])]}))
    assert [job.amazon_id for job in request_jobs(api, store, DESK, [REQUEST, other])] == ["new", "old"]
    assert len(desk.calls(REPORTS)) == 1


def test_more_marketplaces_than_amazon_can_filter_by_are_looked_up_without_a_filter(desk, api, store):
    europe = tuple(marketplace.id for marketplace in MARKETPLACES if marketplace.region == "eu")
    assert len(europe) > 10
    asked(api, store, replace(REQUEST, marketplace_ids=europe))
    assert "marketplaceIds" not in desk.calls(REPORTS)[0].query


def test_a_report_of_no_marketplace_is_refused(desk, api, store):
    with pytest.raises(ValueError, match="needs at least one marketplace"):
        asked(api, store, replace(REQUEST, marketplace_ids=()))
    assert desk.calls(REPORTS, "POST") == []


def test_a_look_up_ends_after_a_thousand_reports(desk, api, store):
    numbers = itertools.count()

    def endless(handler):
        number = next(numbers)
        report = listed("DONE", timedelta(minutes=5), reportId=f"r{number}", dataEndTime=None)
        Reply(200, {"reports": [report], "nextToken": f"t{number}"}, UNLIMITED)(handler)

    desk.on("GET", REPORTS, endless)
    assert asked(api, store).amazon_id == "new"
    assert len(desk.calls(REPORTS)) == 10


@pytest.mark.parametrize(
    "known",
    [
        lambda: listed("IN_QUEUE", timedelta(hours=5)),
        lambda: listed("IN_PROGRESS"),
        lambda: listed("DONE", timedelta(minutes=20)),
        lambda: listed("DONE", dataStartTime="2026-09-01T05:30:00.400+05:30"),
    ],
)
def test_an_equal_report_that_lives_or_is_fresh_at_amazon_is_used_again(desk, api, store, known):
    desk.on("GET", REPORTS, Reply(200, {"reports": [known()]}))
    job = asked(api, store)
    assert (job.amazon_id, job.reused) == ("old", True)
    assert desk.calls(REPORTS, "POST") == []


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
def test_a_stale_or_different_report_is_not(desk, api, store, known):
    desk.on("GET", REPORTS, Reply(200, {"reports": [known()]}))
    assert asked(api, store).amazon_id == "new"


def test_a_report_whose_document_was_of_no_use_is_not_taken_again(desk, api, store):
    spoiled, _ = store.find_or_add("report", REQUEST, timedelta(minutes=30), timedelta(hours=24))
    store.update(replace(spoiled, state=JobState.FATAL, amazon_id="old"))
    desk.on("GET", REPORTS, Reply(200, {"reports": [listed()]}))
    assert asked(api, store).amazon_id == "new"


def test_the_age_that_may_serve_again_is_the_callers_choice(desk, api, store):
    desk.on("GET", REPORTS, Reply(200, {"reports": [listed("DONE", timedelta(minutes=40))]}))
    assert asked(api, store, done_within=timedelta(hours=1)).amazon_id == "old"


def test_a_request_with_options_is_never_served_by_a_listing_that_does_not_tell_them(desk, api, store):
    desk.on("GET", REPORTS, Reply(200, {"reports": [listed()]}))
    assert asked(api, store, replace(REQUEST, options={"custom": "true"})).amazon_id == "new"
    assert desk.calls(REPORTS, "POST")[0].json["reportOptions"] == {"custom": "true"}


def test_every_page_of_the_listing_is_read_with_the_token_alone(desk, api, store):
    desk.on("GET", REPORTS, Reply(200, {"reports": [], "nextToken": "t"}), Reply(200, {"reports": [listed()]}))
    assert asked(api, store).amazon_id == "old"
    assert desk.calls(REPORTS)[1].query == {"nextToken": ["t"]}


def test_many_windows_cost_one_look_up(desk, api, store):
    assert len(request_jobs(api, store, DESK, windows(12))) == 12
    assert len(desk.calls(REPORTS)) == 1
    assert len(desk.calls(REPORTS, "POST")) == 12


@pytest.mark.parametrize(
    "lost",
    [Reply(504, {"message": "Endpoint request timed out"}), reset, cut_without_length(b'{"reportId": "n')],
    ids=["504", "reset", "cut"],
)
def test_a_lost_answer_to_create_report_is_looked_up_before_it_is_asked_again(desk, api, store, lost):
    desk.on("GET", REPORTS, Reply(200, {"reports": []}), Reply(200, {"reports": [listed("IN_QUEUE")]}))
    desk.on("POST", REPORTS, lost)
    assert asked(api, store).amazon_id == "old"
    assert len(desk.calls(REPORTS, "POST")) == 1


def test_a_lost_answer_without_a_report_is_asked_again(desk, api, store):
    desk.on("POST", REPORTS, Reply(504, b""), Reply(202, {"reportId": "new"}))
    assert asked(api, store).amazon_id == "new"
    assert len(desk.calls(REPORTS)) == 2


def test_a_refused_create_report_needs_no_look_up_and_is_not_taken_for_one_on_its_way(desk, api, store):
    desk.on("POST", REPORTS, Reply(503, b""), Reply(202, {"reportId": "new"}))
    assert asked(api, store).amazon_id == "new"
    assert len(desk.calls(REPORTS)) == 1
    desk.on("POST", REPORTS, refusal(400, "InvalidInput", "no such type"))
    other = replace(REQUEST, report_type="GET_SOMETHING_ELSE")
    with pytest.raises(errors.BadRequest):
        asked(api, store, other)
    assert [job.state for job in store.rows.values()] == [JobState.IN_QUEUE, JobState.FATAL]
    desk.on("POST", REPORTS, Reply(202, {"reportId": "later"}))
    assert asked(api, store, other).amazon_id == "later"


def test_what_is_asked_for_twice_is_made_once(desk, api, store):
    assert asked(api, store) == asked(api, store)
    assert len(desk.calls(REPORTS, "POST")) == 1


def test_work_that_no_run_has_looked_at_for_a_day_is_given_up_when_it_is_wanted_again(desk, api, store):
    old = asked(api, store)
    store.age(hours=25)
    assert asked(api, store).id != old.id
    assert store.read(old.id).state is JobState.FATAL


def test_data_of_before_a_moment_are_of_no_use(desk, api, store):
    """A report older than the change stream would leave out what changed between the two."""
    old = asked(api, store)
    moment = store.now() - timedelta(minutes=30)
    assert asked(api, store, not_older_than=moment).id == old.id
    store.age(hours=1)
    desk.on("POST", REPORTS, Reply(202, {"reportId": "newer"}))
    known = [listed("IN_QUEUE", timedelta(hours=1)), listed("DONE", timedelta(minutes=31), reportId="done")]
    desk.on("GET", REPORTS, Reply(200, {"reports": known}))
    assert asked(api, store, not_older_than=moment, done_within=timedelta(hours=2)).amazon_id == "newer"


def test_what_was_not_sent_when_amazon_failed_is_sent_by_the_next_run_at_once(desk, api, store):
    desk.on("POST", REPORTS, Reply(202, {"reportId": "one"}, UNLIMITED), refusal(400, "InvalidInput", "no"))
    with pytest.raises(errors.BadRequest):
        request_jobs(api, store, DESK, windows(3))
    assert [job.state for job in store.rows.values()] == [JobState.IN_QUEUE, JobState.FATAL, JobState.WANTED]
    desk.on("POST", REPORTS, Reply(202, {"reportId": "two"}), Reply(202, {"reportId": "three"}))
    assert [job.amazon_id for job in request_jobs(api, store, DESK, windows(3))] == ["one", "two", "three"]


def test_a_request_of_a_run_that_died_before_it_was_sent_is_sent_by_the_next(desk, api, store):
    died, _ = store.find_or_add("report", REQUEST, timedelta(minutes=30), timedelta(hours=24))
    assert asked(api, store) == died, "it may be on its way"
    assert desk.calls(REPORTS, "POST") == []
    store.age(minutes=6)
    assert asked(api, store).id == died.id
    assert len(desk.calls(REPORTS, "POST")) == 1


def test_a_request_that_waits_long_for_its_token_is_not_taken_for_one_of_a_run_that_died(desk, make_api, store):
    """Behind others createReport can take longer than a dead run is mourned: another run then asked once more."""
    quota = LocalQuota()
    api = make_api(quota=quota)
    take, asked_for = quota.take, []

    def late(app, scope, region, operation, *more):
        if operation == "createReport" and len(asked_for) < 2:
            asked_for.append([job.touched_at for job in store.rows.values()])
            return 0.01, 0.0
        return take(app, scope, region, operation, *more)

    quota.take = late
    asked(api, store)
    (before,), (after,) = asked_for
    assert before < after
