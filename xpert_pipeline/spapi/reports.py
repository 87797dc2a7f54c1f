"""Reports API 2021-06-30: a report is asked for once, waited for with patience, and found again after a crash.

Downloading a finished report is the matter of `documents`.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from xpert_pipeline.spapi import errors, usage_plans
from xpert_pipeline.spapi.documents import read_reason
from xpert_pipeline.spapi.operations.times import from_amazon, to_amazon
from xpert_pipeline.spapi.session import SellerApi

LIVE = ("IN_QUEUE", "IN_PROGRESS")
LIVE_WITHIN = timedelta(hours=24)
DONE_WITHIN = timedelta(minutes=30)
CANCELLED_REUSE = timedelta(hours=4)  # Amazon cancels what it made less than this long ago
BUDGET_SECONDS = 7200.0
MAX_LOOKUP_PAGES = 10


@dataclass(frozen=True, slots=True)
class ReportRequest:
    """What a report is asked to hold. `start` and `end` are absent for snapshots."""

    report_type: str
    start: datetime | None = None
    end: datetime | None = None
    options: Mapping[str, str] | None = None

    def __post_init__(self) -> None:
        """Refuse a reversed window before Amazon turns it into an empty report."""
        if self.start and self.end and self.end < self.start:
            raise ValueError(f"the report's window ends ({self.end}) before it starts ({self.start})")


@dataclass(frozen=True, slots=True)
class Report:
    """A report at Amazon. `reused` tells that an earlier request made it, at `created_at`."""

    id: str
    request: ReportRequest
    status: str
    created_at: datetime | None = None
    document_id: str | None = None
    reused: bool = False


def request_report(api: SellerApi, request: ReportRequest, *, done_within: timedelta = DONE_WITHIN) -> Report:
    """Ask for one report; see `request_reports`."""
    return request_reports(api, [request], done_within=done_within)[0]


def request_reports(
    api: SellerApi, requests: Sequence[ReportRequest], *, done_within: timedelta = DONE_WITHIN
) -> list[Report]:
    """Ask for reports of one type, unless equal ones are being made or have just been done.

    One look-up (getReports) serves all of them. Amazon does not tell a report's options there, so a
    request with options is never served by an earlier report. When the answer to createReport is lost,
    the look-up comes before another try.

    Args:
        api: the seller.
        requests: what is wanted, all of the same type.
        done_within: how old a finished report may be to serve again.

    Returns:
        One report for each request, in order; not finished as a rule.
    """
    if not requests:
        return []
    known = _listed(api, requests[0].report_type, max(LIVE_WITHIN, done_within))
    reports = []
    for request in requests:
        found = _equal(api, known, request, done_within)
        reports.append(found or _create(api, request, done_within))
    return reports


def wait_for_report(api: SellerApi, report: Report, *, budget_seconds: float = BUDGET_SECONDS) -> Report:
    """Poll a report (getReport) until it is done, in steps that grow with the time waited.

    Returns:
        The finished report, with its document id. For a cancelled report: an equal one that was done
        within the last hours, if there is one (`reused`).

    Raises:
        ReportFailed: FATAL, with the reason that Amazon's document gives.
        ReportCancelled: as a rule, no data in the window.
        ReportStillRunning: the budget is spent; the id is in the error, to be collected later.
    """
    start = time.monotonic()
    while report.status in LIVE:
        elapsed = time.monotonic() - start
        if elapsed >= budget_seconds:
            raise errors.ReportStillRunning(
                f"{report.request.report_type} {report.id} is {report.status} after {elapsed:.0f} s",
                report_id=report.id,
                operation="getReport",
                seller=api.seller_id,
            )
        if elapsed:
            step = min(30.0, max(0.5, 0.05 * elapsed), budget_seconds - elapsed)
            api.pause("getReport", step, f"report {report.request.report_type}, {report.status}")
        report = resume_report(api, report.id, report.request)
    return _finished(api, report)


def resume_report(api: SellerApi, report_id: str, request: ReportRequest) -> Report:
    """Look at a report by the id kept from an earlier run (getReport)."""
    answer = api.call("getReport", report_id, expects={"reportId": str, "processingStatus": str})
    return _report(answer, request)


def _finished(api: SellerApi, report: Report) -> Report:
    """Return a report that has a document, or say why there is none."""
    about: dict[str, Any] = {"report_id": report.id, "operation": "getReport", "seller": api.seller_id}
    what = f"{report.request.report_type} {report.id}"
    if report.status == "DONE" and report.document_id:
        return report
    if report.status == "FATAL":
        reason = read_reason(api, report.document_id) if report.document_id else "Amazon gave no reason"
        raise errors.ReportFailed(f"{what} is FATAL: {reason}", **about)
    if report.status == "CANCELLED":
        recent = _listed(api, report.request.report_type, CANCELLED_REUSE)
        done = [each for each in recent if each["processingStatus"] == "DONE"]
        found = _equal(api, done, report.request, CANCELLED_REUSE)
        if found is not None:
            return found
        raise errors.ReportCancelled(f"{what} was CANCELLED: probably no data in its window", **about)
    raise errors.ReportFailed(f"{what} is {report.status} without a document", **about)


def _create(api: SellerApi, request: ReportRequest, done_within: timedelta) -> Report:
    body: dict[str, Any] = {"reportType": request.report_type, "marketplaceIds": [api.marketplace.id]}
    if request.start is not None:
        body["dataStartTime"] = to_amazon(request.start)
    if request.end is not None:
        body["dataEndTime"] = to_amazon(request.end)
    if request.options:
        body["reportOptions"] = dict(request.options)

    def already() -> dict[str, Any] | None:
        known = _listed(api, request.report_type, max(LIVE_WITHIN, done_within))
        found = _equal(api, known, request, done_within)
        return {"reportId": found.id} if found else None

    own = usage_plans.report_plans(request.report_type)
    answer = api.call("createReport", expects={"reportId": str}, settle=already, also=own, **body)
    return Report(answer["reportId"], request, "IN_QUEUE")


def _listed(api: SellerApi, report_type: str, within: timedelta) -> list[dict[str, Any]]:
    """List live and done reports of a type, newest first (getReports)."""
    answer = api.call(
        "getReports",
        expects={"reports": list},
        reportTypes=[report_type],
        processingStatuses=[*LIVE, "DONE"],
        marketplaceIds=[api.marketplace.id],
        pageSize=100,
        createdSince=to_amazon(api.server_now() - within),
    )
    found = list(answer["reports"])
    for _ in range(MAX_LOOKUP_PAGES - 1):
        token = answer.get("nextToken")
        if not token:
            break
        answer = api.call("getReports", expects={"reports": list}, nextToken=token)
        found += answer["reports"]
    return [each for each in found if isinstance(each, dict) and each.get("reportId")]


def _equal(
    api: SellerApi, known: Sequence[dict[str, Any]], request: ReportRequest, done_within: timedelta
) -> Report | None:
    """Find the newest listed report that serves a request."""
    oldest = api.server_now() - done_within
    for each in _newest_first(known):
        same = each.get("reportType") == request.report_type and not request.options
        window = (from_amazon(each.get("dataStartTime")), from_amazon(each.get("dataEndTime")))
        if not same or each.get("marketplaceIds") != [api.marketplace.id]:
            continue
        if not all(_same_second(*pair) for pair in zip(window, (request.start, request.end), strict=True)):
            continue
        created = from_amazon(each.get("createdTime"))
        if each["processingStatus"] in LIVE or (created is not None and created >= oldest):
            return _report(each, request, reused=True)
    return None


def _newest_first(known: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    yield from sorted(known, key=lambda each: str(each.get("createdTime", "")), reverse=True)


def _same_second(told: datetime | None, wanted: datetime | None) -> bool:
    """Compare to the second: Amazon rounds. A snapshot has no window, whatever Amazon tells of one."""
    if wanted is None:
        return True
    return told is not None and abs(told - wanted) < timedelta(seconds=1)


def _report(answer: Mapping[str, Any], request: ReportRequest, *, reused: bool = False) -> Report:
    return Report(
        id=answer["reportId"],
        request=request,
        status=answer["processingStatus"],
        created_at=from_amazon(answer.get("createdTime")),
        document_id=answer.get("reportDocumentId"),
        reused=reused,
    )
