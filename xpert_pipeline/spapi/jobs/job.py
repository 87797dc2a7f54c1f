"""Reports and queries as jobs that outlive a run: what we store about each job, and the store itself.

The store is a protocol, so that several processes can share one. `requesting` creates jobs, `waiting` waits for them,
and `report_api` and `query_api` call Amazon.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol, Self
from uuid import UUID

from xpert_pipeline.spapi.jobs.api import JobRequest, Kind

FRESH_FOR = timedelta(minutes=30)
"""How long a finished job can be reused for an equal request."""
GIVEN_UP_AFTER = timedelta(hours=24)
"""We give up a job that has not finished after this time."""
CANCELLED_REUSE = timedelta(hours=4)
"""Amazon cancels a report if an equal one finished within this time."""
BUDGET_SECONDS = 1800.0
"""How long a run waits for its jobs."""
YOUNG_FOR = timedelta(minutes=5)
"""Amazon may not know the id of a report, query or document yet that it returned within this time. Until then such an
id is asked for again; after that, the answer is believed."""
UNREADABLE = "its document cannot be read: "
"""Beginning of the reason of a FATAL job whose document arrived, but cannot be parsed."""
UNREADABLE_FOR = timedelta(days=30)
"""How long we remember an unreadable document: another one for the same days would most likely be unreadable, too."""
ABANDONED_AFTER = timedelta(minutes=5)
"""If nobody has touched an unsent job for this long, its run has died."""


class JobState(StrEnum):
    """Our own state of a job. EMPTY, THROTTLED and FATAL jobs have no document."""

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
    """One stored job.

    Attributes:
        id: Its id in the store.
        request: The request.
        state: Its state.
        written_at: When it was first stored.
        touched_at: When a run last worked on it.
        amazon_id: reportId or queryId, once known.
        document_id: The document with the data.
        created_at: When Amazon accepted the request; the data is as of this moment.
        ready_at: When Amazon finished it.
        tries: How often it was sent to Amazon.
        reason: Why there is no data.
        next_page: Token of a query's next page.
        reused: Whether it reuses a job that Amazon already had.
        not_before: A throttled job must not be sent again before this moment.
        doubted_days: Local days, by marketplace id, that an answer took away; it was not loaded.
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
    doubted_days: Mapping[str, Sequence[str]] | None = None

    def is_young(self, now: datetime) -> bool:
        """Return whether Amazon returned the newest id of the job (its own or its document's) a short time ago.

        Args:
            now: Amazon's time.
        """
        known = [moment for moment in (self.created_at, self.ready_at) if moment is not None]
        return bool(known) and now - max(known) < YOUNG_FOR

    @property
    def is_live(self) -> bool:
        """Whether the job has not ended yet."""
        return self.state in LIVE

    @classmethod
    def from_row(cls, *, state: str, **fields: Any) -> Self:
        """Make a job from the plain values of a store's row."""
        return cls(state=JobState(state), **fields)

    def __str__(self) -> str:
        return f"{self.request.report_type} {self.amazon_id or '(no id yet)'}"


class JobStore(Protocol):
    """One seller's stored jobs. All times come from the store's own clock."""

    def find_or_add(
        self,
        kind: Kind,
        request: JobRequest,
        fresh: timedelta,
        kept: timedelta,
        not_older_than: datetime | None = None,
    ) -> tuple[Job, bool]:
        """Find a job that can be reused for a request, or add one as WANTED. Two runs with equal requests share a job.

        Before that, give up live jobs that Amazon accepted longer than `kept` ago, or before `not_older_than`.

        Args:
            kind: Which API runs the job.
            request: The request; equal ones have the same type, window, options and marketplaces.
            fresh: A job that was collected, or that had no data, can be reused if it is younger than this.
            kept: A finished job that was not collected can be reused if it was stored within this time.
            not_older_than: A job can be reused only if Amazon accepted it at or after this moment.

        Returns:
            The job, and whether it was added now.
        """

    def claim(self, job: Job) -> bool:
        """Reserve a WANTED job for sending. Return False if another run has reserved or sent it."""

    def touch(self, jobs: Sequence[Job]) -> None:
        """Show other runs that this run is still going to send these WANTED jobs."""

    def release(self, jobs: Sequence[Job]) -> None:
        """Let any run send these WANTED jobs."""

    def read(self, job_id: UUID) -> Job:
        """Return the stored job."""

    def update(self, job: Job) -> bool:
        """Store a job's new state.

        Return False if the job has already ended, because a late status must not reopen it.
        """

    def mark_collected(self, job: Job) -> None:
        """Record that the job's data is loaded."""

    def unfinished(self, kind: Kind, report_types: Sequence[str], kept: timedelta) -> list[Job]:
        """Return the live jobs and the uncollected done jobs that were stored within `kept`, newest window first.

        They can belong to any of the seller's marketplaces. Without report types, jobs of all types count.
        """

    def unreadable(
        self, kind: Kind, request: JobRequest, reason: str, within: timedelta
    ) -> tuple[str, datetime] | None:
        """Return the reason and time of the latest FATAL job whose document probably cannot be read for this request.

        Args:
            kind: Which API runs the job.
            request: A job counts if it has the same type, one of the marketplaces, and a window that overlaps.
            reason: How the reasons of such jobs begin.
            within: How long ago the job may have failed.
        """

    def failed_ids(self, kind: Kind, request: JobRequest) -> set[str]:
        """Return Amazon's ids of equal jobs that we stored as FATAL; their documents must not be used."""

    def now(self) -> datetime:
        """Return the time by the store's clock."""

    def generation_seconds(self, kind: Kind, report_type: str) -> float | None:
        """Return the median time that Amazon took for the seller's latest jobs of a type; None if there are none."""


def job_details(job: Job) -> dict[str, Any]:
    """Return what the ledger records about a job."""
    details = {"id": job.amazon_id, "reused": job.reused, "state": str(job.state), "reason": job.reason}
    return {name: value for name, value in details.items() if value is not None}
