"""Loads a fetched window: one transaction for all its tables, from spooled rows to the ledger.

Either all of a window is in (rows, replaced sets, quarantine, ledger, days to recompute) or nothing. No Amazon call
happens here. The rules of merging are in `merge` and `row_sets`; the lease's fence is the last statement before COMMIT.
"""

import logging
import random
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID, uuid4

from psycopg import Connection

from xpert_pipeline.postgres import merge, row_sets, staging
from xpert_pipeline.postgres.errors import DatabaseError
from xpert_pipeline.postgres.lease import Lease
from xpert_pipeline.postgres.ledger import LedgerEntry, LoadCounts, LoadWindow, Waits, committed, write_entry
from xpert_pipeline.postgres.pool import Pool, tenant
from xpert_pipeline.postgres.quarantine import Reject, keep_rejects
from xpert_pipeline.postgres.target import Days, Row, Target
from xpert_pipeline.tables.contract import Table

ATTEMPTS = 5
Result = TypeVar("Result")

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class TableLoad:
    """One table's share of a window.

    Attributes:
        table: Its contract.
        columns: The columns this source carries, with key, day and version; others are left as they are.
        rows: Tuples in the order of `columns`; iterated again when the transaction has to be repeated.
        fetched: Records that the source returned for this table.
        rejects: Those of them that cannot become rows.
        empty_sets: For a table of sets, the sets that arrived without rows: parent key, then version.
        kept: For a table of sets, keys of rows that arrived but cannot be loaded: what is known of them stays.
        signals: What was odd about the records, counted, for `loads.details`; merging adds what it finds.
    """

    table: Table
    columns: tuple[str, ...]
    rows: Iterable[Row]
    fetched: int
    rejects: Sequence[Reject] = ()
    empty_sets: Sequence[Row] = ()
    kept: Sequence[Row] = ()
    signals: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Load:
    """A window to be loaded and all that the ledger says about it."""

    seller_id: UUID
    lease: Lease
    run_id: str
    source: str
    window: LoadWindow
    parts: Sequence[TableLoad]
    partitions: Sequence[date]
    waits: Waits
    started_at: datetime
    details: dict[str, Any]
    load_id: UUID = field(default_factory=uuid4)

    def target(self, part: TableLoad) -> Target:
        """Where a part's rows go."""
        return Target(part.table, part.columns, self.seller_id, self.source, self.load_id)


def load(  # noqa: PLR0913  keywords only: all that the ledger says
    pool: Pool,
    *,
    seller_id: UUID,
    lease: Lease,
    run_id: str,
    source: str,
    window: LoadWindow,
    parts: Sequence[TableLoad],
    partitions: Sequence[date],
    waits: Waits,
    started_at: datetime,
    details: dict[str, Any] | None = None,
) -> dict[str, LoadCounts]:
    """Load one window in one transaction, repeated up to five times when the database was busy or broke.

    Args:
        pool: The pipeline's pool.
        seller_id: The tenant.
        lease: Of the stream; must still be held at the end.
        run_id: The Dagster run.
        source: Operation or report.
        window: What was asked for.
        parts: The tables; a table before the tables whose sets belong to it (orders before order_items).
        partitions: Days of the run; rows of other days are counted for the last of these.
        waits: API calls made and seconds waited for quota since the asset's load before, by operation.
        started_at: When fetching began.
        details: For `loads.details`.

    Returns:
        Counts by table.

    Raises:
        LeaseLost: Another process took over; nothing was kept.
        DatabaseError: Explained, without data; nothing was kept.
    """
    if not partitions:
        raise ValueError("a load belongs to at least one partition")
    work = Load(seller_id, lease, run_id, source, window, parts, partitions, waits, started_at, details or {})
    return repeat(pool, seller_id, work.load_id, lambda conn: _load(conn, work))


def repeat(
    pool: Pool, seller_id: UUID, load_id: UUID, work: Callable[[Connection], dict[str, LoadCounts]]
) -> dict[str, LoadCounts]:
    """Run a load's transaction until it is committed, once.

    A lost connection leaves open whether COMMIT arrived: the ledger knows, and is asked inside the next attempt.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with tenant(pool, seller_id) as conn:
                return (committed(conn, load_id) if attempt > 1 else None) or work(conn)
        except DatabaseError as error:
            if not error.retryable or attempt == ATTEMPTS:
                raise
            pause = random.uniform(0.1, 0.4) * 2**attempt  # noqa: S311
            logger.warning("load repeated in %.1f s (attempt %d of %d): %s", pause, attempt, ATTEMPTS, error)
            time.sleep(pause)
    raise AssertionError("unreachable")


def _load(conn: Connection, work: Load) -> dict[str, LoadCounts]:
    staged = {}
    for part in work.parts:
        target = work.target(part)
        staging.make_stage(conn, target)
        staging.copy_rows(conn, target, part.rows)
        staged[part.table.name] = staging.count_staged(conn, target)
    for part in sorted(work.parts, key=lambda part: part.table.name):
        merge.lock_table_of_seller(conn, work.target(part))
    if done := committed(conn, work.load_id):  # the lock waited for our own earlier attempt to end
        return done
    counts = {}
    for number, part in enumerate(work.parts):
        by_day, newest = _merge(conn, work, part, staged[part.table.name])
        entry = LedgerEntry(
            load_id=work.load_id,
            table_name=part.table.name,
            seller_id=work.seller_id,
            source=work.source,
            window=work.window,
            run_id=work.run_id,
            by_day=by_day,
            started_at=work.started_at,
            newest_day=newest,
            waits=work.waits if number == 0 else {},
            details=_details(work, part),
        )
        write_entry(conn, entry)
        counts[part.table.name] = entry.counts
    work.lease.fence(conn)
    return counts


def _merge(conn: Connection, work: Load, part: TableLoad, staged: Days) -> tuple[dict[date, LoadCounts], date | None]:
    target = work.target(part)
    deleted: Days = {}
    if part.table.parent is not None:
        row_sets.stage_sets(conn, target, part.empty_sets)
        row_sets.drop_stale_sets(conn, target, _parent_table(work, part.table))
    if differing := merge.drop_duplicates(conn, target):
        part.signals[merge.DIFFERING] = differing
    if part.table.parent is not None:
        deleted = row_sets.delete_gone(conn, target, part.kept)
    inserted, updated = merge.upsert(conn, target)
    keep_rejects(
        conn,
        part.rejects,
        seller_id=work.seller_id,
        table=part.table.name,
        source=work.source,
        load_id=work.load_id,
        run_id=work.run_id,
    )
    by_day = by_partition(work.partitions, staged, inserted, updated, deleted)
    rest = part.fetched - sum(staged.values()) - len(part.rejects)
    if rest < 0:
        raise ValueError(f"{part.table.name}: fewer records fetched ({part.fetched}) than rows and rejects together")
    by_day[max(work.partitions)].add(
        LoadCounts(fetched=len(part.rejects) + rest, unchanged=rest, rejected=len(part.rejects))
    )
    return by_day, max((day for day in staged if day is not None), default=None)


def _details(work: Load, part: TableLoad) -> dict[str, Any]:
    told = Counter(work.details.get("signals", {})) + part.signals
    return work.details | ({"signals": dict(told)} if told else {})


def _parent_table(work: Load, table: Table) -> Table | None:
    return next((part.table for part in work.parts if part.table.key == table.parent), None)


def by_partition(
    partitions: Sequence[date], staged: Days, inserted: Days, updated: Days, deleted: Days
) -> dict[date, LoadCounts]:
    """Counts by partition; days outside the partitions, and rows without a day, belong to the last partition."""
    found = {day: LoadCounts() for day in partitions}
    last = max(partitions)
    for day in {*staged, *inserted, *updated, *deleted}:
        fetched, new, changed = staged.get(day, 0), inserted.get(day, 0), updated.get(day, 0)
        counts = LoadCounts(fetched, new, changed, fetched - new - changed, deleted.get(day, 0))
        found[day if day in found else last].add(counts)
    return found
