"""Reports API 2021-06-30 as a desk: createReport, getReport, getReports.

Waiting and remembering are the matter of `report_work`, downloading of `documents`.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from xpert_pipeline.spapi.documents.download import read_reason
from xpert_pipeline.spapi.errors import NotFound
from xpert_pipeline.spapi.jobs.api import JobRequest, Kind, RemoteStatus
from xpert_pipeline.spapi.operations.times import from_amazon, to_amazon
from xpert_pipeline.spapi.quota import usage_plans
from xpert_pipeline.spapi.sending.credentials import redact
from xpert_pipeline.spapi.session import SellerApi

LISTED = ("IN_QUEUE", "IN_PROGRESS", "DONE")
LOST_WITHIN = timedelta(minutes=10)
"""A report whose id was lost on the way was made in this time."""
MAX_LOOKUP_PAGES = 10


class ReportApi:
    """The Reports API; see `Desk`."""

    kind: Kind = "report"
    poll = "getReport"

    def create(self, api: SellerApi, request: JobRequest) -> str:
        """Ask for a report (createReport)."""
        body: dict[str, Any] = {"reportType": request.report_type, "marketplaceIds": [api.marketplace.id]}
        if request.start is not None:
            body["dataStartTime"] = to_amazon(request.start)
        if request.end is not None:
            body["dataEndTime"] = to_amazon(request.end)
        if request.options:
            body["reportOptions"] = dict(request.options)

        def already() -> dict[str, Any] | None:
            (found,) = self.look_up(api, [request], api.server_now() - LOST_WITHIN)
            return {"reportId": found[0].amazon_id} if found else None

        own = usage_plans.report_plans(request.report_type)
        answer = api.call("createReport", expects={"reportId": str}, settle=already, also=own, **body)
        return str(answer["reportId"])

    def status_of(self, api: SellerApi, amazon_id: str, request: JobRequest) -> RemoteStatus:
        """How a report stands (getReport)."""
        answer = api.call("getReport", amazon_id, expects={"reportId": str, "processingStatus": str})
        if _is_another(answer, request):
            raise NotFound(f"{amazon_id} is another report", operation="getReport", seller=api.seller_id)
        return _standing(answer)

    def look_up(self, api: SellerApi, requests: Sequence[JobRequest], since: datetime) -> list[list[RemoteStatus]]:
        """Live and done reports that equal each request (getReports, once for all).

        Amazon does not tell a report's options there, so a request with options never finds an equal.
        """
        known = sorted(
            _listed(api, requests[0].report_type, since),
            key=lambda each: str(each.get("createdTime", "")),
            reverse=True,
        )
        return [[_standing(each) for each in known if _equals(api, each, request)] for request in requests]

    def reason(self, api: SellerApi, status: RemoteStatus) -> str:
        """The words of a FATAL report's document."""
        found = status.error_document_id
        return redact(read_reason(api, found)) if found else "Amazon gave no reason"


def _listed(api: SellerApi, report_type: str, since: datetime) -> list[dict[str, Any]]:
    answer = api.call(
        "getReports",
        expects={"reports": list},
        reportTypes=[report_type],
        processingStatuses=list(LISTED),
        marketplaceIds=[api.marketplace.id],
        pageSize=100,
        createdSince=to_amazon(since),
    )
    found = list(answer["reports"])
    for _ in range(MAX_LOOKUP_PAGES - 1):
        token = answer.get("nextToken")
        if not token:
            break
        answer = api.call("getReports", expects={"reports": list}, nextToken=token)
        found += answer["reports"]
    return [each for each in found if isinstance(each, dict) and each.get("reportId")]


def _equals(api: SellerApi, each: Mapping[str, Any], request: JobRequest) -> bool:
    if each.get("reportType") != request.report_type or request.options:
        return False
    window = (from_amazon(each.get("dataStartTime")), from_amazon(each.get("dataEndTime")))
    return each.get("marketplaceIds") == [api.marketplace.id] and all(
        _same_second(*pair) for pair in zip(window, (request.start, request.end), strict=True)
    )


def _is_another(answer: Mapping[str, Any], request: JobRequest) -> bool:
    """Whether an id leads to another type, or to a window that has nothing in common with the one asked for.

    Not any other window: of some types Amazon moves the bounds.
    """
    if answer.get("reportType", request.report_type) != request.report_type:
        return True
    start, end = from_amazon(answer.get("dataStartTime")), from_amazon(answer.get("dataEndTime"))
    if start is None or end is None or request.start is None or request.end is None:
        return False
    return end <= request.start or start >= request.end


def _same_second(told: datetime | None, wanted: datetime | None) -> bool:
    """Compare to the second: Amazon rounds. A snapshot has no window, whatever Amazon tells of one."""
    if wanted is None:
        return True
    return told is not None and abs(told - wanted) < timedelta(seconds=1)


def _standing(answer: Mapping[str, Any]) -> RemoteStatus:
    status, document = str(answer["processingStatus"]), answer.get("reportDocumentId")
    return RemoteStatus(
        amazon_id=answer["reportId"],
        status=status,
        created_at=from_amazon(answer.get("createdTime")),
        ended_at=from_amazon(answer.get("processingEndTime")),
        document_id=document if status == "DONE" else None,
        error_document_id=document if status == "FATAL" else None,
    )
