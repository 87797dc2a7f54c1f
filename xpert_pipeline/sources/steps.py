"""Runs a source's Dagster step for each seller, and says what each partition holds.

This module groups by seller and isolates failures; the source decides what to load, `day_reports` describes the days,
and `reporting` tells Dagster.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import dagster as dg

from xpert_pipeline.partitions import days_by_seller, local_today
from xpert_pipeline.postgres.errors import DatabaseError
from xpert_pipeline.postgres.lease import LeaseHeld, LeaseLost
from xpert_pipeline.progress import working
from xpert_pipeline.resources.postgres import PostgresResource
from xpert_pipeline.resources.spapi import SpApiResource, priority_of
from xpert_pipeline.sources.coverage import learn
from xpert_pipeline.sources.day_reports import describe_days
from xpert_pipeline.sources.figures import RunFigures
from xpert_pipeline.sources.pictures import NO_PICTURES
from xpert_pipeline.sources.reporting import DayReport, report_table
from xpert_pipeline.sources.roles import keep_role
from xpert_pipeline.sources.run import REREAD_AFTER, RunOptions, SellerRun
from xpert_pipeline.sources.source import Source
from xpert_pipeline.spapi.errors import NotGranted, ReauthRequired, SpApiError, Transient
from xpert_pipeline.spapi.jobs.job import BUDGET_SECONDS
from xpert_pipeline.spapi.session import SellerApi
from xpert_pipeline.tables.contract import Table


class RefetchConfig(dg.Config):
    """Options of a materialization.

    Attributes:
        refetch: Ask Amazon again for days that are already complete.
    """

    refetch: bool = False


@dataclass(frozen=True)
class Step:
    """The context of one step, shared by all its sellers."""

    context: dg.AssetExecutionContext
    postgres: PostgresResource
    sp_api: SpApiResource | None
    source: Source
    refetch: bool = False
    reports: list[DayReport] = field(default_factory=list)

    @property
    def tables(self) -> tuple[Table, ...]:
        """The tables that the step fills."""
        return self.source.tables


def run_sellers(step: Step, work: Callable[[SellerRun], None]) -> Iterator[Any]:
    """Call `work` for each seller of the run's partitions; one seller's failure does not stop the others.

    Yields:
        The events of each table. Each partition says what the table holds for it and what the run loaded. The first
        table also gets the calls and waits of the whole run (`run_…`), as in the ledger.

    Raises:
        dg.Failure: At least one seller failed. The message, raised after all sellers ran, names them.
    """
    failures: list[str] = []
    figures = RunFigures()
    for amazon_id, days in days_by_seller(step.context.partition_keys).items():
        try:
            with working(amazon_id, [table.name for table in step.tables]):
                _run_seller(step, work, amazon_id, days, figures)
        except (SpApiError, DatabaseError, LeaseHeld, LeaseLost) as error:
            if isinstance(error, ReauthRequired):
                sellers = step.postgres.sellers
                sellers.require_reauthorization(sellers.get(amazon_id).id, str(error))
            if step.sp_api and type(error) is Transient:  # subclasses do not mean that Amazon is down for the seller
                step.sp_api.lose_patience(amazon_id)
            failures.append(f"{type(error).__name__}: seller {amazon_id}: {error}")
    if failures:
        raise dg.Failure("; ".join(failures), metadata=figures.metadata(), allow_retries=False)
    for table in step.tables:
        reports = [report for report in step.reports if report.table == table.name]
        yield from report_table(
            step.context, table.name, reports, figures.metadata() if table is step.tables[0] else {}
        )


def _run_seller(
    step: Step, work: Callable[[SellerRun], None], amazon_id: str, days: tuple[date, ...], figures: RunFigures
) -> None:
    seller, sp_api = step.postgres.sellers.get(amazon_id), step.sp_api
    clients: list[SellerApi] = []

    def client() -> SellerApi:
        if sp_api is None:
            raise RuntimeError("this table is derived: it needs no API client")
        if not clients:
            clients.append(sp_api.client(seller, priority=priority_of(days, local_today(seller.timezone))))
        return clients[0]

    run = SellerRun(
        seller=seller,
        days=days,
        pool=step.postgres.pool,
        run_id=step.context.run.run_id,
        spool=step.postgres.spool,
        log=step.context.log,
        client=client,
        options=RunOptions(
            refetch=step.refetch,
            steps=frozenset(node.name for node in step.context.job_def.nodes),
            refetching=_refetching(step.context.run.run_config),
            patience=sp_api.report_patience_seconds if sp_api else BUDGET_SECONDS,
            fill_pages=sp_api.fill_pages if sp_api else 0,
            age=lambda: sp_api.age_seconds(amazon_id) if sp_api else 0.0,
            reread_after=timedelta(days=sp_api.reread_days) if sp_api else REREAD_AFTER,
            has_pictures=NO_PICTURES not in step.context.run.tags,
        ),
    )
    run.options.age()  # the clock starts with the seller's first step
    own = _where_offered(run, step.source)
    try:
        _work(own, step, work)
        asked = {operation for api in clients for operation in api.calls}
        known = learn(run, step.source, has_asked=not asked.isdisjoint(step.source.operations))
    finally:
        for api in clients:
            figures.add(api)
            api.close()
    if sp_api is not None:
        keep_role(own, step.source, list(known.values()), has_asked=bool(asked))
    for table in step.tables:
        step.reports.extend(describe_days(run, table, step.source, known))


def _work(run: SellerRun, step: Step, work: Callable[[SellerRun], None]) -> None:
    """Call `work` if Amazon offers the source to the seller anywhere; a refusal is an outcome, no failure."""
    try:
        if run.markets:
            work(run)
    except NotGranted as error:
        step.context.log.warning("seller %s: not granted: %s", run.who, error)
        for table in step.tables:
            run.outcome(table.name).not_granted(str(error))


def _where_offered(run: SellerRun, source: Source) -> SellerRun:
    """Return the run in the marketplaces in which Amazon offers the source; the outcome of the others says so."""
    for market in run.markets:
        if not source.is_offered_in(market.id):
            for table in source.tables:
                reason = f"Amazon does not offer {table.name} on {market.place.domain}"
                run.outcome(table.name).not_available(market.id, reason)
    return run.where_offered(source.marketplaces)


def _refetching(run_config: Mapping[str, Any]) -> frozenset[str]:
    """Steps whose `RefetchConfig` asks for complete days again."""
    ops = run_config.get("ops") or {}
    return frozenset(name for name, op in ops.items() if (op.get("config") or {}).get("refetch"))
