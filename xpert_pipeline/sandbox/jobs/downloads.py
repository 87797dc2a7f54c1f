"""Serves the documents of reports and queries at signed addresses, without a token, as S3 does."""

import gzip

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from xpert_pipeline.sandbox.faults import DOWNLOAD
from xpert_pipeline.sandbox.jobs.document_url import is_signed
from xpert_pipeline.sandbox.jobs.documents import Document, in_two_members
from xpert_pipeline.sandbox.jobs.fault_kinds import DOCUMENT, LINES
from xpert_pipeline.sandbox.jobs.kiosk_documents import kiosk_document, malformed
from xpert_pipeline.sandbox.jobs.query_store import Query
from xpert_pipeline.sandbox.jobs.report_store import Report
from xpert_pipeline.sandbox.jobs.state import JobState
from xpert_pipeline.sandbox.serving.fault_answers import broken, whole
from xpert_pipeline.sandbox.serving.fault_kinds import CALL

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
    state: JobState = request.app.state.sandbox
    document_id = request.path_params["documentId"]
    owner = state.reports.by_document(document_id) or state.queries.by_document(document_id)
    response = await _answer(state, owner, request)
    state.statistics.count(DOWNLOAD, owner.seller_id if owner else None, response.status_code, state.pace.now())
    return response


async def _answer(state: JobState, owner: Report | Query | None, request: Request) -> Response:
    if owner is None or not is_signed(str(owner.document_id), request.query_params):
        return Response(FORBIDDEN, 403, media_type="application/xml")
    fault = state.faults.first(CALL, DOWNLOAD, owner.seller_id, by_name=True)
    if fault and (instead := whole(fault)):
        return instead
    faults = state.faults.due(DOCUMENT, DOWNLOAD, owner.seller_id)
    if "expired-document-url" in faults or state.pace.now() > float(request.query_params["X-Amz-Expires"]):
        return Response(EXPIRED, 403, media_type="application/xml")
    if isinstance(owner, Query):
        response = await run_in_threadpool(_lines, state, owner, faults)
    else:
        response = await run_in_threadpool(_document, state, owner, faults)
    if request.query_params.get("response-content-encoding") == "gzip":
        response.headers["content-encoding"] = "gzip"
    return broken(fault, response) if fault else response


def _document(state: JobState, report: Report, faults: list[str]) -> Response:
    return _spoilt(state.report_document(report), faults)


def _lines(state: JobState, query: Query, faults: list[str]) -> Response:
    """Return a query's document, which is not compressed, unless a fault compresses it."""
    document = kiosk_document(query)
    body = document.body
    line_faults = state.faults.due(LINES, DOWNLOAD, query.seller_id)
    if "malformed-jsonl" in line_faults:
        body = malformed(body.decode()).encode()
    if "kiosk-gzip" not in line_faults:
        return _spoilt(Document(body, packed=False, content_type=document.content_type), faults)
    packed = Document(gzip.compress(body, 1), packed=True, content_type=document.content_type)
    response = _spoilt(packed, faults)
    response.headers["content-encoding"] = "gzip"
    return response


def _spoilt(document: Document, faults: list[str]) -> Response:
    body, headers = document.body, {"content-type": document.content_type}
    if "multi-member-gzip" in faults:
        body = in_two_members(document)
    if "double-gzip" in faults:
        body, headers["content-encoding"] = gzip.compress(body, 1), "gzip"
    if "truncated-gzip" in faults:
        body = body[: len(body) // 2]
    return Response(body, headers=headers)
