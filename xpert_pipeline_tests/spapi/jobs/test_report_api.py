"""What a report's desk says of one: Amazon's reason of a fatal report, and whether it is the one that was meant."""

import gzip
import json

import pytest

from xpert_pipeline.spapi import errors
from xpert_pipeline.spapi.jobs.api import ReportRequest
from xpert_pipeline.spapi.jobs.job import State, told
from xpert_pipeline_tests.spapi.jobs.reports import DESK, END, REPORTS, REQUEST, START, outcome, state
from xpert_pipeline_tests.spapi.scripted import Reply


def test_a_fatal_report_tells_amazons_reason(desk, api, book):
    desk.on("GET", f"{REPORTS}/new", state("FATAL", reportDocumentId="why"))
    desk.on("GET", "/reports/2021-06-30/documents/why", Reply(200, {"url": f"{desk.url}/why.gz"}))
    reason = json.dumps({"errorDetails": "Please try a different date range"}).encode()
    desk.on("GET", "/why.gz", Reply(200, gzip.compress(reason)))
    work = outcome(api, book)
    assert (work.state, work.document_id) == (State.FATAL, None)
    assert "Please try a different date range" in work.reason
    assert told(work) == {"id": "new", "reused": False, "state": "FATAL", "reason": work.reason}


def test_the_reason_of_a_fatal_report_holds_no_secret(desk, api, book):
    desk.on("GET", f"{REPORTS}/new", state("FATAL", reportDocumentId="why"))
    desk.on("GET", "/reports/2021-06-30/documents/why", Reply(200, {"url": f"{desk.url}/why"}))
    words = "see https://example.com/doc?X-Amz-Signature=canary of Atza|canary, refresh_token=canary"
    desk.on("GET", "/why", Reply(200, {"errorDetails": words}))
    reason = outcome(api, book).reason
    assert "canary" not in reason
    assert "see https://example.com/doc?[redacted] of [redacted]" in reason


def test_brand_analytics_calls_a_period_without_data_fatal(desk, api, book):
    kind = "GET_BRAND_ANALYTICS_SEARCH_TERMS_REPORT"
    desk.on("GET", f"{REPORTS}/new", state("FATAL", reportDocumentId="why", reportType=kind))
    desk.on("GET", "/reports/2021-06-30/documents/why", Reply(200, {"url": f"{desk.url}/why"}))
    desk.on("GET", "/why", Reply(200, {"errorDetails": "The requested data is unavailable."}))
    assert outcome(api, book, ReportRequest(kind, START, END)).state is State.EMPTY


def test_a_fatal_report_whose_reason_is_unreadable_is_still_that(desk, api, book):
    desk.on("GET", f"{REPORTS}/new", state("FATAL", reportDocumentId="why"))
    work = outcome(api, book)
    assert work.state is State.FATAL
    assert "its reason could not be read" in work.reason


@pytest.mark.parametrize(
    "told",
    [
        {"reportType": "GET_MERCHANT_LISTINGS_ALL_DATA"},
        {"dataStartTime": "2026-07-01T00:00:00Z", "dataEndTime": "2026-08-01T00:00:00Z"},
    ],
)
def test_another_report_under_a_remembered_id_is_not_taken_for_it(desk, api, told):
    desk.on("GET", f"{REPORTS}/new", state("DONE", reportDocumentId="doc", **told))
    with pytest.raises(errors.NotFound, match="new is another report"):
        DESK.standing(api, "new", REQUEST)
