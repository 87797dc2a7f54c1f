"""Reports API 2021-06-30: createReport, getReport, getReports, cancelReport, getReportDocument."""

from typing import Any

from starlette.datastructures import QueryParams

from xpert_pipeline.sandbox.jobs.document_url import document_url
from xpert_pipeline.sandbox.jobs.fault_kinds import AGAIN, REPORT
from xpert_pipeline.sandbox.jobs.report_kind import ReportKind
from xpert_pipeline.sandbox.jobs.report_limits import is_too_early, was_done
from xpert_pipeline.sandbox.jobs.report_store import Report
from xpert_pipeline.sandbox.jobs.state import job_state
from xpert_pipeline.sandbox.jobs.statuses import CANCELLED, DONE, FATAL, FOREVER, IN_PROGRESS, IN_QUEUE
from xpert_pipeline.sandbox.serving import parameters
from xpert_pipeline.sandbox.serving.errors import bad_next_token, denied, invalid, not_found, throttled
from xpert_pipeline.sandbox.serving.operation import Call, Operation
from xpert_pipeline.sandbox.serving.paging import Paging
from xpert_pipeline.sandbox.serving.roles import is_denied
from xpert_pipeline.sandbox.serving.usage_plans import Plan

STATUSES = (CANCELLED, DONE, FATAL, IN_PROGRESS, IN_QUEUE)
KEPT_SECONDS = 90 * 86_400
SLOWNESS = 10
TOO_LONG = "Date range exceeded. Report can be requested only upto 30 days"
PATH = "/reports/2021-06-30"


def create_report(call: Call) -> dict[str, Any]:
    """Request a report."""
    body, state = call.body, job_state(call)
    if not isinstance(body, dict):
        raise invalid("The body must be a JSON object.")
    kind = state.report_kinds.get(str(body.get("reportType")))
    if kind is None:
        raise invalid(f"reportType: {body.get('reportType')} is not a report type that can be requested.")
    if kind.made is not None:
        raise invalid(f"reportType: {kind.name} cannot be requested. Amazon makes it by itself.")
    if is_denied(kind.roles, state.options.denied_roles):
        raise denied()
    marketplaces = body.get("marketplaceIds")
    if not isinstance(marketplaces, list) or not marketplaces:
        raise invalid("marketplaceIds: is required.")
    parameters.check_region(marketplaces)
    if set(marketplaces) & set(state.options.denied_marketplaces):
        raise denied()
    report = _new_report(call, kind, tuple(map(str, marketplaces)))
    if not state.app_plans.take(kind.name, kind.app_plan):
        state.statistics.count_empty_bucket(f"{call.operation.name} {kind.name}")
        raise throttled()
    state.reports.add(report)
    return {"reportId": report.id}


def _new_report(call: Call, kind: ReportKind, marketplaces: tuple[str, ...]) -> Report:
    start, end = _window(call)
    report = Report(
        id="",
        seller_id=call.seller_id,
        report_type=kind.name,
        marketplace_ids=marketplaces,
        start=start,
        end=end,
        has_window=kind.has_window,
        created=call.now,
        seconds=0.0,
        fate=DONE,
        options=kind.options(call.body.get("reportOptions")),
    )
    rows = 0
    if kind.longest_seconds is not None and end - start > kind.longest_seconds:
        report.error = TOO_LONG
    elif kind.refusal is not None and (refusal := kind.refusal(call.world, report)):
        report.fate, report.error = FATAL, refusal
    else:
        rows = kind.count(call.world, report)
        report.fate = DONE if rows else CANCELLED
    report.seconds = job_state(call).reports.processing_seconds(rows)
    _apply_limits_and_faults(call, kind, report)
    return report


def _apply_limits_and_faults(call: Call, kind: ReportKind, report: Report) -> None:
    reports = job_state(call).reports
    again = was_done(reports, report, call.now)
    if again and (call.faults(AGAIN) or is_too_early(reports, report, call.now, kind.minimum_seconds)):
        report.fate = CANCELLED
    for fault in call.faults(REPORT):
        if fault == "report-stuck":
            report.seconds = FOREVER
        elif fault == "report-slow":
            report.seconds *= SLOWNESS
        elif fault == "report-cancelled":
            report.fate = CANCELLED
        elif fault == "report-fatal":
            report.fate, report.error = FATAL, "The report could not be generated. Please try again."


def _window(call: Call) -> tuple[float, float]:
    """Return start and end of the window; a missing end means now, and a missing start means the end."""
    bounds = {name: call.body[name] for name in ("dataStartTime", "dataEndTime") if call.body.get(name)}
    end = parameters.instant(bounds["dataEndTime"], "dataEndTime") if "dataEndTime" in bounds else call.now
    start = parameters.instant(bounds["dataStartTime"], "dataStartTime") if "dataStartTime" in bounds else end
    if end < start:
        raise invalid("dataEndTime: must not be before dataStartTime.")
    return start, end


def get_report(call: Call) -> dict[str, Any]:
    """A report and its status."""
    return _report(call).as_json(call.now)


def cancel_report(call: Call) -> dict[str, Any]:
    """Cancel a report that is still in the queue."""
    report = _report(call)
    if report.status(call.now) != IN_QUEUE:
        raise invalid("Only reports that are IN_QUEUE can be cancelled.")
    report.fate, report.seconds, report.document_id = CANCELLED, 0.0, None
    return {}


def get_reports(call: Call) -> dict[str, Any]:
    """Return one page of the seller's matching reports, newest first."""
    page = call.page()
    reports = _matching(call, page.query)
    answer = {"reports": [report.as_json(call.now) for report in page.cut(reports)]}
    return answer | page.pagination(len(reports))


def _matching(call: Call, query: QueryParams) -> list[Report]:
    types = parameters.values(query, "reportTypes", most=10)
    if not types:
        raise invalid("reportTypes: is required without nextToken.")
    statuses = parameters.values(query, "processingStatuses", known=STATUSES) or STATUSES
    marketplaces = set(parameters.values(query, "marketplaceIds", most=10))
    since = parameters.moment(query, "createdSince") or call.now - KEPT_SECONDS
    until = parameters.moment(query, "createdUntil") or call.now
    state = job_state(call)
    kinds = [state.report_kinds[name] for name in types if name in state.report_kinds]
    if any(is_denied(kind.roles, state.options.denied_roles) for kind in kinds):
        raise denied()
    state.list_made(call.seller_id, types, call.now)
    reports = sorted(state.reports.of(call.seller_id), key=lambda report: -report.created)
    return [
        report
        for report in reports
        if report.report_type in types
        and report.status(call.now) in statuses
        and since <= report.created <= until
        and (not marketplaces or marketplaces & set(report.marketplace_ids))
    ]


def get_report_document(call: Call) -> dict[str, Any]:
    """Return a temporary address of a finished document."""
    state = job_state(call)
    report = state.reports.by_document(call.path["documentId"])
    if report is None or report.seller_id != call.seller_id or report.status(call.now) not in (DONE, FATAL):
        raise not_found()
    assert report.document_id is not None
    document = state.report_document(report)
    encoded = document.packed and call.query.get("enableContentEncodingUrlHeader") == "true"
    url = document_url(state, report.document_id, encoded=encoded)
    answer = {"reportDocumentId": report.document_id, "url": url}
    if document.packed:
        answer["compressionAlgorithm"] = "GZIP"
    return answer


def _report(call: Call) -> Report:
    report = job_state(call).reports.find(call.seller_id, call.path["reportId"])
    if report is None:
        raise not_found()
    return report


OPERATIONS = (
    Operation(
        name="createReport",
        method="POST",
        path=f"{PATH}/reports",
        answer=create_report,
        plan=Plan(0.0167, 15),
        status=202,
        fault_places=(REPORT, AGAIN),
    ),
    Operation(
        name="getReports",
        method="GET",
        path=f"{PATH}/reports",
        answer=get_reports,
        plan=Plan(0.0222, 10),
        paging=Paging(
            parameter="nextToken",
            refusal=bad_next_token,
            default=10,
            most=100,
            is_nested=False,
            carries=(
                "reportTypes",
                "processingStatuses",
                "marketplaceIds",
                "pageSize",
                "createdSince",
                "createdUntil",
            ),
        ),
    ),
    Operation(
        name="getReport",
        method="GET",
        path=f"{PATH}/reports/{{reportId}}",
        answer=get_report,
        plan=Plan(2.0, 15),
    ),
    Operation(
        name="cancelReport",
        method="DELETE",
        path=f"{PATH}/reports/{{reportId}}",
        answer=cancel_report,
        plan=Plan(0.0222, 10),
    ),
    Operation(
        name="getReportDocument",
        method="GET",
        path=f"{PATH}/documents/{{documentId}}",
        answer=get_report_document,
        plan=Plan(0.0167, 15),
        heavy=True,
    ),
)
"""These operations need no role of their own, only one for the report type."""
