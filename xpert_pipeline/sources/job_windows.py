"""A window of days with the requests that cover it, and the interface for loading it."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, LiteralString, Protocol

from xpert_pipeline.sources.collect import Carried, Row
from xpert_pipeline.sources.run import Market, SellerRun
from xpert_pipeline.sources.windows import DayWindow
from xpert_pipeline.spapi.documents.download import Document, DocumentSource
from xpert_pipeline.spapi.jobs.api import JobApi, JobRequest
from xpert_pipeline.spapi.jobs.job import Job
from xpert_pipeline.tables.contract import Table


@dataclass(frozen=True)
class Requested:
    """The marketplaces and days that a window requests; records of others are rejected."""

    markets: tuple[Market, ...]
    days: Collection[date]

    @property
    def marketplace_ids(self) -> tuple[str, ...]:
        """Ids of the marketplaces."""
        return tuple(market.id for market in self.markets)


@dataclass(frozen=True)
class JobWindow:
    """A window of days and the requests that together cover it.

    Attributes:
        window: Days and marketplaces.
        requests: The requests, without later pages of a query.
        jobs: Jobs that already exist, for the first requests in order.
    """

    window: DayWindow
    requests: tuple[JobRequest, ...]
    jobs: tuple[Job, ...] = ()

    def days_in(self, run: SellerRun) -> list[date]:
        """The window's days that are part of the run; the run's last day if none are."""
        return sorted(set(self.window.days).intersection(run.days) or {max(run.days)})


@dataclass(frozen=True)
class SalesEvidence:
    """How to notice that an answer takes away a day's sales.

    Attributes:
        columns: The table's columns of which at least one is above 0 on a day with sales.
        sold_days: Query for the days on which other tables know sales; its parameters are `seller_id`,
            `marketplace_id` and `days`.
    """

    columns: tuple[str, ...]
    sold_days: LiteralString


class WindowSource(Protocol):
    """The part of a source that loading its windows needs."""

    @property
    def table(self) -> Table:
        """The table."""

    @property
    def evidence(self) -> SalesEvidence | None:
        """How to notice that an answer takes away a day's sales; None if the table has none."""

    @property
    def job_api(self) -> JobApi:
        """Reports or queries."""

    @property
    def document_source(self) -> DocumentSource:
        """Where to download documents."""

    def request(self, run: SellerRun, requests: Sequence[JobRequest]) -> list[Job]:
        """Request jobs."""

    def read(self, document: Document, job: Job) -> Iterator[Any]:
        """The records of a document."""

    def carried(self, document: Document) -> Carried:
        """The columns of the table that a document fills."""

    def signals(self, document: Document) -> Mapping[str, int]:
        """What is unusual about a document."""

    def row(self, record: Any, requested: Requested, signals: Counter[str]) -> Row:
        """Turn one record into a row."""

    def key_of(self, record: Any, requested: Requested) -> Row:
        """Return the readable part of the key of a record that cannot be parsed."""

    def covers(self, run: SellerRun, window: DayWindow) -> tuple[Market, ...]:
        """The marketplaces whose days a window covers in the ledger."""

    def notes(self, window: JobWindow) -> Mapping[str, Any]:
        """Details of a window for the ledger, in addition to its jobs."""
