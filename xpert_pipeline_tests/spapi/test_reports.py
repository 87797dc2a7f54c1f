"""Reports: asked for once, found again, waited for, and every way of not getting one named."""

import gzip
import json
from datetime import UTC, datetime, timedelta

import pytest

from xpert_pipeline.spapi import errors
from xpert_pipeline.spapi.reports import (
    Report,
    ReportRequest,
    request_report,
    request_reports,
    resume_report,
    wait_for_report,
)
from xpert_pipeline_tests.spapi.scripted import Reply, cut_without_length, refusal, reset

REPORTS = "/reports/2021-06-30/reports"
KIND = "GET_XML_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL"
START, END = datetime(2026, 9, 1, tzinfo=UTC), datetime(2026, 10, 1, tzinfo=UTC)
REQUEST = ReportRequest(KIND, START, END)
FAST = {"x-amzn-RateLimit-Limit": "10000"}


def listed(status="DONE", age=timedelta(minutes=5), **changes):
    return {
        "reportId": "old",
        "reportType": KIND,
        "marketplaceIds": ["A21TJRUUN4KGV"],
        "dataStartTime": "2026-09-01T00:00:00+00:00",
        "dataEndTime": "2026-10-01T00:00:00Z",
        "createdTime": (datetime.now(UTC) - age).isoformat(),
        "processingStatus": status,
        "reportDocumentId": "doc-old",
        **changes,
    }


def state(status, **more):
    return Reply(200, {"reportId": "new", "reportType": KIND, "processingStatus": status, **more}, FAST)


@pytest.fixture
def desk(amazon):
    """Nothing is listed; a created report gets the id "new"."""
    amazon.on("GET", REPORTS, Reply(200, {"reports": []}, FAST))
    amazon.on("POST", REPORTS, Reply(202, {"reportId": "new"}, FAST))
    return amazon


def test_a_new_report_is_created_with_exactly_what_amazon_wants(desk, api):
    report = request_report(api, REQUEST)
    assert (report.id, report.status, report.reused) == ("new", "IN_QUEUE", False)
    assert desk.calls(REPORTS, "POST")[0].json == {
        "reportType": KIND,
        "marketplaceIds": ["A21TJRUUN4KGV"],
        "dataStartTime": "2026-09-01T00:00:00.000Z",
        "dataEndTime": "2026-10-01T00:00:00.000Z",
    }
    assert desk.calls(REPORTS)[0].query["reportTypes"] == [KIND]


@pytest.mark.parametrize(
    "known",
    [
        listed("IN_QUEUE", timedelta(hours=5)),
        listed("IN_PROGRESS"),
        listed("DONE", timedelta(minutes=20)),
        listed("DONE", dataStartTime="2026-09-01T05:30:00.400+05:30"),
    ],
)
def test_an_equal_report_that_lives_or_is_fresh_is_used_again(desk, api, known):
    desk.on("GET", REPORTS, Reply(200, {"reports": [known]}))
    report = request_report(api, REQUEST)
    assert (report.id, report.reused) == ("old", True)
    assert desk.calls(REPORTS, "POST") == []


@pytest.mark.parametrize(
    "known",
    [
        listed("DONE", timedelta(minutes=40)),
        listed("DONE", dataEndTime="2026-10-02T00:00:00Z"),
        listed("DONE", marketplaceIds=["A1PA6795UKMFR9"]),
        listed("DONE", reportType="GET_MERCHANT_LISTINGS_ALL_DATA"),
        listed("DONE", dataStartTime=None),
    ],
)
def test_a_stale_or_different_report_is_not(desk, api, known):
    desk.on("GET", REPORTS, Reply(200, {"reports": [known]}))
    assert request_report(api, REQUEST).id == "new"


def test_the_age_that_may_serve_again_is_the_callers_choice(desk, api):
    desk.on("GET", REPORTS, Reply(200, {"reports": [listed("DONE", timedelta(minutes=40))]}))
    assert request_report(api, REQUEST, done_within=timedelta(hours=1)).id == "old"


def test_a_request_with_options_is_never_served_by_a_listing_that_does_not_tell_them(desk, api):
    desk.on("GET", REPORTS, Reply(200, {"reports": [listed()]}))
    request = ReportRequest(KIND, START, END, {"custom": "true"})
    assert request_report(api, request).id == "new"
    assert desk.calls(REPORTS, "POST")[0].json["reportOptions"] == {"custom": "true"}


def test_every_page_of_the_listing_is_read_with_the_token_alone(desk, api):
    desk.on("GET", REPORTS, Reply(200, {"reports": [], "nextToken": "t"}), Reply(200, {"reports": [listed()]}))
    assert request_report(api, REQUEST).id == "old"
    assert desk.calls(REPORTS)[1].query == {"nextToken": ["t"]}


def test_many_windows_cost_one_look_up(desk, api):
    windows = [ReportRequest(KIND, START + timedelta(days=n), START + timedelta(days=n + 1)) for n in range(12)]
    assert len(request_reports(api, windows)) == 12
    assert len(desk.calls(REPORTS)) == 1
    assert len(desk.calls(REPORTS, "POST")) == 12


@pytest.mark.parametrize(
    "lost",
    [Reply(504, {"message": "Endpoint request timed out"}), reset, cut_without_length(b'{"reportId": "n')],
    ids=["504", "reset", "cut"],
)
def test_a_lost_answer_to_create_report_is_looked_up_before_it_is_asked_again(desk, api, lost):
    desk.on("GET", REPORTS, Reply(200, {"reports": []}), Reply(200, {"reports": [listed("IN_QUEUE")]}))
    desk.on("POST", REPORTS, lost)
    assert request_report(api, REQUEST).id == "old"
    assert len(desk.calls(REPORTS, "POST")) == 1


def test_a_lost_answer_without_a_report_is_asked_again(desk, api):
    desk.on("POST", REPORTS, Reply(504, b""), Reply(202, {"reportId": "new"}))
    assert request_report(api, REQUEST).id == "new"
    assert len(desk.calls(REPORTS)) == 2


def test_a_refused_create_report_needs_no_look_up(desk, api):
    desk.on("POST", REPORTS, Reply(503, b""), Reply(202, {"reportId": "new"}))
    assert request_report(api, REQUEST).id == "new"
    assert len(desk.calls(REPORTS)) == 1


def test_a_report_is_polled_until_it_is_done(desk, api):
    done = state("DONE", reportDocumentId="doc", createdTime="2026-10-01T00:00:05Z")
    desk.on("GET", f"{REPORTS}/new", state("IN_QUEUE"), state("IN_PROGRESS"), done)
    report = wait_for_report(api, request_report(api, REQUEST))
    assert (report.status, report.document_id) == ("DONE", "doc")
    assert report.created_at == datetime(2026, 10, 1, 0, 0, 5, tzinfo=UTC)
    assert len(desk.calls(f"{REPORTS}/new")) == 3


def test_a_report_that_takes_too_long_keeps_its_id_and_can_be_resumed(desk, api):
    desk.on("GET", f"{REPORTS}/new", state("IN_PROGRESS"))
    with pytest.raises(errors.ReportStillRunning) as caught:
        wait_for_report(api, Report("new", REQUEST, "IN_QUEUE"), budget_seconds=0.6)
    assert caught.value.report_id == "new"
    desk.on("GET", f"{REPORTS}/new", state("DONE", reportDocumentId="doc"))
    assert wait_for_report(api, resume_report(api, "new", REQUEST)).document_id == "doc"


def test_a_fatal_report_tells_amazons_reason(desk, api):
    desk.on("GET", f"{REPORTS}/new", state("FATAL", reportDocumentId="why"))
    desk.on("GET", "/reports/2021-06-30/documents/why", Reply(200, {"url": f"{desk.url}/why.gz"}))
    reason = json.dumps({"errorDetails": "Please try a different date range"}).encode()
    desk.on("GET", "/why.gz", Reply(200, gzip.compress(reason)))
    with pytest.raises(errors.ReportFailed, match="Please try a different date range") as caught:
        wait_for_report(api, Report("new", REQUEST, "IN_QUEUE"))
    assert caught.value.report_id == "new"


def test_a_fatal_report_whose_reason_is_unreadable_is_still_that(desk, api):
    desk.on("GET", f"{REPORTS}/new", state("FATAL", reportDocumentId="why"))
    with pytest.raises(errors.ReportFailed, match="its reason could not be read"):
        wait_for_report(api, Report("new", REQUEST, "IN_QUEUE"))


def test_a_cancelled_report_probably_has_no_data(desk, api):
    desk.on("GET", f"{REPORTS}/new", state("CANCELLED"))
    with pytest.raises(errors.ReportCancelled, match="probably no data"):
        wait_for_report(api, Report("new", REQUEST, "IN_QUEUE"))


def test_a_report_cancelled_because_one_was_just_made_is_that_one(desk, api):
    desk.on("GET", f"{REPORTS}/new", state("CANCELLED"))
    desk.on("GET", REPORTS, Reply(200, {"reports": [listed("DONE", timedelta(hours=2))]}))
    report = wait_for_report(api, Report("new", REQUEST, "IN_QUEUE"))
    assert (report.id, report.reused, report.document_id) == ("old", True, "doc-old")


def test_a_report_past_its_retention_is_not_found(desk, api):
    desk.on("GET", f"{REPORTS}/gone", refusal(404, "NotFound", "Resource not found"))
    with pytest.raises(errors.NotFound):
        resume_report(api, "gone", REQUEST)


def test_a_reversed_window_is_refused():
    with pytest.raises(ValueError, match="before it starts"):
        ReportRequest(KIND, END, START)
