"""Reports API 2021-06-30: createReport, getReport, getReports, cancelReport, getReportDocument."""

from typing import Any

from starlette.datastructures import QueryParams

from xpert_pipeline.sandbox.faults import AGAIN, REPORT
from xpert_pipeline.sandbox.jobs.document_url import document_url
from xpert_pipeline.sandbox.jobs.report_kinds import KINDS, SALES_AND_TRAFFIC, ReportKind
from xpert_pipeline.sandbox.jobs.report_limits import is_too_early, was_done
from xpert_pipeline.sandbox.jobs.report_store import CANCELLED, DONE, FATAL, FOREVER, IN_PROGRESS, IN_QUEUE, Report
from xpert_pipeline.sandbox.sales.traffic_report import options_of
from xpert_pipeline.sandbox.serving import parameters
from xpert_pipeline.sandbox.serving.call import Call
from xpert_pipeline.sandbox.serving.errors import ApiError, denied, invalid, not_found, throttled
from xpert_pipeline.sandbox.serving.paging import StaleTokenError, binding

STATUSES = (CANCELLED, DONE, FATAL, IN_PROGRESS, IN_QUEUE)
FILTERS = ("reportTypes", "processingStatuses", "marketplaceIds", "pageSize", "createdSince", "createdUntil")
DAY = 86_400
LONGEST_WINDOW = 30 * DAY
KEPT = 90 * DAY
SLOWNESS = 10
TOO_LONG = "Date range exceeded. Report can be requested only upto 30 days"


def create_report(call: Call) -> dict[str, Any]:
    """Ask for a report."""
    body = call.body
    if not isinstance(body, dict):
        raise invalid("The body must be a JSON object.")
    kind = KINDS.get(str(body.get("reportType")))
    if kind is None:
        raise invalid(f"reportType: {body.get('reportType')} is not a report type that can be requested.")
    if kind.role in call.state.options.denied_roles:
        raise denied()
    marketplaces = body.get("marketplaceIds")
    if not isinstance(marketplaces, list) or not marketplaces:
        raise invalid("marketplaceIds: is required.")
    parameters.check_region(marketplaces)
    report = _new_report(call, kind, tuple(map(str, marketplaces)))
    if not call.state.app_plans.take(kind.name):
        call.state.statistics.count_empty_bucket(f"{call.operation} {kind.name}")
        raise throttled()
    call.state.reports.add(report)
    return {"reportId": report.id}


def _new_report(call: Call, kind: ReportKind, marketplaces: tuple[str, ...]) -> Report:
    start, end = _window(call)
    rows = kind.count(call.world, marketplaces, start, end, call.now)
    too_long = kind.window in ("created", "updated") and end - start > LONGEST_WINDOW
    report = Report(
        id="",
        seller_id=call.seller_id,
        report_type=kind.name,
        marketplace_ids=marketplaces,
        start=start,
        end=end,
        has_window=kind.windowed,
        created=call.now,
        seconds=call.state.reports.processing_seconds(0 if too_long else rows),
        fate=DONE if rows or too_long else CANCELLED,
        error=TOO_LONG if too_long else None,
        options=options_of(call.body.get("reportOptions")) if kind.name == SALES_AND_TRAFFIC else {},
    )
    _apply_fate(call, report)
    return report


def _apply_fate(call: Call, report: Report) -> None:
    """What limits and faults make of a report."""
    reports = call.state.reports
    again = was_done(reports, report, call.now)
    if again and (call.faults(AGAIN) or is_too_early(reports, report, call.now)):
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
    given = {name: call.body[name] for name in ("dataStartTime", "dataEndTime") if call.body.get(name)}
    end = parameters.instant(given["dataEndTime"], "dataEndTime") if "dataEndTime" in given else call.now
    start = parameters.instant(given["dataStartTime"], "dataStartTime") if "dataStartTime" in given else end
    if end < start:
        raise invalid("dataEndTime: must not be before dataStartTime.")
    return start, end


def get_report(call: Call) -> dict[str, Any]:
    """How a report stands."""
    return _report(call).as_json(call.now)


def cancel_report(call: Call) -> dict[str, Any]:
    """Take a report back that has not begun."""
    report = _report(call)
    if report.status(call.now) != IN_QUEUE:
        raise invalid("Only reports that are IN_QUEUE can be cancelled.")
    report.fate, report.seconds, report.document_id = CANCELLED, 0.0, None
    return {}


def get_reports(call: Call) -> dict[str, Any]:
    """A seller's reports that match, newest first."""
    query, tokens = call.query, call.state.page_tokens
    given = parameters.text(query, "nextToken")
    if given and any(name in query for name in FILTERS):
        raise invalid("nextToken: must be the only parameter.")
    first = 0
    if given:
        place, _, filters = given.partition(".")
        query = QueryParams(bytes.fromhex(filters).decode() if _is_hex(filters) else "")
        try:
            first = tokens.read(place, binding(query, call.seller_id))
        except StaleTokenError:
            raise invalid("", "Next token is invalid or expired") from None
    size = parameters.count(query, "pageSize", 10, 100)
    found = _matching(call, query)
    answer: dict[str, Any] = {"reports": [report.as_json(call.now) for report in found[first : first + size]]}
    if first + size < len(found):
        token = tokens.issue(first + size, binding(query, call.seller_id))
        answer["nextToken"] = f"{token}.{str(query).encode().hex()}"
    return answer


def _matching(call: Call, query: QueryParams) -> list[Report]:
    types = parameters.values(query, "reportTypes", most=10)
    if not types:
        raise invalid("reportTypes: is required without nextToken.")
    statuses = parameters.values(query, "processingStatuses", known=STATUSES) or STATUSES
    marketplaces = set(parameters.values(query, "marketplaceIds", most=10))
    since = parameters.moment(query, "createdSince") or call.now - KEPT
    until = parameters.moment(query, "createdUntil") or call.now
    return [
        report
        for report in call.state.reports.of(call.seller_id)
        if report.report_type in types
        and report.status(call.now) in statuses
        and since <= report.created <= until
        and (not marketplaces or marketplaces & set(report.marketplace_ids))
    ]


def get_report_document(call: Call) -> dict[str, Any]:
    """Where a finished document can be fetched, for a while."""
    report = call.state.reports.by_document(call.path["documentId"])
    if report is None or report.seller_id != call.seller_id or report.status(call.now) not in (DONE, FATAL):
        raise not_found()
    assert report.document_id is not None
    document = KINDS[report.report_type].document(call.state, call.world, report)
    encoded = document.packed and call.query.get("enableContentEncodingUrlHeader") == "true"
    url = document_url(call.state, report.document_id, encoded=encoded)
    answer = {"reportDocumentId": report.document_id, "url": url}
    if document.packed:
        answer["compressionAlgorithm"] = "GZIP"
    return answer


def _report(call: Call) -> Report:
    report = call.state.reports.find(call.seller_id, call.path["reportId"])
    if report is None:
        raise not_found()
    return report


def _is_hex(text: str) -> bool:
    try:
        return bool(bytes.fromhex(text))
    except ValueError:
        return False


def bad_content_type() -> ApiError:
    """415."""
    return ApiError(415, "UnsupportedMediaType", "The request's Content-Type header is invalid.")
