"""One seller's share of a run: who, which days, with which client and database; and what came of it.

Assets call `run_sellers` with a function of one seller; grouping, isolation of failures and numbers live here.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from datetime import time as clock
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import dagster as dg
from psycopg_pool import ConnectionPool

from xpert_pipeline.assets.run_figures import RunFigures
from xpert_pipeline.partitions import days_by_seller, local_today, partition_key
from xpert_pipeline.postgres.errors import DatabaseError
from xpert_pipeline.postgres.lease import Lease, LeaseHeld, LeaseLost, hold
from xpert_pipeline.postgres.ledger import run_counts
from xpert_pipeline.postgres.report_requests import PostgresRequestBook
from xpert_pipeline.postgres.scope import Scope
from xpert_pipeline.postgres.sellers import Seller
from xpert_pipeline.resources.postgres import PostgresResource
from xpert_pipeline.resources.spapi import SpApiResource, priority_of
from xpert_pipeline.spapi.desks import ReportRequest
from xpert_pipeline.spapi.errors import NotGranted, ReauthRequired, SpApiError, Transient
from xpert_pipeline.spapi.report_work import ABANDONED, BUDGET_SECONDS, Work
from xpert_pipeline.spapi.session import SellerApi

LEASE_PATIENCE_SECONDS = 900.0
"""Another run holds a lease for one window only, so its end is worth waiting for."""
COUNTS = ("fetched", "inserted", "updated", "unchanged", "deleted", "rejected")


class RefetchConfig(dg.Config):
    """Options of a materialization.

    Attributes:
        refetch: Ask Amazon again for days that are already complete and kept current by the change stream.
    """

    refetch: bool = False


@dataclass
class SellerRun:
    """What an asset needs to load one seller's days.

    `states` says what became of a table where its counts do not, `reason` why and what to do; `past_state` the same as
    `states` for days before today. `steps` names all steps of the Dagster run, `refetching` those of them that are to
    refetch. A report may be waited for `patience` seconds after it was asked for and the run began (`age`). `skipped`
    are days of a table whose turn did not come because their report is not ready, or because a table that they are
    derived from lacks them.
    """

    seller: Seller
    days: tuple[date, ...]
    pool: ConnectionPool
    run_id: str
    spool: Path
    log: logging.Logger
    client: Callable[[], SellerApi]
    refetch: bool = False
    steps: frozenset[str] = frozenset()
    refetching: frozenset[str] = frozenset()
    patience: float = BUDGET_SECONDS
    age: Callable[[], float] = lambda: 0.0
    states: dict[str, str] = field(default_factory=dict)
    past_state: dict[str, str] = field(default_factory=dict)
    reason: str | None = None
    skipped: dict[str, set[date]] = field(default_factory=dict)

    @property
    def marketplace_id(self) -> str:
        """The marketplace whose days the partitions are."""
        return self.seller.marketplace_ids[0]

    @property
    def scope(self) -> Scope:
        """The seller's first marketplace."""
        return Scope(self.seller.id, self.marketplace_id, self.seller.timezone)

    @property
    def zone(self) -> ZoneInfo:
        """The marketplace's time zone."""
        return ZoneInfo(self.seller.timezone)

    @property
    def today(self) -> date:
        """The marketplace-local day now."""
        return local_today(self.seller.timezone)

    @property
    def is_live(self) -> bool:
        """Whether today is among the days asked for, so that changes are followed and snapshots taken."""
        return self.today in self.days

    def lease(self, stream: str) -> AbstractContextManager[Lease]:
        """The right to write a stream of the seller; another run's window is waited for."""
        return hold(self.pool, self.seller.id, stream, wait=LEASE_PATIENCE_SECONDS)

    def book(self) -> PostgresRequestBook[ReportRequest, Work]:
        """The seller's remembered requests for reports and queries."""
        return PostgresRequestBook(
            self.pool,
            seller_id=self.seller.id,
            marketplace_id=self.marketplace_id,
            run_id=self.run_id,
            abandoned=ABANDONED,
            make_request=ReportRequest,
            make_work=Work.of,
        )

    def skip(self, tables: Sequence[str], days: Iterable[date], reason: str) -> None:
        """Note days of tables that wait for the next run, and why."""
        for table in tables:
            self.skipped.setdefault(table, set()).update(days)
        self.reason = "; ".join(dict.fromkeys(filter(None, (self.reason, reason))))
        self.log.warning("seller %s: %s", self.seller.amazon_seller_id, reason)

    def bounds(self, first: date, last: date) -> tuple[datetime, datetime]:
        """Start of the first local day and end of the last (half-open)."""
        return (
            datetime.combine(first, clock(), self.zone),
            datetime.combine(last + timedelta(days=1), clock(), self.zone),
        )


def run_sellers(
    context: dg.AssetExecutionContext,
    postgres: PostgresResource,
    sp_api: SpApiResource | None,
    tables: Sequence[str],
    work: Callable[[SellerRun], None],
    *,
    refetch: bool = False,
) -> Iterator[dg.MaterializeResult]:
    """Do `work` for each seller of the run's partitions; one seller's failure leaves the others unharmed.

    Yields:
        One result per table; counts are attached per partition, from the ledger. What the whole run has asked and
        waited for (`run_…`) stands at the first table, as in the ledger.

    Raises:
        dg.Failure: After all sellers had their turn, naming each that failed and what to do.
    """
    failures: list[str] = []
    figures = RunFigures()
    for amazon_id, days in days_by_seller(context.partition_keys).items():
        try:
            _run_seller(context, postgres, sp_api, tables, work, (amazon_id, days, refetch), figures)
        except (SpApiError, DatabaseError, LeaseHeld, LeaseLost) as error:
            if isinstance(error, ReauthRequired):
                postgres.sellers.set_status(postgres.sellers.get(amazon_id).id, "reauth_required", str(error))
            if sp_api and type(error) is Transient:  # its subclasses tell of other things than a seller that is down
                sp_api.lose_patience(amazon_id)
            failures.append(f"{type(error).__name__}: seller {amazon_id}: {error}")
    if failures:
        raise dg.Failure("; ".join(failures), metadata=figures.metadata(), allow_retries=False)
    for table in tables:
        yield dg.MaterializeResult(asset_key=table, metadata=figures.metadata() if table == tables[0] else {})


def _run_seller(
    context: dg.AssetExecutionContext,
    postgres: PostgresResource,
    sp_api: SpApiResource | None,
    tables: Sequence[str],
    work: Callable[[SellerRun], None],
    share: tuple[str, tuple[date, ...], bool],
    figures: RunFigures,
) -> None:
    amazon_id, days, refetch = share
    seller = postgres.sellers.get(amazon_id)
    api: list[SellerApi] = []

    def client() -> SellerApi:
        if sp_api is None:
            raise RuntimeError("this asset is derived: it has no source to ask")
        if not api:
            api.append(sp_api.client(seller, priority=priority_of(days, local_today(seller.timezone))))
        return api[0]

    run = SellerRun(
        seller,
        days,
        postgres.pool,
        context.run.run_id,
        postgres.spool,
        context.log,
        client,
        refetch,
        frozenset(node.name for node in context.job_def.nodes),
        _refetching(context.run.run_config),
        sp_api.report_patience_seconds if sp_api else BUDGET_SECONDS,
        lambda: sp_api.age_seconds(amazon_id) if sp_api else 0.0,
    )
    run.age()  # it begins with the seller's first step
    try:
        work(run)
    except NotGranted as error:
        context.log.warning("seller %s: not granted: %s", amazon_id, error)
        run.states, run.reason = dict.fromkeys(tables, "not_granted"), str(error)
    finally:
        if api:
            figures.add(api[0])
            api[0].close()
    for table in tables:
        _attach_counts(context, run, table)


def _refetching(run_config: Mapping[str, Any]) -> frozenset[str]:
    """Steps whose configuration (`RefetchConfig`) asks Amazon again for complete days."""
    told = run_config.get("ops") or {}
    return frozenset(name for name, given in told.items() if (given.get("config") or {}).get("refetch"))


def _attach_counts(context: dg.AssetExecutionContext, run: SellerRun, table: str) -> None:
    counts = run_counts(run.pool, run.seller.id, run.run_id, table)
    for day in run.days:
        found = counts.get(day, {})
        numbers = {name: int(found.get(name, 0)) for name in COUNTS}
        state = _state(run, table, day, numbers)
        context.add_asset_metadata(
            {**numbers, "state": state, **({"reason": run.reason} if run.reason else {})},
            asset_key=table,
            partition_key=partition_key(day, run.seller.amazon_seller_id),
        )


def _state(run: SellerRun, table: str, day: date, numbers: dict[str, int]) -> str:
    if said := run.states.get(table):
        return said
    if table in run.past_state and day < run.today:
        return run.past_state[table]
    is_known = any(numbers.values())
    if day in run.skipped.get(table, ()):
        return "incomplete" if is_known else "skipped"
    return "ok" if is_known else "empty"
