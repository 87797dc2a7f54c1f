"""Data Kiosk 2023-11-15 as a `JobApi`: createQuery, getQuery, getQueries."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from xpert_pipeline.spapi.documents.download import DATA_KIOSK, read_reason
from xpert_pipeline.spapi.errors import AnotherJob, BadRequest, EndlessPages, PageTokenExpired
from xpert_pipeline.spapi.jobs.api import JobRequest, Kind, RemoteStatus
from xpert_pipeline.spapi.jobs.error_documents import message_of
from xpert_pipeline.spapi.jobs.kiosk_queries import compact
from xpert_pipeline.spapi.operations.paging import TOKEN_DOUBTS, PagedOperation, next_token
from xpert_pipeline.spapi.operations.times import from_amazon, to_amazon
from xpert_pipeline.spapi.quota import usage_plans
from xpert_pipeline.spapi.sending.confirming import NO_DOUBTS
from xpert_pipeline.spapi.session import SellerApi

LISTED_STATUSES = ("IN_QUEUE", "IN_PROGRESS", "DONE")
CLOCK_SLACK = timedelta(seconds=2)
"""We know Amazon's clock only to the second."""
PAGES_FOLLOW_WITHIN = timedelta(days=2)
"""The longest time between the requests for one page of a query and the next."""
GET_QUERIES = PagedOperation(
    "getQueries",
    "queries",
    identity=("queryId",),
    token="paginationToken",  # noqa: S106  the name of a parameter
    longest=10,
)
"""Lists queries, newest first; a look-up needs no more than 1,000."""


class QueryApi:
    """Data Kiosk; see `JobApi`."""

    kind: Kind = "query"
    poll = "getQuery"

    def create(self, api: SellerApi, request: JobRequest) -> str:
        """Create a query, or the next page of one (createQuery). Even a rejected query costs a token.

        Raises:
            PageTokenExpired: Amazon rejects the next page twice, although it accepted the same query as a first page.
            BadRequest: Amazon rejects the query.
        """
        options = dict(request.options or {})
        paging = {"paginationToken": options["paginationToken"]} if "paginationToken" in options else {}
        began = api.server_now() - CLOCK_SLACK

        def look_up_lost() -> dict[str, Any] | None:
            query = _made_since(_list_queries(api, began), request, began)
            return {"queryId": query.status.amazon_id} if query else None

        try:
            answer = api.call(
                "createQuery",
                expects={"queryId": str},
                settle=look_up_lost,
                doubts=TOKEN_DOUBTS if paging else NO_DOUBTS,
                query=options["query"],
                **paging,
            )
        except BadRequest as error:
            if paging and not isinstance(error, PageTokenExpired):
                raise PageTokenExpired(error.message, **error.facts()) from error
            raise
        return str(answer["queryId"])

    def status_of(self, api: SellerApi, amazon_id: str, request: JobRequest) -> RemoteStatus:
        """Return the status of a query (getQuery).

        A cancelled query counts as FATAL: a query without rows is DONE without a document, never CANCELLED.
        """
        answer = api.call("getQuery", amazon_id, expects={"queryId": str, "processingStatus": str})
        requested = compact((request.options or {}).get("query", ""))
        if compact(str(answer.get("query", requested))) != requested:
            raise AnotherJob(f"{amazon_id} is another query", operation="getQuery", seller=api.seller_id)
        return _remote_status(answer)

    def look_up(self, api: SellerApi, requests: Sequence[JobRequest], since: datetime) -> list[list[RemoteStatus]]:
        """Return the live and done queries that equal each request (getQueries, once for all).

        Amazon lists a query's text and the token of its next page, but not which page the query itself is. So we follow
        the chain: if an equal query had already ended with a next page, this query may be that page; then we never use
        it as a first page.
        """
        listed = _list_queries(api, since - PAGES_FOLLOW_WITHIN)
        return [
            [query.status for query in _equal(listed, request) if query.created_at and query.created_at >= since]
            for request in requests
        ]

    def reason(self, api: SellerApi, status: RemoteStatus) -> str:
        """Return the message in a FATAL query's error document."""
        if status.error_document_id is None:
            return "the query was cancelled before it ran" if status.status == "FATAL" else "Amazon gave no reason"
        return message_of(read_reason(api, status.error_document_id, DATA_KIOSK))


@dataclass(frozen=True, slots=True)
class _ListedQuery:
    """A query as getQueries lists it; `text` has no unnecessary whitespace."""

    text: str
    status: RemoteStatus

    @property
    def created_at(self) -> datetime | None:
        return self.status.created_at

    def has_next_page_by(self, moment: datetime | None) -> bool:
        """Return whether its next page could have been requested by this moment."""
        end = self.status.ended_at or self.created_at
        return self.status.next_page is not None and end is not None and moment is not None and end <= moment


def _list_queries(api: SellerApi, since: datetime) -> list[_ListedQuery]:
    answers: list[Any] = []
    with suppress(EndlessPages):
        for page in GET_QUERIES.pages(
            api,
            processingStatuses=list(LISTED_STATUSES),
            pageSize=usage_plans.page("getQueries"),
            createdSince=to_amazon(since),
        ):
            if page.is_first:
                answers.clear()
            answers += page.records
    queries = [
        _ListedQuery(compact(str(answer.get("query", ""))), _remote_status(answer))
        for answer in answers
        if isinstance(answer, dict) and answer.get("queryId")
    ]
    return sorted(queries, key=lambda query: (query.created_at is not None, query.created_at), reverse=True)


def _equal(listed: Sequence[_ListedQuery], request: JobRequest) -> list[_ListedQuery]:
    """Return the queries that are certainly the requested page, newest first."""
    options = request.options or {}
    same_text = [query for query in listed if query.text == compact(options["query"])]
    token = options.get("paginationToken")
    if token is None:
        return [query for query in same_text if _page_before(same_text, query) is None]
    parent = next((query for query in same_text if query.status.next_page == token), None)
    return [query for query in same_text if parent is not None and _page_before(same_text, query) is parent]


def _page_before(same_text: Sequence[_ListedQuery], page: _ListedQuery) -> _ListedQuery | None:
    """Return the newest equal query that may have this one as its next page."""
    return next((query for query in same_text if query is not page and query.has_next_page_by(page.created_at)), None)


def _made_since(listed: Sequence[_ListedQuery], request: JobRequest, began: datetime) -> _ListedQuery | None:
    """Find the query that createQuery created although its answer was lost: an equal one, created since `began`."""
    options = request.options or {}
    token = options.get("paginationToken")
    for query in listed:
        is_equal = query.text == compact(options["query"]) and (token is None or query.status.next_page != token)
        if is_equal and query.created_at is not None and query.created_at >= began:
            return query
    return None


def _remote_status(answer: dict[str, Any]) -> RemoteStatus:
    status = str(answer["processingStatus"])
    return RemoteStatus(
        amazon_id=str(answer["queryId"]),
        status="FATAL" if status == "CANCELLED" else status,
        created_at=from_amazon(answer.get("createdTime")),
        ended_at=from_amazon(answer.get("processingEndTime")),
        document_id=answer.get("dataDocumentId"),
        error_document_id=answer.get("errorDocumentId"),
        next_page=next_token(answer) if status == "DONE" else None,
    )
