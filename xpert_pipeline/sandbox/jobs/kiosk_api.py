"""Data Kiosk API 2023-11-15: createQuery, getQuery, getQueries, cancelQuery, getDocument."""

import hashlib
from datetime import date
from typing import Any

from xpert_pipeline.sandbox.faults import QUERY
from xpert_pipeline.sandbox.jobs.document_url import document_url
from xpert_pipeline.sandbox.jobs.kiosk_documents import DATASETS
from xpert_pipeline.sandbox.jobs.kiosk_query import read_question
from xpert_pipeline.sandbox.jobs.kiosk_view import view_of
from xpert_pipeline.sandbox.jobs.query_store import Query
from xpert_pipeline.sandbox.jobs.report_store import CANCELLED, DONE, FATAL, FOREVER, IN_PROGRESS, IN_QUEUE
from xpert_pipeline.sandbox.serving import parameters
from xpert_pipeline.sandbox.serving.call import Call
from xpert_pipeline.sandbox.serving.errors import ApiError, bad_page_token, invalid, not_found
from xpert_pipeline.sandbox.serving.paging import StaleTokenError, binding
from xpert_pipeline.sandbox.world.ledger import last_day

RECORDS_A_PAGE = 10_000
STATUSES = (CANCELLED, DONE, FATAL, IN_PROGRESS, IN_QUEUE)
KEPT = 90 * 86_400
FREE = ("paginationToken", "pageSize")


def create_query(call: Call) -> dict[str, Any]:
    """Ask a query, or for the next page of one."""
    body = call.body
    if not isinstance(body, dict) or not isinstance(body.get("query"), str) or not body["query"].strip():
        raise invalid("query: is required.")
    latest = max(last_day(call.world, marketplace_id, call.now) for marketplace_id in call.world.marketplace_ids)
    question = read_question(body["query"], date.fromordinal(latest))
    first = _place(call, body)
    faults = call.faults(QUERY)
    if "query-500" in faults:
        raise ApiError(500, "InternalFailure", "We encountered an internal error. Please try again.")
    view = view_of(
        call.world,
        call.now,
        lagging="kiosk-lag" in faults,
        restated=call.state.faults.is_on("economics-restated", call.seller_id),
        nulls="kiosk-null-entries" in faults,
    )
    whole = len(DATASETS[question.dataset].groups(view, question.arguments))
    rows = max(0, min(RECORDS_A_PAGE, whole - first))
    query = Query(
        call.seller_id,
        body["query"],
        question,
        view,
        first,
        rows,
        created=call.now,
        seconds=FOREVER if "query-stuck" in faults else call.state.queries.processing_seconds(rows),
        fate=FATAL if "query-fatal" in faults else DONE,
    )
    if first + RECORDS_A_PAGE < whole:
        query.next_token = call.state.page_tokens.issue(first + RECORDS_A_PAGE, _binding(call, body["query"]))
    return {"queryId": call.state.queries.add(query).id}


def _place(call: Call, body: dict[str, Any]) -> int:
    """Place of the page's first record."""
    token = body.get("paginationToken")
    if token is None:
        return 0
    try:
        place: int = call.state.page_tokens.read(str(token), _binding(call, body["query"]))
    except StaleTokenError:
        raise invalid("paginationToken: is not one of this query.", "The provided query is invalid") from None
    return place


def _binding(call: Call, text: str) -> str:
    """A page token is good for one seller and one query, to the letter."""
    return hashlib.sha256(f"{call.seller_id}\n{text}".encode()).hexdigest()[:16]


def get_query(call: Call) -> dict[str, Any]:
    """How a query stands."""
    return _query(call).as_json(call.now)


def cancel_query(call: Call) -> dict[str, Any]:
    """Take a query back that has not ended; once more does nothing."""
    query = _query(call)
    if query.status(call.now) in (DONE, FATAL):
        raise invalid("Only queries that are IN_QUEUE or IN_PROGRESS can be cancelled.")
    if query.fate != CANCELLED:
        query.fate, query.ended = CANCELLED, call.now
    return {}


def get_queries(call: Call) -> dict[str, Any]:
    """A seller's queries that match, newest first."""
    parameters_, tokens = call.query, call.state.page_tokens
    statuses = parameters.values(parameters_, "processingStatuses", known=STATUSES) or STATUSES
    size = parameters.count(parameters_, "pageSize", 10, 100)
    since = parameters.moment(parameters_, "createdSince") or call.now - KEPT
    until = parameters.moment(parameters_, "createdUntil") or call.now
    bound = binding(parameters_, call.seller_id, *FREE)
    first = 0
    if token := parameters.text(parameters_, "paginationToken"):
        try:
            first = tokens.read(token, bound)
        except StaleTokenError:
            raise bad_page_token() from None
    found = [
        query
        for query in call.state.queries.of(call.seller_id, call.now)
        if query.status(call.now) in statuses and since <= query.created <= until
    ]
    answer: dict[str, Any] = {"queries": [query.as_json(call.now) for query in found[first : first + size]]}
    if first + size < len(found):
        answer["pagination"] = {"nextToken": tokens.issue(first + size, bound)}
    return answer


def get_document(call: Call) -> dict[str, Any]:
    """Where a finished document can be fetched, for a while."""
    query = call.state.queries.by_document(call.path["documentId"])
    if query is None or query.seller_id != call.seller_id or query.status(call.now) not in (DONE, FATAL):
        raise not_found()
    assert query.document_id is not None
    return {
        "documentId": query.document_id,
        "documentUrl": document_url(call.state, query.document_id, encoded=False),
    }


def _query(call: Call) -> Query:
    query = call.state.queries.find(call.seller_id, call.path["queryId"], call.now)
    if query is None:
        raise not_found()
    return query
