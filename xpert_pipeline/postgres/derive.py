"""Recomputes a derived table for the days whose inputs changed, in one transaction.

A transform is one SELECT that gives the table's rows for the days in the temporary table `dirty (business_date)`.
What differs is written, what is equal is not, and rows of those days that the SELECT no longer gives are deleted.
Taking the dirty keys comes first and the SELECT in a later statement: so it sees all data of every key taken.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, LiteralString
from uuid import UUID, uuid4

from psycopg import Connection
from psycopg.sql import SQL, Identifier

from xpert_pipeline.postgres import merge, staging
from xpert_pipeline.postgres.lease import Lease
from xpert_pipeline.postgres.ledger import LedgerEntry, LoadCounts, LoadWindow, committed, total, write_entry
from xpert_pipeline.postgres.loading import by_partition, repeat
from xpert_pipeline.postgres.pool import Pool
from xpert_pipeline.postgres.target import Target, listed
from xpert_pipeline.tables.contract import Table

TAKE = """
with taken as (
  delete from dirty_keys where consumer = %(consumer)s and seller_id = %(seller_id)s returning business_date)
insert into dirty (business_date)
select business_date from taken union select unnest(%(requested)s::date[])
returning business_date
"""


def derive(  # noqa: PLR0913  keywords only: all that the ledger says
    pool: Pool,
    *,
    seller_id: UUID,
    table: Table,
    statement: LiteralString,
    lease: Lease,
    run_id: str,
    requested_days: Sequence[date],
    started_at: datetime,
    consumer: str | None = None,
    details: dict[str, Any] | None = None,
) -> LoadCounts:
    """Recompute the days marked dirty for a table and the days asked for.

    Args:
        pool: The pipeline's pool.
        seller_id: The tenant.
        table: The derived table's contract.
        statement: Its transform: one SELECT, with `%(seller_id)s`; columns it does not give are left as they are.
        lease: Of the table's stream; must still be held at the end.
        run_id: The Dagster run.
        requested_days: The run's partitions; changes of other days are counted for the last of these.
        started_at: When the asset began.
        consumer: Whose dirty keys are taken; default: the table's name.
        details: For `loads.details`.

    Returns:
        Counts; fetched are the rows computed.

    Raises:
        LeaseLost: Another process took over; nothing was kept.
        DatabaseError: Explained, without data; nothing was kept.
    """
    if not requested_days:
        raise ValueError("a derivation belongs to at least one partition")
    load_id = uuid4()
    select = statement.strip().rstrip(";")

    def work(conn: Connection) -> dict[str, LoadCounts]:
        target = Target(table, _columns(conn, select, seller_id), seller_id, "derived", load_id)
        merge.lock_table_of_seller(conn, target)
        if done := committed(conn, load_id):
            return done
        days = _take_days(conn, consumer or table.name, seller_id, requested_days)
        by_day, newest = _recompute(conn, target, select, requested_days)
        window = LoadWindow("derived", *_span(days))
        entry = LedgerEntry(
            load_id=load_id,
            table_name=table.name,
            seller_id=seller_id,
            source="derived",
            window=window,
            run_id=run_id,
            by_day=by_day,
            started_at=started_at,
            newest_day=newest,
            details={**(details or {}), "days": len(days)},
        )
        write_entry(conn, entry)
        lease.fence(conn)
        return {table.name: entry.counts}

    return total(repeat(pool, seller_id, load_id, work).values())


def _columns(conn: Connection, select: LiteralString, seller_id: UUID) -> tuple[str, ...]:
    """The columns that the transform gives, in its order."""
    conn.execute("create temp table dirty (business_date date not null) on commit drop")
    cursor = conn.execute(SQL("select * from ({}) as given limit 0").format(SQL(select)), {"seller_id": seller_id})
    return tuple(column.name for column in cursor.description or ())


def _take_days(conn: Connection, consumer: str, seller_id: UUID, requested: Sequence[date]) -> list[date]:
    given = {"consumer": consumer, "seller_id": seller_id, "requested": list(requested)}
    days = [day for (day,) in conn.execute(TAKE, given).fetchall()]
    conn.execute("analyze dirty")
    return days


def _recompute(
    conn: Connection, target: Target, select: LiteralString, requested: Sequence[date]
) -> tuple[dict[date, LoadCounts], date | None]:
    staging.make_stage(conn, target)
    names = target.names(columns=listed(target.columns), select=SQL(select))
    fill = SQL("insert into {stage} ({columns}) select {columns} from ({select}) as given")
    conn.execute(fill.format(**names), target.values)
    conn.execute(SQL("analyze {stage}").format(**names))
    staged = staging.count_staged(conn, target)
    deleted = merge.delete_missing(conn, target, Identifier("pg_temp", "dirty"))
    inserted, updated = merge.upsert(conn, target)
    return by_partition(requested, staged, inserted, updated, deleted), max(
        (day for day in staged if day is not None), default=None
    )


def _span(days: Sequence[date]) -> tuple[datetime, datetime]:
    """From the first day's start to the last day's end; days here are the marketplace's, written as UTC."""
    midnight = time(tzinfo=UTC)
    return datetime.combine(min(days), midnight), datetime.combine(max(days) + timedelta(days=1), midnight)
