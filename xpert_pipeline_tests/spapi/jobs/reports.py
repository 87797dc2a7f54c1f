"""Reports as a scripted Amazon lists them, and how a test requests and awaits one."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from xpert_pipeline.spapi.jobs.api import JobRequest
from xpert_pipeline.spapi.jobs.report_api import ReportApi
from xpert_pipeline.spapi.jobs.requesting import request_jobs
from xpert_pipeline.spapi.jobs.waiting import wait_for_jobs
from xpert_pipeline_tests.spapi.scripted import Reply

INDIA = "A21TJRUUN4KGV"
REPORTS = "/reports/2021-06-30/reports"
KIND = "GET_XML_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL"
START, END = datetime(2026, 9, 1, tzinfo=UTC), datetime(2026, 10, 1, tzinfo=UTC)
REQUEST = JobRequest(KIND, START, END, marketplace_ids=(INDIA,))
UNLIMITED = {"x-amzn-RateLimit-Limit": "10000"}
REPORT_API = ReportApi()


def listed(status="DONE", age=timedelta(minutes=5), **changes):
    return {
        "reportId": "old",
        "reportType": KIND,
        "marketplaceIds": [INDIA],
        "dataStartTime": "2026-09-01T00:00:00+00:00",
        "dataEndTime": "2026-10-01T00:00:00Z",
        "createdTime": (datetime.now(UTC) - age).isoformat(),
        "processingStatus": status,
        "reportDocumentId": "doc-old",
        **changes,
    }


def state(status, report_id="new", **more):
    return Reply(200, {"reportId": report_id, "processingStatus": status, "reportType": KIND} | more, UNLIMITED)


def windows(count):
    return [replace(REQUEST, start=START + timedelta(days=n), end=START + timedelta(days=n + 1)) for n in range(count)]


def request_one(api, store, request=REQUEST, **options):
    (job,) = request_jobs(api, store, REPORT_API, [request], **options)
    return job


def outcome(api, store, request=REQUEST, **options):
    (job,) = wait_for_jobs(api, store, REPORT_API, [request_one(api, store, request)], **options)
    assert store.read(job.id) == job
    return job
