"""Data Kiosk 2023-11-15 as a desk: createQuery, getQuery, getQueries.

The texts of queries are the matter of `kiosk_queries`, waiting and remembering of `report_work`, downloading of
`documents`, reading of `json_lines`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from xpert_pipeline.spapi.documents.download import DATA_KIOSK, read_reason
from xpert_pipeline.spapi.errors import NotFound
from xpert_pipeline.spapi.jobs.api import JobRequest, Kind, RemoteStatus
from xpert_pipeline.spapi.jobs.kiosk_queries import compact
from xpert_pipeline.spapi.operations.paging import PageGuard, next_token
from xpert_pipeline.spapi.operations.times import from_amazon, to_amazon
from xpert_pipeline.spapi.sending.classification import parse_json
from xpert_pipeline.spapi.sending.credentials import redact
from xpert_pipeline.spapi.session import SellerApi

LISTED = ("IN_QUEUE", "IN_PROGRESS", "DONE")
CLOCK_SLACK = timedelta(seconds=2)
"""Amazon's clock as its headers tell it has whole seconds."""
PAGES_FOLLOW_WITHIN = timedelta(days=2)
"""How long after a page was made the next one may have been asked for."""
MAX_LOOKUP_PAGES = 10
_MESSAGES = ("message", "errorMessage", "errorDetails", "details")


class QueryApi:
    """Data Kiosk; see `Desk`."""

    kind: Kind = "query"
    poll = "getQuery"

    def create(self, api: SellerApi, request: JobRequest) -> str:
        """Ask for a query's data, or for its next page (createQuery); a rejected query costs a token, too."""
        options = dict(request.options or {})
        page = {"paginationToken": options["paginationToken"]} if "paginationToken" in options else {}
        began = api.server_now() - CLOCK_SLACK

        def already() -> dict[str, Any] | None:
            found = _made_since(_listed(api, began), request, began)
            return {"queryId": found.standing.amazon_id} if found else None

        answer = api.call("createQuery", expects={"queryId": str}, settle=already, query=options["query"], **page)
        return str(answer["queryId"])

    def status_of(self, api: SellerApi, amazon_id: str, request: JobRequest) -> RemoteStatus:
        """How a query stands (getQuery).

        A cancelled one has failed: no rows is what Amazon says by DONE without a document, never by CANCELLED.
        """
        answer = api.call("getQuery", amazon_id, expects={"queryId": str, "processingStatus": str})
        wanted = compact((request.options or {}).get("query", ""))
        if compact(str(answer.get("query", wanted))) != wanted:
            raise NotFound(f"{amazon_id} is another query", operation="getQuery", seller=api.seller_id)
        return _standing(answer)

    def look_up(self, api: SellerApi, requests: Sequence[JobRequest], since: datetime) -> list[list[RemoteStatus]]:
        """Live and done queries that equal each request (getQueries, once for all).

        Amazon tells a query's text and the token of its next page, but not which page it is. So the chain is followed:
        what was made after an equal query had ended with a next page may be that page, and never serves as a first one.
        """
        listed = _listed(api, since - PAGES_FOLLOW_WITHIN)
        return [
            [each.standing for each in _equal(listed, request) if each.created_at and each.created_at >= since]
            for request in requests
        ]

    def reason(self, api: SellerApi, status: RemoteStatus) -> str:
        """The words of a FATAL query's error document."""
        if status.error_document_id is None:
            return "the query was cancelled before it ran" if status.status == "FATAL" else "Amazon gave no reason"
        return _sentence(read_reason(api, status.error_document_id, DATA_KIOSK))


@dataclass(frozen=True, slots=True)
class _Listed:
    """A query as getQueries tells it; the text without needless white space."""

    text: str
    status: RemoteStatus

    @property
    def created_at(self) -> datetime | None:
        return self.standing.created_at

    def ended_with_page_before(self, moment: datetime | None) -> bool:
        """Whether its next page could have been asked for by then."""
        end = self.standing.ended_at or self.created_at
        return self.standing.next_page is not None and end is not None and moment is not None and end <= moment


def _listed(api: SellerApi, since: datetime) -> list[_Listed]:
    given: dict[str, Any] = {
        "processingStatuses": list(LISTED),
        "pageSize": 100,
        "createdSince": to_amazon(since),
    }
    guard = PageGuard("getQueries", api.seller_id)
    found: list[dict[str, Any]] = []
    for _ in range(MAX_LOOKUP_PAGES):
        answer = api.call("getQueries", expects={"queries": list}, **given)
        queries = [each for each in answer["queries"] if isinstance(each, dict) and each.get("queryId")]
        found += queries
        token = next_token(answer)
        if token is None:
            break
        guard.check(token, [each["queryId"] for each in queries])
        given["paginationToken"] = token
    known = [_Listed(compact(str(each.get("query", ""))), _standing(each)) for each in found]
    return sorted(known, key=lambda each: (each.created_at is not None, each.created_at), reverse=True)


def _equal(listed: Sequence[_Listed], request: JobRequest) -> list[_Listed]:
    """Those that certainly are the page asked for, newest first."""
    options = request.options or {}
    same = [each for each in listed if each.text == compact(options["query"])]
    token = options.get("paginationToken")
    if token is None:
        return [each for each in same if _page_before(same, each) is None]
    parent = next((each for each in same if each.standing.next_page == token), None)
    return [each for each in same if parent is not None and _page_before(same, each) is parent]


def _page_before(same: Sequence[_Listed], page: _Listed) -> _Listed | None:
    """The newest equal query whose next page this one can be."""
    return next((each for each in same if each is not page and each.ended_with_page_before(page.created_at)), None)


def _made_since(listed: Sequence[_Listed], request: JobRequest, began: datetime) -> _Listed | None:
    """The query that a request made whose answer was lost: equal, and made since the request was sent."""
    options = request.options or {}
    token = options.get("paginationToken")
    for each in listed:
        same = each.text == compact(options["query"]) and (token is None or each.standing.next_page != token)
        if same and each.created_at is not None and each.created_at >= began:
            return each
    return None


def _standing(answer: dict[str, Any]) -> RemoteStatus:
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


def _sentence(text: str) -> str:
    """The message of an error document, whose shape Amazon does not publish; else the text as it is."""
    try:
        told = parse_json(text.encode())
    except ValueError:
        return redact(text)[:300]
    first = told.get("errors", told) if isinstance(told, dict) else told
    first = first[0] if isinstance(first, list) and first else first
    if isinstance(first, dict):
        first = next((first[name] for name in _MESSAGES if first.get(name)), told)
    return redact(" ".join(str(first).split()))[:300]
