"""A window of days with the requests that cover it, and what loading needs to know about its source."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from xpert_pipeline.sources.collect import Row
from xpert_pipeline.sources.run import SellerRun
from xpert_pipeline.sources.windows import DayWindow
from xpert_pipeline.spapi.documents.download import Document, DocumentSource
from xpert_pipeline.spapi.jobs.api import JobApi, JobRequest
from xpert_pipeline.spapi.jobs.job import Job
from xpert_pipeline.tables.contract import Table


@dataclass(frozen=True)
class Requested:
    """What a window's requests ask for: no record may belong to anything else."""

    marketplace_ids: tuple[str, ...]
    days: Collection[date]


@dataclass(frozen=True)
class JobWindow:
    """A window of days and the requests that together cover it.

    Attributes:
        window: Days and marketplaces.
        requests: The requests; a later page of one is handled on its own.
        jobs: Jobs that exist already, of the first requests.
    """

    window: DayWindow
    requests: tuple[JobRequest, ...]
    jobs: tuple[Job, ...] = ()

    @property
    def requested(self) -> Requested:
        """What the requests ask for."""
        return Requested(self.window.marketplace_ids, frozenset(self.window.days))

    def days_in(self, run: SellerRun) -> list[date]:
        """The window's days among the run's; the run's last day if there is none."""
        return sorted(set(self.window.days).intersection(run.days) or {max(run.days)})


class WindowSource(Protocol):
    """A source of windows, as far as loading needs it."""

    @property
    def table(self) -> Table:
        """The table."""

    @property
    def job_api(self) -> JobApi:
        """Reports or queries."""

    @property
    def document_source(self) -> DocumentSource:
        """Where documents are fetched."""

    def request(self, run: SellerRun, requests: Sequence[JobRequest]) -> list[Job]:
        """Request jobs."""

    def read(self, document: Document, job: Job) -> Iterator[Any]:
        """The records of a document."""

    def row(self, record: Any, requested: Requested, signals: Counter[str]) -> Row:
        """One record as a row."""

    def key_of(self, record: Any, requested: Requested) -> Row:
        """What is known of the row of a record that cannot be parsed."""

    def notes(self, window: JobWindow) -> Mapping[str, Any]:
        """What the ledger keeps of a window beside its jobs."""
