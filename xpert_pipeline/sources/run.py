"""One seller's part of a run: the seller, its marketplaces and days, the API client, the database and the outcome.

Every source receives a `SellerRun`. `steps` connects it to Dagster, where one step covers all sellers of a run.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from datetime import time as clock
from functools import cached_property
from pathlib import Path
from typing import Any, LiteralString
from zoneinfo import ZoneInfo

from psycopg_pool import ConnectionPool

from xpert_pipeline.partitions import local_today
from xpert_pipeline.postgres.job_store import PostgresJobStore
from xpert_pipeline.postgres.lease import Lease, hold
from xpert_pipeline.postgres.ledger import LoadCounts, LoadWindow
from xpert_pipeline.postgres.loading import TableLoad, load
from xpert_pipeline.postgres.scope import Scope
from xpert_pipeline.postgres.sellers import Seller
from xpert_pipeline.progress import loaded
from xpert_pipeline.sources.outcome import TableOutcome
from xpert_pipeline.spapi.jobs.api import JobRequest
from xpert_pipeline.spapi.jobs.job import ABANDONED_AFTER, BUDGET_SECONDS, Job
from xpert_pipeline.spapi.marketplaces import Marketplace, by_id
from xpert_pipeline.spapi.session import SellerApi

REREAD_AFTER = timedelta(days=7)
LEASE_PATIENCE_SECONDS = 900.0
"""How long to wait for a lease. Another run holds it only while it loads one window."""


@dataclass(frozen=True)
class Market:
    """One marketplace of the seller in this run.

    Attributes:
        place: Its currency, time zone, domain and other facts.
        scope: Identifies its part of the ledger.
        days: The run's days, taken as local days of this marketplace.
        today: The current local day.
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
        """The marketplace's time zone."""
        return self.place.zone

    @property
    def yesterday(self) -> date:
        """The last local day that has ended."""
        return self.today - timedelta(days=1)

    @property
    def is_live(self) -> bool:
        """Whether the run includes today; only then does it follow changes and read snapshots."""
        return bool(self.days) and self.days[-1] >= self.today

    @property
    def days_until_today(self) -> list[date]:
        """The run's days that have started here; another marketplace may be a day ahead."""
        return [day for day in self.days if day <= self.today]

    @property
    def partition_of_today(self) -> date:
        """The run's day that counts the rows of today: today itself, or the run's last day."""
        return self.today if self.today in self.days else self.days[-1]

    def bounds(self, first: date, last: date) -> tuple[datetime, datetime]:
        """Start of the first local day and end of the last one (half-open)."""
        return (
            datetime.combine(first, clock(), self.zone),
            datetime.combine(last + timedelta(days=1), clock(), self.zone),
        )


@dataclass(frozen=True)
class RunOptions:
    """Options of a run.

    Attributes:
        refetch: Ask Amazon again for days that are already complete.
        steps: Names of all steps of the Dagster run.
        refetching: Steps whose configuration asks for a refetch.
        patience: Seconds to wait for a report, from its request or from the start of the run, whichever is later.
        fill_pages: The most pages that the run reads to fill what a report lacks.
        age: Returns the seconds since the run began for this seller.
        reread_after: How long after a complete reading a table whose changes are followed is read as a whole again.
        has_pictures: Whether the newest day of a table shows its pictures.
    """

    refetch: bool = False
    steps: frozenset[str] = frozenset()
    refetching: frozenset[str] = frozenset()
    patience: float = BUDGET_SECONDS
    fill_pages: int = 10
    age: Callable[[], float] = lambda: 0.0
    reread_after: timedelta = REREAD_AFTER
    has_pictures: bool = True


@dataclass(frozen=True)
class SellerRun:
    """Everything a source needs to load one seller's days.

    Attributes:
        seller: The seller.
        days: The run's days, ascending.
        pool: The pipeline's database.
        run_id: The Dagster run.
        spool: Directory for fetched rows until they are loaded.
        log: Dagster's log of the step.
        client: Returns the seller's API client; the first call creates it.
        options: Options of the run.
        outcomes: The outcome of each table.
        offered_in: Marketplaces in which Amazon offers what the run loads now; None for all (`where_offered`).
        unanswered: Questions that only help to plan and that Amazon did not answer, with the reason (`aids`).
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
    offered_in: frozenset[str] | None = None
    unanswered: dict[str, str] = field(default_factory=dict)

    @property
    def who(self) -> str:
        """Amazon's id of the seller, for messages."""
        return self.seller.amazon_seller_id

    @property
    def refetch(self) -> bool:
        """Whether to request complete days again."""
        return self.options.refetch

    @cached_property
    def markets(self) -> tuple[Market, ...]:
        """The seller's marketplaces, in the seller's order; only those in which Amazon offers the source."""
        return tuple(
            market_of(self.seller, marketplace_id, self.days)
            for marketplace_id in self.seller.marketplace_ids
            if self.offered_in is None or marketplace_id in self.offered_in
        )

    def where_offered(self, marketplaces: frozenset[str] | None) -> "SellerRun":
        """Return this run for a source that Amazon offers only in some marketplaces (None: in all of them)."""
        return replace(self, offered_in=marketplaces)

    def market(self, marketplace_id: str) -> Market:
        """One of the seller's marketplaces."""
        return next(market for market in self.markets if market.id == marketplace_id)

    @property
    def is_live(self) -> bool:
        """Whether any marketplace is live."""
        return any(market.is_live for market in self.markets)

    @cached_property
    def jobs(self) -> PostgresJobStore[JobRequest, Job]:
        """The seller's stored report and query jobs."""
        return PostgresJobStore(
            self.pool,
            seller_id=self.seller.id,
            run_id=self.run_id,
            abandoned=ABANDONED_AFTER,
            make_request=JobRequest,
            make_job=Job.from_row,
        )

    def outcome(self, table: str) -> TableOutcome:
        """The outcome of a table so far."""
        return self.outcomes.setdefault(table, TableOutcome())

    def place_of(self, market: Market) -> str:
        """The marketplace as a suffix for messages, such as " (GB)"; empty if the seller has only one."""
        return f" ({market.place.country})" if len(self.markets) > 1 else ""

    def skip(
        self, tables: Iterable[str], market: Market, days: Iterable[date], reason: str, *, continues: bool = False
    ) -> None:
        """Leave days of tables to a later run, and log why; see `TableOutcome.skip`."""
        kept = set(days)
        for table in tables:
            self.outcome(table).skip(market.id, kept, reason, continues=continues)
        self.log.warning("seller %s: %s", self.who, reason)

    def lease(self, stream: str) -> AbstractContextManager[Lease]:
        """Hold the lease to write one of the seller's streams; wait while another run loads a window."""
        return hold(self.pool, self.seller.id, stream, wait=LEASE_PATIENCE_SECONDS)

    def load(  # noqa: PLR0913  keywords only: everything that the ledger records
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
        decide: LiteralString = "",
    ) -> Mapping[str, LoadCounts]:
        """Load one window in one transaction.

        Args:
            lease: The lease of the stream.
            source: Operation or report that returned the data.
            window: The requested window: one for all marketplaces, or one for each.
            parts: The tables.
            markets: Marketplaces that the window covers.
            began: When fetching began.
            partitions: Days to count rows for; the run's days by default.
            details: For `loads.details`.
            decide: A statement that runs in the transaction after all rows are merged; see `loading.Load`.

        Raises:
            LeaseLost: Another process took over the stream; nothing was loaded.
            DatabaseError: The database failed; nothing was loaded.
        """
        counts = load(
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
            decide=decide,
        )
        loaded(self.who, counts)
        return counts


def market_of(seller: Seller, marketplace_id: str, days: tuple[date, ...]) -> Market:
    """Return one of a seller's marketplaces for a run over these days."""
    place = by_id(marketplace_id)
    scope = Scope(seller.id, place.id, place.timezone)
    return Market(place, scope, days, local_today(place.timezone))


def scopes_of(seller: Seller, offered_in: frozenset[str] | None = None) -> list[Scope]:
    """Return the ledger scope of each of the seller's marketplaces, or of those among some marketplaces."""
    return [
        market_of(seller, marketplace_id, ()).scope
        for marketplace_id in seller.marketplace_ids
        if offered_in is None or marketplace_id in offered_in
    ]


def today_of(seller: Seller) -> date:
    """The latest local day of the seller's marketplaces."""
    return max(local_today(by_id(marketplace_id).timezone) for marketplace_id in seller.marketplace_ids)
