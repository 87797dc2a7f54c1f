"""Data Kiosk API 2023-11-15: createQuery, getQuery, getQueries, cancelQuery, getDocument."""

from datetime import date
from typing import Any

from xpert_pipeline.sandbox.jobs.document_url import document_url
from xpert_pipeline.sandbox.jobs.fault_kinds import QUERY
from xpert_pipeline.sandbox.jobs.kiosk_query import read_question
from xpert_pipeline.sandbox.jobs.kiosk_view import view_of
from xpert_pipeline.sandbox.jobs.query_store import Query
from xpert_pipeline.sandbox.jobs.state import job_state
from xpert_pipeline.sandbox.jobs.statuses import CANCELLED, DONE, FATAL, FOREVER, IN_PROGRESS, IN_QUEUE
from xpert_pipeline.sandbox.serving import parameters
from xpert_pipeline.sandbox.serving.errors import bad_pagination_token, denied, invalid, not_found, server_error
from xpert_pipeline.sandbox.serving.operation import Call, Operation
from xpert_pipeline.sandbox.serving.paging import Paging, StaleTokenError, binding
from xpert_pipeline.sandbox.serving.usage_plans import Plan
from xpert_pipeline.sandbox.world.ledger import last_day

RECORDS_A_PAGE = 10_000
STATUSES = (CANCELLED, DONE, FATAL, IN_PROGRESS, IN_QUEUE)
KEPT_SECONDS = 90 * 86_400
PATH = "/dataKiosk/2023-11-15"
ROLES = ("Brand Analytics",)


def create_query(call: Call) -> dict[str, Any]:
    """Create a query, or a query for the next page of another one."""
    body, state = call.body, job_state(call)
    if not isinstance(body, dict) or not isinstance(body.get("query"), str) or not body["query"].strip():
        raise invalid("query: is required.")
    latest = max(last_day(call.world, marketplace_id, call.now) for marketplace_id in call.world.marketplace_ids)
    question = read_question(body["query"], date.fromordinal(latest), state.schemas)
    if set(question.arguments.get("marketplaceIds") or ()) & set(state.options.denied_marketplaces):
        raise denied()
    first = _place(call, body)
    faults = call.faults(QUERY)
    if "query-500" in faults:
        raise server_error()
    view = view_of(
        call.world,
        call.now,
        lagging="kiosk-lag" in faults,
        unsold="kiosk-zero-sales" in faults,
        nulls="kiosk-null-entries" in faults,
        faults=state.faults.in_world(call.seller_id),
    )
    records = len(question.groups(view))
    rows = max(0, min(RECORDS_A_PAGE, records - first))
    query = Query(
        call.seller_id,
        body["query"],
        question,
        view,
        first,
        rows,
        created=call.now,
        seconds=FOREVER if "query-stuck" in faults else state.queries.processing_seconds(rows),
        fate=FATAL if "query-fatal" in faults else DONE,
    )
    if first + RECORDS_A_PAGE < records:
        query.next_token = state.page_tokens.issue(first + RECORDS_A_PAGE, binding(call.seller_id, body["query"]))
    return {"queryId": state.queries.add(query).id}


def _place(call: Call, body: dict[str, Any]) -> int:
    """Return the index of the page's first record. A page token is valid for one seller and one exact query text."""
    token = body.get("paginationToken")
    if token is None:
        return 0
    try:
        place: int = call.state.page_tokens.read(str(token), binding(call.seller_id, body["query"]))
    except StaleTokenError:
        raise invalid("paginationToken: does not belong to this query.", "The provided query is invalid") from None
    return place


def get_query(call: Call) -> dict[str, Any]:
    """A query and its status."""
    return _query(call).as_json(call.now)


def cancel_query(call: Call) -> dict[str, Any]:
    """Cancel a query that has not ended; cancelling it again does nothing."""
    query = _query(call)
    if query.status(call.now) in (DONE, FATAL):
        raise invalid("Only queries that are IN_QUEUE or IN_PROGRESS can be cancelled.")
    if query.fate != CANCELLED:
        query.fate, query.ended = CANCELLED, call.now
    return {}


def get_queries(call: Call) -> dict[str, Any]:
    """Return one page of the seller's matching queries, newest first."""
    statuses = parameters.values(call.query, "processingStatuses", known=STATUSES) or STATUSES
    since = parameters.moment(call.query, "createdSince") or call.now - KEPT_SECONDS
    until = parameters.moment(call.query, "createdUntil") or call.now
    page = call.page()
    queries = [
        query
        for query in job_state(call).queries.of(call.seller_id, call.now)
        if query.status(call.now) in statuses and since <= query.created <= until
    ]
    return {"queries": [query.as_json(call.now) for query in page.cut(queries)]} | page.pagination(len(queries))


def get_document(call: Call) -> dict[str, Any]:
    """Return a temporary address of a finished document."""
    query = job_state(call).queries.by_document(call.path["documentId"])
    if query is None or query.seller_id != call.seller_id or query.status(call.now) not in (DONE, FATAL):
        raise not_found()
    assert query.document_id is not None
    return {
        "documentId": query.document_id,
        "documentUrl": document_url(call.state, query.document_id, encoded=False),
    }


def _query(call: Call) -> Query:
    query = job_state(call).queries.find(call.seller_id, call.path["queryId"], call.now)
    if query is None:
        raise not_found()
    return query


OPERATIONS = (
    Operation(
        name="createQuery",
        method="POST",
        path=f"{PATH}/queries",
        answer=create_query,
        plan=Plan(0.0167, 15),
        roles=ROLES,
        status=202,
        heavy=True,
        fault_places=(QUERY,),
    ),
    Operation(
        name="getQueries",
        method="GET",
        path=f"{PATH}/queries",
        answer=get_queries,
        plan=Plan(0.0222, 10),
        roles=ROLES,
        paging=Paging(
            parameter="paginationToken", refusal=bad_pagination_token, default=10, most=100, size_may_change=True
        ),
    ),
    Operation(
        name="getQuery",
        method="GET",
        path=f"{PATH}/queries/{{queryId}}",
        answer=get_query,
        plan=Plan(2.0, 15),
        roles=ROLES,
    ),
    Operation(
        name="cancelQuery",
        method="DELETE",
        path=f"{PATH}/queries/{{queryId}}",
        answer=cancel_query,
        plan=Plan(0.0222, 10),
        roles=ROLES,
        status=204,
    ),
    Operation(
        name="getDocument",
        method="GET",
        path=f"{PATH}/documents/{{documentId}}",
        answer=get_document,
        plan=Plan(0.0167, 15),
        roles=ROLES,
    ),
)
