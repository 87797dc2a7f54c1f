"""What Amazon's two counters for long work have in common: reports and Data Kiosk queries.

A desk takes a request, tells how it stands, and finds it again. Patience and memory are the matter of `report_work`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from xpert_pipeline.spapi.session import SellerApi

Kind = Literal["report", "query"]


@dataclass(frozen=True, slots=True)
class JobRequest:
    """What is asked for.

    Attributes:
        report_type: Amazon's report type, or the dataset of a query (its versioned domain).
        start: Start of the data; None for a snapshot.
        end: End of the data, exclusive.
        options: Report options; for a query its text as "query" and, from the second page on, "paginationToken".
    """

    report_type: str
    start: datetime | None = None
    end: datetime | None = None
    options: Mapping[str, str] | None = None

    def __post_init__(self) -> None:
        """Refuse a reversed window before Amazon turns it into an empty report."""
        if self.start and self.end and self.end < self.start:
            raise ValueError(f"the report's window ends ({self.end}) before it starts ({self.start})")


@dataclass(frozen=True, slots=True)
class RemoteStatus:
    """How a request stands at Amazon.

    Attributes:
        amazon_id: reportId or queryId.
        status: IN_QUEUE, IN_PROGRESS, DONE, CANCELLED or FATAL, as Amazon says it.
        created_at: When Amazon took it in.
        ended_at: When it was finished.
        document_id: Of the data.
        error_document_id: Of the reason of a FATAL one.
        next_page: Token of a query's next page.
    """

    amazon_id: str
    status: str
    created_at: datetime | None = None
    ended_at: datetime | None = None
    document_id: str | None = None
    error_document_id: str | None = None
    next_page: str | None = None


class JobApi(Protocol):
    """One counter. `poll` names the operation that tells how a request stands."""

    kind: Kind
    poll: str

    def create(self, api: SellerApi, request: JobRequest) -> str:
        """Ask for it and return Amazon's id; a lost answer is looked up before it is asked again."""

    def status_of(self, api: SellerApi, amazon_id: str, request: JobRequest) -> RemoteStatus:
        """How it stands.

        Raises:
            NotFound: Amazon does not know it, or not any more, or has another request under its id.
        """

    def look_up(
        self, api: SellerApi, requests: Sequence[JobRequest], since: datetime
    ) -> Sequence[Sequence[RemoteStatus]]:
        """Live and done requests at Amazon, made since, that equal each of those given; newest first.

        Args:
            api: The seller.
            requests: Of one type.
            since: How far back.
        """

    def reason(self, api: SellerApi, status: RemoteStatus) -> str:
        """Why a FATAL request has no data, in Amazon's words."""
