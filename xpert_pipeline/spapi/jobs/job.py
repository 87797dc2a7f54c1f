"""Reports and queries as work that outlives a run: what is remembered of a request, and the book that remembers it.

The book is a protocol; processes share it through another implementation of it. Asking is the matter of
`report_asking`, waiting that of `report_waiting`; one desk of Amazon is spoken to in `reports` and `data_kiosk`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol, Self
from uuid import UUID

from xpert_pipeline.spapi.jobs.api import JobRequest, Kind

FRESH_FOR = timedelta(minutes=30)
"""Data this fresh serve again."""
GIVEN_UP_AFTER = timedelta(hours=24)
"""Work that has not ended after this long is given up."""
CANCELLED_REUSE = timedelta(hours=4)
"""Amazon cancels a request when an equal one was done less than this long ago."""
BUDGET_SECONDS = 1800.0
ABANDONED_AFTER = timedelta(minutes=5)
"""A request that was not sent, and that nobody has touched for so long, belongs to a run that died."""


class JobState(StrEnum):
    """How a request stands with us. EMPTY, THROTTLED and FATAL have no document."""

    WANTED = "WANTED"
    IN_QUEUE = "IN_QUEUE"
    IN_PROGRESS = "IN_PROGRESS"
    DONE = "DONE"
    EMPTY = "EMPTY"
    THROTTLED = "THROTTLED"
    FATAL = "FATAL"


LIVE = (JobState.WANTED, JobState.IN_QUEUE, JobState.IN_PROGRESS)


@dataclass(frozen=True, slots=True)
class Job:
    """One remembered request.

    Attributes:
        id: Of the row in the book.
        request: What was asked for.
        state: How it stands.
        written_at: When it was first written down.
        touched_at: When a run last had it in its hands.
        amazon_id: reportId or queryId, once known.
        document_id: Of the data.
        created_at: When Amazon took it in: the data are of this moment.
        ready_at: When Amazon finished it.
        tries: How often Amazon was asked.
        reason: Why there are no data.
        next_page: Token of a query's next page.
        reused: An earlier request serves.
        not_before: A throttled request is not asked again before.
    """

    id: UUID
    request: JobRequest
    state: JobState
    written_at: datetime
    touched_at: datetime
    amazon_id: str | None = None
    document_id: str | None = None
    created_at: datetime | None = None
    ready_at: datetime | None = None
    tries: int = 0
    reason: str | None = None
    next_page: str | None = None
    reused: bool = False
    not_before: datetime | None = None

    @property
    def is_live(self) -> bool:
        """Whether it may still become something."""
        return self.state in LIVE

    @classmethod
    def from_row(cls, *, state: str, **fields: Any) -> Self:
        """A work of a book's plain values."""
        return cls(state=JobState(state), **fields)

    def __str__(self) -> str:
        return f"{self.request.report_type} {self.amazon_id or '(no id yet)'}"


class JobStore(Protocol):
    """One seller's remembered requests. Times are the book's own clock's."""

    def find_or_add(
        self,
        kind: Kind,
        request: JobRequest,
        fresh: timedelta,
        kept: timedelta,
        not_older_than: datetime | None = None,
    ) -> tuple[Job, bool]:
        """Find work that serves a request, or write it down as WANTED.

        Live work that is older than `kept`, or than `not_older_than`, is given up, whatever it was wanted for.

        Args:
            kind: Whose desk.
            request: What is wanted.
            fresh: How lately finished work that was collected, or that had no data, must have ended to serve again.
            kept: How lately work that was not collected must have been written down.
            not_older_than: Amazon must have taken the work in since then.

        Returns:
            The work, and whether it was written down just now.
        """

    def claim(self, job: Job) -> bool:
        """Take a WANTED work in hand to send it; False if another run has it in hand, or has sent it."""

    def touch(self, jobs: Sequence[Job]) -> None:
        """Tell other runs that these WANTED works are still on their way."""

    def release(self, jobs: Sequence[Job]) -> None:
        """Leave WANTED works to whoever wants them next."""

    def read(self, job_id: UUID) -> Job:
        """One work as it stands in the book."""

    def update(self, job: Job) -> bool:
        """Write down how a work stands; False if it has ended meanwhile, and is not live again by an older word."""

    def mark_collected(self, job: Job) -> None:
        """Its data are loaded."""

    def unfinished(self, kind: Kind, report_types: Sequence[str], kept: timedelta) -> list[Job]:
        """Work of these types, live or done and not collected, written down within `kept`; newest window first."""

    def failed_ids(self, kind: Kind, request: JobRequest) -> set[str]:
        """Amazon's ids of equal requests that ended FATAL with us: their documents are not to be taken again."""

    def now(self) -> datetime:
        """The book's clock."""


def job_details(job: Job) -> dict[str, Any]:
    """What the ledger keeps of a work."""
    said = {"id": job.amazon_id, "reused": job.reused, "state": str(job.state), "reason": job.reason}
    return {name: value for name, value in said.items() if value is not None}
