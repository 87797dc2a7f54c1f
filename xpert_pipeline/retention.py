"""Prunes what grows: Dagster's runs, the ledger, events, requests and log files. It touches no table with data."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
from psycopg_pool import ConnectionPool

from xpert_pipeline.keep import Keep
from xpert_pipeline.log_files import rotate_logs
from xpert_pipeline.old_runs import delete_old_checks, delete_old_runs
from xpert_pipeline.postgres.compaction import CoverageWouldChange, compact_loads
from xpert_pipeline.postgres.old_rows import (
    delete_expired_waiters,
    delete_old_facts,
    delete_old_rejects,
    delete_old_requests,
    delete_orphaned_keys,
)
from xpert_pipeline.postgres.sellers import SellerBook
from xpert_pipeline.postgres.source_coverage import delete_orphaned_coverage
from xpert_pipeline.spapi.marketplaces import MARKETPLACES


@dataclass(frozen=True)
class Pruned:
    """What was pruned of one thing.

    Attributes:
        what: The table, or what else it is.
        removed: Rows, runs or bytes that were removed.
        added: Rows that stand for the removed ones.
        keep_days: How many days are kept; 0 if age does not matter.
    """

    what: str
    removed: int
    keep_days: int
    added: int = 0


@dataclass(frozen=True)
class Grown:
    """What is pruned.

    Attributes:
        instance: Dagster's instance.
        pool: The pipeline's database.
        assets: Names of all tables that are assets.
        derived: Names of the tables that are computed from others.
        partitions: The partitions of the assets.
        settled_after: Tables whose days Amazon restates, with the age from which a day is final.
        logs: Folder of the services' log files.
    """

    instance: dg.DagsterInstance
    pool: ConnectionPool
    assets: Sequence[str]
    derived: Sequence[str]
    partitions: dg.PartitionsDefinition
    settled_after: Mapping[str, timedelta]
    logs: Path | None = None


def prune(grown: Grown, keep: Keep, *, now: datetime | None = None, dry_run: bool = False) -> list[Pruned]:
    """Prune everything that is older than the settings allow.

    The runs go first and `fact_stream` last, so that no event of an existing run or load is missing there.

    Args:
        grown: What to prune.
        keep: How many days to keep.
        now: The current time.
        dry_run: Only count.

    Raises:
        CoverageWouldChange: The ledger of a seller was left as it is; everything else is pruned.
        DatabaseError: The database failed; what was pruned before stays pruned.
    """
    return list(_prune(grown, keep, now or datetime.now(UTC), dry_run=dry_run))


def _prune(grown: Grown, keep: Keep, now: datetime, *, dry_run: bool) -> Iterator[Pruned]:
    if days := keep.runs_days:
        before = now - timedelta(days=days)
        runs = delete_old_runs(grown.instance, before, grown.assets, grown.partitions, dry_run=dry_run)
        yield Pruned("Dagster's runs", runs, days)
        yield Pruned("results of checks", delete_old_checks(grown.instance, before, dry_run=dry_run), days)
    sellers = SellerBook(grown.pool, None).all()
    refused: list[CoverageWouldChange] = []
    if days := keep.history_days:
        before = now - timedelta(days=days)
        zones = {place.id: place.zone for place in MARKETPLACES}
        loads = []
        for seller in sellers:
            try:
                done = compact_loads(grown.pool, seller.id, before, grown.settled_after, zones, dry_run=dry_run)
            except CoverageWouldChange as error:  # the other sellers' ledgers are pruned all the same
                refused.append(error)
            else:
                loads.append(done)
        yield Pruned("loads", sum(done.removed for done in loads), days, sum(done.added for done in loads))
        facts = sum(delete_old_facts(grown.pool, seller, before, dry_run=dry_run) for seller in sellers)
        yield Pruned("fact_stream", facts, days)
    if days := keep.requests_days:
        before = now - timedelta(days=days)
        requests = sum(delete_old_requests(grown.pool, seller, before, dry_run=dry_run) for seller in sellers)
        yield Pruned("report_requests", requests, days)
    if days := keep.rejected_days:
        before = now - timedelta(days=days)
        rejects = sum(delete_old_rejects(grown.pool, seller, before, dry_run=dry_run) for seller in sellers)
        yield Pruned("rejected_records", rejects, days)
    orphaned = sum(delete_orphaned_coverage(grown.pool, seller, grown.assets, dry_run=dry_run) for seller in sellers)
    yield Pruned("coverage", orphaned, 0)
    yield Pruned("dirty_keys", delete_orphaned_keys(grown.pool, grown.derived, dry_run=dry_run), 0)
    yield Pruned("quota_waiters", delete_expired_waiters(grown.pool, dry_run=dry_run), 0)
    if grown.logs is not None:
        yield Pruned("log files, bytes", rotate_logs(grown.logs, keep.logs_days, dry_run=dry_run), keep.logs_days)
    if refused:
        raise refused[0]
