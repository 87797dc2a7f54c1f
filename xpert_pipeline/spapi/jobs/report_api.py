"""Reports API 2021-06-30 as a `JobApi`: createReport, getReport, getReports."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from xpert_pipeline.spapi.documents.download import read_reason
from xpert_pipeline.spapi.errors import AnotherJob, EndlessPages
from xpert_pipeline.spapi.jobs.api import JobRequest, Kind, RemoteStatus
from xpert_pipeline.spapi.jobs.error_documents import message_of
from xpert_pipeline.spapi.operations.paging import PagedOperation
from xpert_pipeline.spapi.operations.times import from_amazon, to_amazon
from xpert_pipeline.spapi.quota import usage_plans
from xpert_pipeline.spapi.session import SellerApi

LISTED_STATUSES = ("IN_QUEUE", "IN_PROGRESS", "DONE")
ENDED_WITHOUT_DATA = ("CANCELLED", "FATAL")
LOST_WITHIN = timedelta(minutes=10)
"""If the answer to createReport is lost, we look for a report created within this time."""
MOST_MARKETPLACES = 10
"""The most marketplaces that getReports can filter by."""
GET_REPORTS = PagedOperation("getReports", "reports", identity=("reportId",), longest=10, token_alone=True)
"""Lists reports, newest first; a look-up needs no more than 1,000 of a type."""


class ReportApi:
    """The Reports API; see `JobApi`."""

    kind: Kind = "report"
    poll = "getReport"

    def create(self, api: SellerApi, request: JobRequest) -> str:
        """Create a report (createReport).

        Raises:
            ValueError: The request names no marketplace.
        """
        if not request.marketplace_ids:
            raise ValueError(f"{request.report_type} needs at least one marketplace")
        body: dict[str, Any] = {"reportType": request.report_type, "marketplaceIds": list(request.marketplace_ids)}
        if request.start is not None:
            body["dataStartTime"] = to_amazon(request.start)
        if request.end is not None:
            body["dataEndTime"] = to_amazon(request.end)
        if request.options:
            body["reportOptions"] = dict(request.options)

        def look_up_lost() -> dict[str, Any] | None:
            (equal_reports,) = self.look_up(api, [request], api.server_now() - LOST_WITHIN)
            return {"reportId": equal_reports[0].amazon_id} if equal_reports else None

        own_plans = usage_plans.report_plans(request.report_type)
        answer = api.call("createReport", expects={"reportId": str}, settle=look_up_lost, also=own_plans, **body)
        return str(answer["reportId"])

    def status_of(self, api: SellerApi, amazon_id: str, request: JobRequest) -> RemoteStatus:
        """Return the status of a report (getReport)."""
        answer = api.call("getReport", amazon_id, expects={"reportId": str, "processingStatus": str})
        if _is_another(answer, request):
            raise AnotherJob(f"{amazon_id} is another report", operation="getReport", seller=api.seller_id)
        return _remote_status(answer)

    def look_up(self, api: SellerApi, requests: Sequence[JobRequest], since: datetime) -> list[list[RemoteStatus]]:
        """Return the live and done reports that equal each request (getReports, once for all).

        Amazon does not list a report's options, so a request with options never finds an equal one.
        """
        marketplace_ids = sorted({marketplace for request in requests for marketplace in request.marketplace_ids})
        reports = _list_reports(api, requests[0].report_type, marketplace_ids, since)
        return [[_remote_status(report) for report in reports if _equals(report, request)] for request in requests]

    def reason(self, api: SellerApi, status: RemoteStatus) -> str:
        """Return the message in a FATAL report's error document."""
        document = status.error_document_id
        return message_of(read_reason(api, document)) if document else "Amazon gave no reason"


def list_of_type(api: SellerApi, request: JobRequest, since: datetime) -> list[tuple[RemoteStatus, bool]]:
    """Return all reports of the request's type, newest first, and whether each is equal to the request.

    Those of other marketplaces are among them, because Amazon's minimum interval may hold for the type as a whole.
    """
    reports = _list_reports(api, request.report_type, [], since, (*LISTED_STATUSES, *ENDED_WITHOUT_DATA))
    return [(_remote_status(report), _equals(report, request)) for report in reports]


def _list_reports(
    api: SellerApi,
    report_type: str,
    marketplace_ids: Sequence[str],
    since: datetime,
    statuses: Sequence[str] = LISTED_STATUSES,
) -> list[dict[str, Any]]:
    """Return the reports of a type, newest first; without marketplaces, those of all of them."""
    filters = {"marketplaceIds": marketplace_ids} if 0 < len(marketplace_ids) <= MOST_MARKETPLACES else {}
    reports: list[Any] = []
    with suppress(EndlessPages):
        for page in GET_REPORTS.pages(
            api,
            reportTypes=[report_type],
            processingStatuses=list(statuses),
            pageSize=usage_plans.page("getReports"),
            createdSince=to_amazon(since),
            **filters,
        ):
            if page.is_first:
                reports.clear()
            reports += page.records
    known = [report for report in reports if isinstance(report, dict) and report.get("reportId")]
    return sorted(known, key=lambda report: str(report.get("createdTime", "")), reverse=True)


def _equals(report: Mapping[str, Any], request: JobRequest) -> bool:
    if report.get("reportType") != request.report_type or request.options:
        return False
    if set(report.get("marketplaceIds") or ()) != set(request.marketplace_ids):
        return False
    window = (from_amazon(report.get("dataStartTime")), from_amazon(report.get("dataEndTime")))
    return all(_same_second(*pair) for pair in zip(window, (request.start, request.end), strict=True))


def _is_another(answer: Mapping[str, Any], request: JobRequest) -> bool:
    """Return whether the report has another type, or a window that does not overlap the requested one.

    A window that overlaps but differs is accepted, because Amazon moves the bounds of some report types.
    """
    if answer.get("reportType", request.report_type) != request.report_type:
        return True
    start, end = from_amazon(answer.get("dataStartTime")), from_amazon(answer.get("dataEndTime"))
    if start is None or end is None or request.start is None or request.end is None:
        return False
    return end <= request.start or start >= request.end


def _same_second(listed: datetime | None, requested: datetime | None) -> bool:
    """Compare to the second, because Amazon rounds. A snapshot requests no window, so any listed window is equal."""
    if requested is None:
        return True
    return listed is not None and abs(listed - requested) < timedelta(seconds=1)


def _remote_status(answer: Mapping[str, Any]) -> RemoteStatus:
    status, document = str(answer["processingStatus"]), answer.get("reportDocumentId")
    return RemoteStatus(
        amazon_id=answer["reportId"],
        status=status,
        created_at=from_amazon(answer.get("createdTime")),
        ended_at=from_amazon(answer.get("processingEndTime")),
        document_id=document if status == "DONE" else None,
        error_document_id=document if status == "FATAL" else None,
    )
