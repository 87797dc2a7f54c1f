"""What the Reports API and Data Kiosk have in common: both create jobs, report their status, and list them.

`job`, `requesting` and `waiting` store jobs and wait for them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from xpert_pipeline.spapi.session import SellerApi

Kind = Literal["report", "query"]


@dataclass(frozen=True, slots=True)
class JobRequest:
    """A request for a report or a query. Equal requests ask for the same data.

    Attributes:
        report_type: Amazon's report type; for a query its dataset with version, such as
            `analytics_economics_2024_03_15`.
        start: Start of the data; None for a snapshot.
        end: End of the data, exclusive.
        options: For a report, its report options. For a query, its text as "query", "paginationToken" from the second
            page on, and "asins" (marketplace id to ASINs) if it is limited to some ASINs. The job store keeps "asins",
            so that later code need not parse the text; Amazon never receives them.
        marketplace_ids: The marketplaces of the data, sorted and without duplicates.
    """

    report_type: str
    start: datetime | None = None
    end: datetime | None = None
    options: Mapping[str, Any] | None = None
    marketplace_ids: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Reject a reversed window, for which Amazon would return an empty report; sort the marketplaces."""
        if self.start and self.end and self.end < self.start:
            raise ValueError(f"the report's window ends ({self.end}) before it starts ({self.start})")
        object.__setattr__(self, "marketplace_ids", tuple(sorted(set(self.marketplace_ids))))


@dataclass(frozen=True, slots=True)
class RemoteStatus:
    """The status of a job at Amazon.

    Attributes:
        amazon_id: reportId or queryId.
        status: IN_QUEUE, IN_PROGRESS, DONE, CANCELLED or FATAL, as Amazon writes it.
        created_at: When Amazon accepted the request.
        ended_at: When Amazon finished the job.
        document_id: The document with the data.
        error_document_id: The document that explains a FATAL job.
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
    """One of the two APIs that run jobs.

    Attributes:
        kind: Which of the two.
        poll: The operation that reports a job's status.
    """

    kind: Kind
    poll: str

    def create(self, api: SellerApi, request: JobRequest) -> str:
        """Create a job and return Amazon's id; if the answer is lost, look the job up before creating another."""

    def status_of(self, api: SellerApi, amazon_id: str, request: JobRequest) -> RemoteStatus:
        """Return the status of a job.

        Raises:
            NotFound: Amazon does not know the job (yet, or any more).
            AnotherJob: Amazon has another request under its id.
            BadRequest: Amazon rejects the id.
        """

    def look_up(
        self, api: SellerApi, requests: Sequence[JobRequest], since: datetime
    ) -> Sequence[Sequence[RemoteStatus]]:
        """For each request, return Amazon's live and done jobs that are equal to it, newest first.

        Args:
            api: The seller.
            requests: Requests of one type.
            since: Only jobs created after this moment.
        """

    def reason(self, api: SellerApi, status: RemoteStatus) -> str:
        """Return Amazon's explanation of why a FATAL job has no data."""
