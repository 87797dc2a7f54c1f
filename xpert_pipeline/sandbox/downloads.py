"""The storage of report documents: serves a signed address as S3 does, without any token."""

import gzip

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from xpert_pipeline.sandbox.document_url import is_signed
from xpert_pipeline.sandbox.fault_answers import broken, whole
from xpert_pipeline.sandbox.faults import CALL, DOCUMENT, DOWNLOAD
from xpert_pipeline.sandbox.report_documents import in_two_members
from xpert_pipeline.sandbox.report_kinds import KINDS
from xpert_pipeline.sandbox.report_store import Report
from xpert_pipeline.sandbox.state import State

EXPIRED = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code><Message>Request has expired</Message>'
    "<X-Amz-Expires>300</X-Amz-Expires></Error>"
)
FORBIDDEN = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>SignatureDoesNotMatch</Code><Message>The request signature '
    "we calculated does not match the signature you provided.</Message></Error>"
)


async def download(request: Request) -> Response:
    """Answer one download and count it."""
    state: State = request.app.state.sandbox
    report = state.reports.by_document(request.path_params["documentId"])
    seller_id = report.seller_id if report else None
    response = await _answer(state, report, request)
    state.statistics.count(DOWNLOAD, seller_id, response.status_code, state.pace.now())
    return response


async def _answer(state: State, report: Report | None, request: Request) -> Response:
    if report is None or not is_signed(str(report.document_id), request.query_params):
        return Response(FORBIDDEN, 403, media_type="application/xml")
    fault = state.faults.first(CALL, DOWNLOAD, report.seller_id, by_name=True)
    if fault and (instead := whole(fault)):
        return instead
    faults = state.faults.due(DOCUMENT, DOWNLOAD, report.seller_id)
    if "expired-document-url" in faults or state.pace.now() > float(request.query_params["X-Amz-Expires"]):
        return Response(EXPIRED, 403, media_type="application/xml")
    response = await run_in_threadpool(_document, state, report, faults)
    if request.query_params.get("response-content-encoding") == "gzip":
        response.headers["content-encoding"] = "gzip"
    return broken(fault, response) if fault else response


def _document(state: State, report: Report, faults: list[str]) -> Response:
    document = KINDS[report.report_type].document(state, state.worlds[report.seller_id], report)
    body, headers = document.body, {"content-type": document.content_type}
    if "multi-member-gzip" in faults:
        body = in_two_members(document)
    if "double-gzip" in faults:
        body, headers["content-encoding"] = gzip.compress(body, 1), "gzip"
    if "truncated-gzip" in faults:
        body = body[: len(body) // 2]
    return Response(body, headers=headers)
