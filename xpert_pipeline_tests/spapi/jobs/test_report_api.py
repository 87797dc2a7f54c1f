"""The Reports API: the reason of a fatal report, and whether an id leads to the requested report."""

import gzip
import json
from dataclasses import replace

import pytest

from xpert_pipeline.spapi import errors
from xpert_pipeline.spapi.jobs.job import JobState, job_details
from xpert_pipeline_tests.spapi.jobs.reports import REPORT_API, REPORTS, REQUEST, outcome, state
from xpert_pipeline_tests.spapi.scripted import Reply


def test_a_fatal_report_has_amazons_reason(report_server, api, store):
    report_server.on("GET", f"{REPORTS}/new", state("FATAL", reportDocumentId="why"))
    report_server.on("GET", "/reports/2021-06-30/documents/why", Reply(200, {"url": f"{report_server.url}/why.gz"}))
    reason = json.dumps({"errorDetails": "Please try a different date range"}).encode()
    report_server.on("GET", "/why.gz", Reply(200, gzip.compress(reason)))
    job = outcome(api, store)
    assert (job.state, job.document_id) == (JobState.FATAL, None)
    assert job.reason == "Please try a different date range"
    assert job_details(job) == {"id": "new", "reused": False, "state": "FATAL", "reason": job.reason}


def test_the_reason_of_a_fatal_report_contains_no_secret(report_server, api, store):
    report_server.on("GET", f"{REPORTS}/new", state("FATAL", reportDocumentId="why"))
    report_server.on("GET", "/reports/2021-06-30/documents/why", Reply(200, {"url": f"{report_server.url}/why"}))
    words = "see https://example.com/doc?X-Amz-Signature=canary of Atza|canary, refresh_token=canary"
    report_server.on("GET", "/why", Reply(200, {"errorDetails": words}))
    reason = outcome(api, store).reason
    assert "canary" not in reason
    assert "see https://example.com/doc?[redacted] of [redacted]" in reason


def test_brand_analytics_calls_a_period_without_data_fatal(report_server, api, store):
    kind = "GET_BRAND_ANALYTICS_SEARCH_TERMS_REPORT"
    report_server.on("GET", f"{REPORTS}/new", state("FATAL", reportDocumentId="why", reportType=kind))
    report_server.on("GET", "/reports/2021-06-30/documents/why", Reply(200, {"url": f"{report_server.url}/why"}))
    report_server.on("GET", "/why", Reply(200, {"errorDetails": "The requested data is unavailable."}))
    assert outcome(api, store, replace(REQUEST, report_type=kind)).state is JobState.EMPTY


def test_a_fatal_report_with_an_unreadable_reason_is_still_fatal(report_server, api, store):
    report_server.on("GET", f"{REPORTS}/new", state("FATAL", reportDocumentId="why"))
    job = outcome(api, store)
    assert job.state is JobState.FATAL
    assert "its reason could not be read" in job.reason


@pytest.mark.parametrize(
    "changes",
    [
        {"reportType": "GET_MERCHANT_LISTINGS_ALL_DATA"},
        {"dataStartTime": "2026-07-01T00:00:00Z", "dataEndTime": "2026-08-01T00:00:00Z"},
    ],
)
def test_another_report_under_a_remembered_id_is_not_used(report_server, api, changes):
    report_server.on("GET", f"{REPORTS}/new", state("DONE", reportDocumentId="doc", **changes))
    with pytest.raises(errors.NotFound, match="new is another report"):
        REPORT_API.status_of(api, "new", REQUEST)
