"""The created Data Kiosk queries: their status from IN_QUEUE to the end, and the position of their page."""

import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

from xpert_pipeline.sandbox.jobs.kiosk_query import Question
from xpert_pipeline.sandbox.jobs.kiosk_view import View
from xpert_pipeline.sandbox.jobs.statuses import CANCELLED, DONE, FATAL, IN_PROGRESS, status_after
from xpert_pipeline.sandbox.serving.formats import zulu
from xpert_pipeline.sandbox.serving.pace import Pace

BASE_SECONDS = 40.0
ROWS_PER_SECOND = 20_000
KEPT_SECONDS = 30 * 86_400
"""Amazon's shortest retention among the fields that the sandbox serves."""


@dataclass(slots=True)
class Query:
    """One query.

    Attributes:
        text: The query as it was submitted.
        question: What it asks for.
        view: The world as the query sees it.
        first: Index of its page's first record.
        rows: Number of records on its page.
        created: When it was created, in seconds since 1970.
        seconds: How long it takes; infinite for a stuck one.
        fate: How it ends: DONE, CANCELLED or FATAL.
        ended: When it was cancelled.
        next_token: Token of the next page.
        document_id: Id of the document with the data, or with the reason if it is FATAL; None if there are no rows.
    """

    seller_id: str
    text: str
    question: Question
    view: View
    first: int
    rows: int
    created: float
    seconds: float
    fate: str = DONE
    ended: float | None = None
    next_token: str | None = None
    document_id: str | None = None
    id: str = ""

    def status(self, now: float) -> str:
        """Return its processing status; a query that the seller has cancelled is CANCELLED at once."""
        return CANCELLED if self.fate == CANCELLED else status_after(now - self.created, self.seconds, self.fate)

    def as_json(self, now: float) -> dict[str, Any]:
        """Return the query as getQuery shows it."""
        status = self.status(now)
        answer: dict[str, Any] = {
            "queryId": self.id,
            "query": self.text,
            "createdTime": zulu(self.created),
            "processingStatus": status,
        }
        if status in (IN_PROGRESS, DONE, FATAL):
            answer["processingStartTime"] = zulu(self.created + self.seconds / 3)
        if status in (DONE, FATAL):
            answer["processingEndTime"] = zulu(self.created + self.seconds)
            if self.document_id is not None:
                answer["dataDocumentId" if status == DONE else "errorDocumentId"] = self.document_id
        if status == CANCELLED and self.ended is not None:
            answer["processingEndTime"] = zulu(self.ended)
        if status == DONE and self.next_token is not None:
            answer["pagination"] = {"nextToken": self.next_token}
        return answer


@dataclass(slots=True)
class QueryStore:
    """All queries of all sellers, by id and by document id."""

    pace: Pace
    first: int = field(default_factory=lambda: time.time_ns() // 1_000_000)  # ids do not repeat after a restart
    queries: dict[str, Query] = field(default_factory=dict)
    documents: dict[str, Query] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, query: Query) -> Query:
        """Add a query. The store gives it an id, and also a document id if it will have a document."""
        with self.lock:
            query.id = f"{self.first + len(self.queries)}020781"
            if query.fate == FATAL or (query.fate == DONE and query.rows):
                query.document_id = f"amzn1.tortuga.3.eu.{uuid.uuid4()}.{query.id}"
                self.documents[query.document_id] = query
            self.queries[query.id] = query
        return query

    def processing_seconds(self, rows: int) -> float:
        """Return how long a query with this number of records takes."""
        return self.pace.waiting(BASE_SECONDS + rows / ROWS_PER_SECOND)

    def of(self, seller_id: str, now: float) -> list[Query]:
        """Return a seller's queries that are still kept, newest first."""
        with self.lock:
            return [
                query
                for query in reversed(self.queries.values())
                if query.seller_id == seller_id and now - query.created <= KEPT_SECONDS
            ]

    def find(self, seller_id: str, query_id: str, now: float) -> Query | None:
        """Return a seller's query by its id, if it is still kept."""
        query = self.queries.get(query_id)
        is_kept = query is not None and query.seller_id == seller_id and now - query.created <= KEPT_SECONDS
        return query if is_kept else None

    def by_document(self, document_id: str) -> Query | None:
        """Return the query to which a document belongs."""
        return self.documents.get(document_id)
