"""One seller's part of a run: who, which marketplaces and days, with which client and database, and what came of it.

A `SellerRun` is what every source gets. Dagster's side of it, one step for all sellers of a run, is in `steps`.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from datetime import time as clock
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from psycopg_pool import ConnectionPool

from xpert_pipeline.partitions import local_today
from xpert_pipeline.postgres.job_store import PostgresJobStore
from xpert_pipeline.postgres.lease import Lease, hold
from xpert_pipeline.postgres.ledger import LoadCounts, LoadWindow
from xpert_pipeline.postgres.loading import TableLoad, load
from xpert_pipeline.postgres.scope import Scope
from xpert_pipeline.postgres.sellers import Seller
from xpert_pipeline.sources.outcome import TableOutcome
from xpert_pipeline.spapi.jobs.api import JobRequest
from xpert_pipeline.spapi.jobs.job import ABANDONED_AFTER, BUDGET_SECONDS, Job
from xpert_pipeline.spapi.marketplaces import Marketplace, by_id
from xpert_pipeline.spapi.session import SellerApi

LEASE_PATIENCE_SECONDS = 900.0
"""Another run holds a lease for one window only, so a run waits for it to end."""


@dataclass(frozen=True)
class Market:
    """One marketplace of the seller in this run.

    Attributes:
        place: Amazon's facts about it: currency, time zone, domain.
        scope: The part of the ledger that belongs to it.
        days: The run's days. In this marketplace they are its own local days.
        today: The local day now.
    """

    place: Marketplace
    scope: Scope
    days: tuple[date, ...]
    today: date

    @property
    def id(self) -> str:
        """Amazon's id of the marketplace."""
        return self.place.id

    @property
    def zone(self) -> ZoneInfo:
        """The marketplace's clock."""
        return self.place.zone

    @property
    def yesterday(self) -> date:
        """The newest local day that is over."""
        return self.today - timedelta(days=1)

    @property
    def is_live(self) -> bool:
        """Whether the run reaches today, so that it follows changes and takes snapshots."""
        return bool(self.days) and self.days[-1] >= self.today

    @property
    def days_until_today(self) -> list[date]:
        """The run's days that have begun here; another marketplace may be a day ahead."""
        return [day for day in self.days if day <= self.today]

    @property
    def partition_of_today(self) -> date:
        """The run's day under which today's rows are counted."""
        return self.today if self.today in self.days else self.days[-1]

    def bounds(self, first: date, last: date) -> tuple[datetime, datetime]:
        """Start of the first local day and end of the last one (half-open)."""
        return (
            datetime.combine(first, clock(), self.zone),
            datetime.combine(last + timedelta(days=1), clock(), self.zone),
        )


@dataclass(frozen=True)
class RunOptions:
    """How a run is to be done.

    Attributes:
        refetch: Ask Amazon again for days that are already complete.
        steps: Names of all steps of the Dagster run.
        refetching: Steps that were asked to refetch.
        patience: Seconds for which a report may be waited for after it was requested and the run began.
        age: Returns the seconds since the run began for this seller.
    """

    refetch: bool = False
    steps: frozenset[str] = frozenset()
    refetching: frozenset[str] = frozenset()
    patience: float = BUDGET_SECONDS
    age: Callable[[], float] = lambda: 0.0


@dataclass(frozen=True)
class SellerRun:
    """What a source needs to load one seller's days.

    Attributes:
        seller: The seller.
        days: The run's days, ascending.
        pool: The pipeline's database.
        run_id: The Dagster run.
        spool: Directory for fetched rows until they are loaded.
        log: Dagster's log of the step.
        client: Returns the seller's API client; it is made at the first call.
        options: How the run is to be done.
        outcomes: What happened to each table.
    """

    seller: Seller
    days: tuple[date, ...]
    pool: ConnectionPool
    run_id: str
    spool: Path
    log: logging.Logger
    client: Callable[[], SellerApi]
    options: RunOptions = field(default_factory=RunOptions)
    outcomes: dict[str, TableOutcome] = field(default_factory=dict)

    @property
    def who(self) -> str:
        """Amazon's id of the seller, for messages."""
        return self.seller.amazon_seller_id

    @property
    def refetch(self) -> bool:
        """Whether complete days are to be asked for again."""
        return self.options.refetch

    @cached_property
    def markets(self) -> tuple[Market, ...]:
        """Every marketplace of the seller, in the seller's order."""
        return tuple(
            market_of(self.seller, marketplace_id, self.days) for marketplace_id in self.seller.marketplace_ids
        )

    def market(self, marketplace_id: str) -> Market:
        """One of the seller's marketplaces."""
        return next(market for market in self.markets if market.id == marketplace_id)

    @property
    def is_live(self) -> bool:
        """Whether any marketplace is live."""
        return any(market.is_live for market in self.markets)

    @cached_property
    def jobs(self) -> PostgresJobStore[JobRequest, Job]:
        """The seller's remembered requests for reports and queries."""
        return PostgresJobStore(
            self.pool,
            seller_id=self.seller.id,
            run_id=self.run_id,
            abandoned=ABANDONED_AFTER,
            make_request=JobRequest,
            make_job=Job.from_row,
        )

    def outcome(self, table: str) -> TableOutcome:
        """What happened to a table so far."""
        return self.outcomes.setdefault(table, TableOutcome())

    def place_of(self, market: Market) -> str:
        """The marketplace in a message, where the seller has several: " (GB)"."""
        return f" ({market.place.country})" if len(self.markets) > 1 else ""

    def skip(self, tables: Iterable[str], market: Market, days: Iterable[date], reason: str) -> None:
        """Leave days of tables to the next run, and log why."""
        kept = set(days)
        for table in tables:
            self.outcome(table).skip(market.id, kept, reason)
        self.log.warning("seller %s: %s", self.who, reason)

    def lease(self, stream: str) -> AbstractContextManager[Lease]:
        """The right to write a stream of the seller; waits until another run's window is done."""
        return hold(self.pool, self.seller.id, stream, wait=LEASE_PATIENCE_SECONDS)

    def load(
        self,
        lease: Lease,
        *,
        source: str,
        window: LoadWindow | Mapping[str, LoadWindow],
        parts: Sequence[TableLoad],
        markets: Sequence[Market],
        began: datetime,
        partitions: Sequence[date] | None = None,
        details: dict[str, Any] | None = None,
    ) -> Mapping[str, LoadCounts]:
        """Load one window in one transaction.

        Args:
            lease: Right to write the stream.
            source: Operation or report that was asked.
            window: What was asked for, the same for all marketplaces or by marketplace.
            parts: The tables.
            markets: Marketplaces that the window covers.
            began: When fetching began.
            partitions: Days to count rows for; the run's days by default.
            details: For `loads.details`.

        Raises:
            LeaseLost: Another process took over; nothing was kept.
            DatabaseError: Nothing was kept.
        """
        return load(
            self.pool,
            seller_id=self.seller.id,
            marketplace_ids=[market.id for market in markets],
            lease=lease,
            run_id=self.run_id,
            source=source,
            window=window,
            parts=parts,
            partitions=self.days if partitions is None else partitions,
            waits=self.client().bill().waits,
            started_at=began,
            details=details,
        )


def market_of(seller: Seller, marketplace_id: str, days: tuple[date, ...]) -> Market:
    """A seller's marketplace, for a run of these days."""
    place = by_id(marketplace_id)
    scope = Scope(seller.id, place.id, place.timezone)
    return Market(place, scope, days, local_today(place.timezone))


def scopes_of(seller: Seller) -> list[Scope]:
    """Every marketplace of a seller as a part of the ledger."""
    return [market_of(seller, marketplace_id, ()).scope for marketplace_id in seller.marketplace_ids]


def today_of(seller: Seller) -> date:
    """The latest local day of the seller's marketplaces."""
    return max(local_today(by_id(marketplace_id).timezone) for marketplace_id in seller.marketplace_ids)
