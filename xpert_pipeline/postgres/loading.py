"""Loads a fetched window in one transaction for all its tables, from spooled rows to the ledger.

The transaction commits the whole window (rows, replaced sets, quarantine, ledger, days to recompute) or nothing. It
never calls Amazon. `merge` and `row_sets` implement the merge rules; the lease's fence is the last statement before
COMMIT.
"""

import logging
import random
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, LiteralString
from uuid import UUID, uuid4

from psycopg import Connection
from psycopg.sql import SQL

from xpert_pipeline.postgres import merge, row_sets, staging
from xpert_pipeline.postgres.errors import DatabaseError
from xpert_pipeline.postgres.lease import Lease
from xpert_pipeline.postgres.ledger import (
    CountsByDay,
    LedgerEntry,
    LoadCounts,
    LoadWindow,
    Waits,
    committed,
    counts_by_marketplace,
    newest_days,
    total,
    write_entry,
)
from xpert_pipeline.postgres.pool import Pool, tenant
from xpert_pipeline.postgres.quarantine import Reject, keep_rejects
from xpert_pipeline.postgres.spool import RowSpool
from xpert_pipeline.postgres.target import Row, RowCounts, Target
from xpert_pipeline.tables.contract import Table

ATTEMPTS = 5

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class WholeDays:
    """Days whose rows were all read: their sets that did not arrive are gone. Arrived sets are complete, too.

    Attributes:
        days: Marketplace and day.
    """

    days: tuple[tuple[str, date], ...]


@dataclass(frozen=True)
class TableLoad:
    """One table's share of a window.

    Attributes:
        table: Its contract.
        columns: The columns that this source fills, with key, day and version; the load does not change the others.
        inferred: Those of `columns` whose values are inferred, such as a total that follows from the lines. An inferred
            value fills a gap, but never replaces what is known of the same state of a row; a newer state replaces it,
            also by NULL.
        rows: A spool, or tuples, in the order of `columns`; read again if the transaction has to be repeated.
        fetched: Records that the source returned for this table.
        rejects: The records that cannot become rows.
        whole_sets: The sets that were read completely; their rows that did not arrive are deleted. Each entry has the
            values of `Table.set_columns`, followed by the set's version if the table has `replaced_by` and a version; a
            set without rows is emptied. It may also be a table of the same load, each row of which is a complete set,
            such as an order with all its lines. Or days that were read completely. If empty, the rows are changes and
            nothing is deleted.
        kept: Keys of rows that arrived but cannot be loaded; existing rows with these keys are not deleted.
        sparse: Columns that the source does not know for every row: NULL leaves the known value as it is.
        signals: Counts of unusual things in the records, for `loads.details`; merging adds its own.
        decided: Columns that `Load.decide` decides after all rows are merged. The arriving value is only for new rows.
    """

    table: Table
    columns: tuple[str, ...]
    rows: RowSpool | Iterable[Row]
    fetched: int
    rejects: Sequence[Reject] = ()
    whole_sets: Sequence[Row] | Table | WholeDays = ()
    kept: Sequence[Row] = ()
    sparse: frozenset[str] = frozenset()
    signals: Counter[str] = field(default_factory=Counter)
    inferred: tuple[str, ...] = ()
    decided: tuple[str, ...] = ()


@dataclass(frozen=True)
class Load:
    """A window to be loaded, and everything that the ledger records about it.

    Attributes:
        decide: A statement that runs after all rows are merged, for facts that one row does not tell. Its parameter is
            `seller_id`; the arrived rows are in `pg_temp.stage_<table>`.
    """

    seller_id: UUID
    partitions: Mapping[str, Sequence[date]]
    lease: Lease
    run_id: str
    source: str
    windows: Mapping[str, LoadWindow]
    parts: Sequence[TableLoad]
    waits: Waits
    started_at: datetime
    details: Mapping[str, Any]
    decide: LiteralString = ""
    load_id: UUID = field(default_factory=uuid4)

    def __post_init__(self) -> None:
        if not self.partitions or not all(self.partitions.values()):
            raise ValueError("a load needs at least one marketplace, and each marketplace at least one partition")
        tables = {part.table.name for part in self.parts}
        for part in self.parts:
            if isinstance(part.whole_sets, Table) and part.whole_sets.name not in tables:
                raise ValueError(f"{part.table.name}: its sets are rows of {part.whole_sets.name}, which is not loaded")

    @property
    def first_marketplace(self) -> str:
        """The marketplace that gets the counts of the load as a whole."""
        return next(iter(self.partitions))

    def target(self, part: TableLoad) -> Target:
        """The target of a part's rows."""
        return Target(
            part.table,
            part.columns,
            self.seller_id,
            self.source,
            self.load_id,
            part.inferred,
            part.sparse,
            frozenset(part.decided),
        )


def load(  # noqa: PLR0913  keywords only: everything that the ledger records
    pool: Pool,
    *,
    seller_id: UUID,
    marketplace_ids: Sequence[str],
    lease: Lease,
    run_id: str,
    source: str,
    window: LoadWindow | Mapping[str, LoadWindow],
    parts: Sequence[TableLoad],
    partitions: Mapping[str, Sequence[date]] | Sequence[date],
    waits: Waits,
    started_at: datetime,
    details: Mapping[str, Any] | None = None,
    decide: LiteralString = "",
) -> dict[str, LoadCounts]:
    """Load one window in one transaction, repeated up to five times when the database is busy or fails.

    The ledger gets one row per table and marketplace.

    Args:
        pool: The pipeline's pool.
        seller_id: The tenant.
        marketplace_ids: The requested marketplaces; each row belongs to one of them. The first one gets all counts that
            cannot be assigned: repeated records, records without a marketplace, calls and waits, signals.
        lease: The lease of the stream; it must still be held at the end.
        run_id: The Dagster run.
        source: Operation or report.
        window: The requested window: one for all marketplaces, or one for each.
        parts: The tables; a table before the tables whose sets belong to it (orders before order_items).
        partitions: Days of the run, for all marketplaces or for each; rows of other days count for the marketplace's
            last day.
        waits: API calls and seconds waited for quota since the asset's previous load, by operation.
        started_at: When fetching began.
        details: For `loads.details`.
        decide: A statement that runs after all rows are merged; see `Load`.

    Returns:
        Counts by table, summed over the marketplaces.

    Raises:
        LeaseLost: Another process took over the stream; nothing was kept.
        DatabaseError: The database failed; nothing was kept, and the message contains no data.
        ValueError: A row belongs to another marketplace; nothing was kept.
    """
    work = Load(
        seller_id,
        _partitions(marketplace_ids, partitions),
        lease,
        run_id,
        source,
        dict.fromkeys(marketplace_ids, window) if isinstance(window, LoadWindow) else window,
        parts,
        waits,
        started_at,
        details or {},
        decide,
    )
    return repeat(pool, seller_id, work.load_id, lambda conn: _load(conn, work))


def _partitions(
    marketplace_ids: Sequence[str], partitions: Mapping[str, Sequence[date]] | Sequence[date]
) -> dict[str, Sequence[date]]:
    """The days of each marketplace, in the order of the marketplaces."""
    if isinstance(partitions, Mapping):
        return {marketplace_id: partitions.get(marketplace_id, ()) for marketplace_id in marketplace_ids}
    return dict.fromkeys(marketplace_ids, partitions)


def repeat(
    pool: Pool, seller_id: UUID, load_id: UUID, work: Callable[[Connection], dict[str, LoadCounts]]
) -> dict[str, LoadCounts]:
    """Repeat a load's transaction until it has committed exactly once.

    After a lost connection it is unknown whether COMMIT arrived, so the next attempt looks for the load in the ledger.
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
    for part in work.parts:
        by_marketplace = _merge(conn, work, part, staged[part.table.name])
        _write_entries(conn, work, part, by_marketplace, newest_days(staged[part.table.name]))
        counts[part.table.name] = total(total(by_day.values()) for by_day in by_marketplace.values())
    if work.decide:
        conn.execute(SQL(work.decide), {"seller_id": work.seller_id})
    work.lease.fence(conn)
    return counts


def _merge(conn: Connection, work: Load, part: TableLoad, staged: RowCounts) -> dict[str, CountsByDay]:
    target = work.target(part)
    deleted: RowCounts = {}
    has_sets = bool(part.whole_sets) or row_sets.set_version(target) is not None
    if has_sets:
        _stage_sets(conn, work, part)
        row_sets.drop_stale_sets(conn, target, _parent_table(work, part.table))
    if differing := merge.drop_duplicates(conn, target):
        part.signals[merge.DIFFERING] = differing
    if part.whole_sets:
        deleted = row_sets.delete_gone(conn, target, part.kept)
    inserted, updated = merge.upsert(conn, target)
    keep_rejects(
        conn,
        part.rejects,
        seller_id=work.seller_id,
        marketplace_id=work.first_marketplace if len(work.partitions) == 1 else None,
        table=part.table.name,
        source=work.source,
        load_id=work.load_id,
        run_id=work.run_id,
    )
    counts = counts_by_marketplace(work.partitions, staged, inserted, updated, deleted)
    _count_others(counts, work, part, sum(staged.values()))
    return counts


def _stage_sets(conn: Connection, work: Load, part: TableLoad) -> None:
    """List the sets of a part; a child table of a part with whole days has the same sets as that one."""
    target, whole = work.target(part), part.whole_sets
    if isinstance(whole, WholeDays):
        row_sets.stage_sets_of_days(conn, target, whole.days, part.kept)
        return
    parent = next((other for other in work.parts if other.table is whole), None)
    shares_sets = parent is not None and isinstance(parent.whole_sets, WholeDays)
    row_sets.stage_sets(conn, target, whole, shares_sets=shares_sets)


def _count_others(counts: dict[str, CountsByDay], work: Load, part: TableLoad, staged: int) -> None:
    """Count the fetched records that were not staged: rejects for their marketplace, repeated ones for the first."""
    repeated = part.fetched - staged - len(part.rejects)
    if repeated < 0:
        raise ValueError(f"{part.table.name}: fewer records fetched ({part.fetched}) than rows and rejects together")
    first = work.first_marketplace
    rejects = Counter(reject.marketplace_id if reject.marketplace_id in counts else first for reject in part.rejects)
    for marketplace_id, by_day in counts.items():
        rejected, unchanged = rejects[marketplace_id], repeated if marketplace_id == first else 0
        by_day[max(by_day)].add(LoadCounts(fetched=rejected + unchanged, unchanged=unchanged, rejected=rejected))


def _write_entries(
    conn: Connection, work: Load, part: TableLoad, counts: Mapping[str, CountsByDay], newest: Mapping[str, date]
) -> None:
    for marketplace_id, by_day in counts.items():
        is_first_row = part is work.parts[0] and marketplace_id == work.first_marketplace
        entry = LedgerEntry(
            load_id=work.load_id,
            table_name=part.table.name,
            seller_id=work.seller_id,
            marketplace_id=marketplace_id,
            source=work.source,
            window=work.windows[marketplace_id],
            run_id=work.run_id,
            by_day=by_day,
            started_at=work.started_at,
            newest_day=newest.get(marketplace_id),
            waits=work.waits if is_first_row else {},
            details=_details(work, part, marketplace_id),
        )
        write_entry(conn, entry)


def _details(work: Load, part: TableLoad, marketplace_id: str) -> dict[str, Any]:
    details = {name: value for name, value in work.details.items() if name != "signals"}
    if marketplace_id != work.first_marketplace:
        return details
    signals = Counter(work.details.get("signals", {})) + part.signals
    return details | ({"signals": dict(signals)} if signals else {})


def _parent_table(work: Load, table: Table) -> Table | None:
    return next((part.table for part in work.parts if part.table.key == table.replaced_by), None)
