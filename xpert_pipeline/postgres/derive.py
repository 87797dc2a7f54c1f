"""Recomputes a derived table for the days whose inputs changed, in one transaction.

A transform is one SELECT that returns the table's rows for the days in the temporary table `dirty (business_date)`, in
all marketplaces. The temporary table `zones (marketplace_id, timezone)` has the time zones of all
marketplaces, for transforms that need the local day of a time. Only rows that differ are written, and rows of these
days that the SELECT does not return are deleted. A table without a day is computed as a whole. The SELECT runs in a
later statement than the one that takes the dirty keys, so it sees all the data that made them dirty.

A changed day can change other days of the table: those whose windows it is part of, or the first day of its month. A
second SELECT then reads `dirty` and returns the days to add to it, before the transform runs.

If changes of a table are narrowed by a `subject`, such as the SKU, `dirty (business_date, subject)` says which subjects
of a day changed. A NULL means all of them, and the day then has no other row. The transform returns all rows of these
days or subjects; rows of other subjects are neither computed nor deleted. The second SELECT returns a `subject`, too.
Days that are computed in any case, and days with many changed subjects, are whole. Without a subject, every day is.

If Python computes the rows (`computed`), the transform returns what they are computed from instead. It is then read in
every run, and nothing is computed or written while it returns the same as before.

The ledger keeps a fingerprint of both SELECTs and of their parameters. When it changes with a new version or a setting,
or when there is none yet, all days of the inputs are computed once, because no change has marked them for this SELECT.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, LiteralString
from uuid import UUID, uuid4

from psycopg import Connection
from psycopg.sql import SQL, Identifier

from xpert_pipeline.postgres import merge, staging
from xpert_pipeline.postgres.computed import Computation, read_input
from xpert_pipeline.postgres.dirty_days import history, make_dirty, take_days
from xpert_pipeline.postgres.lease import Lease
from xpert_pipeline.postgres.ledger import (
    CountsByDay,
    LedgerEntry,
    LoadCounts,
    LoadWindow,
    committed,
    counts_by_marketplace,
    newest_days,
    total,
    write_entry,
)
from xpert_pipeline.postgres.loading import repeat
from xpert_pipeline.postgres.pool import Pool
from xpert_pipeline.postgres.statistics import refresh_statistics
from xpert_pipeline.postgres.target import Row, Target, listed
from xpert_pipeline.tables.contract import Table

TRANSFORM = "transform"
"""The name of the fingerprint in `loads.details`."""
KNOWN = """
select details ->> %(name)s from loads
where seller_id = %(seller_id)s and table_name = %(table)s and details ? %(name)s
order by finished_at desc limit 1
"""


def derive(  # noqa: PLR0913  keywords only: everything that the ledger records
    pool: Pool,
    *,
    seller_id: UUID,
    table: Table,
    statement: LiteralString,
    lease: Lease,
    run_id: str,
    requested_days: Sequence[date],
    computed_days: Sequence[date] | None = None,
    started_at: datetime,
    timezones: Mapping[str, str] | None = None,
    more_days: LiteralString | None = None,
    parameters: Mapping[str, Any] | None = None,
    consumer: str | None = None,
    subject: str | None = None,
    inputs: Sequence[str] = (),
    details: Mapping[str, Any] | None = None,
    deletes: bool = True,
    computation: Computation | None = None,
    again: bool = False,
) -> LoadCounts:
    """Recompute the days marked dirty for a table, and the days that are asked for in any case.

    The ledger gets one row for each of the seller's marketplaces, and for any other marketplace whose rows changed.

    Args:
        pool: The pipeline's pool.
        seller_id: The tenant.
        table: The derived table's contract.
        statement: Its transform: one SELECT, with `%(seller_id)s`; columns that it does not return stay as they are.
        lease: The lease of the table's stream; it must still be held at the end.
        run_id: The Dagster run.
        requested_days: The run's partitions; changes of other days count for the last of them.
        computed_days: The days to compute even if nothing marked them; default: the requested days.
        started_at: When the asset began.
        timezones: Time zones of all marketplaces; a seller may have left one whose rows stay.
        more_days: One SELECT of a `business_date`, with `%(seller_id)s`: the days of the table that change, too, when
            the days in `dirty` change; with a subject, also of a `subject`.
        parameters: Values of further parameters of both statements.
        consumer: The consumer whose dirty keys are taken; default: the table's name.
        subject: The table's column that narrows its changes; it is part of its key.
        inputs: The tables that the transform reads; if they have grown much, their statistics are refreshed first.
        details: For `loads.details`.
        deletes: Whether the transform returns all rows of its days, so that the others are deleted. If not, rows that
            it does not return stay.
        computation: How Python computes the rows from those that the transform returns; only for tables without a day.
        again: Whether they are computed even if the transform returns the same as before.

    Returns:
        Counts, summed over the marketplaces; `fetched` counts the rows that the transform returned.

    Raises:
        LeaseLost: Another process took over the stream; nothing was kept.
        DatabaseError: The database failed; nothing was kept, and the message contains no data.
    """
    if not requested_days:
        raise ValueError("a derivation needs at least one partition")
    refresh_statistics(pool, inputs)
    load_id = uuid4()
    select = statement.strip().rstrip(";")
    more = more_days.strip().rstrip(";") if more_days else None
    values = {**(parameters or {}), "seller_id": seller_id}
    always = requested_days if computed_days is None else computed_days

    def work(conn: Connection) -> dict[str, LoadCounts]:
        _make_zones(conn, timezones or {})
        make_dirty(conn)
        columns = table.columns if computation else _columns(conn, select, values)
        target = Target(table, columns, seller_id, "derived", load_id)
        merge.lock_table_of_seller(conn, target)
        if done := committed(conn, load_id):
            return done
        given = read_input(conn, select, values) if computation else None
        code = f"{computation.version} {given.digest}" if computation and given else ""
        fingerprint = _fingerprint(select, more, {**(parameters or {}), **({"computed": code} if code else {})})
        known = conn.execute(KNOWN, {**target.values, "name": TRANSFORM, "table": table.name}).fetchone()
        is_known = known == (fingerprint,)
        own = consumer or table.name
        all_days = [] if is_known else history(conn, own, table, seller_id)
        days = take_days(conn, own, [*always, *all_days], more, values, is_narrowed=subject is not None)
        stays = bool(computation) and is_known and not again
        rows = computation.compute(given.rows, parameters or {}) if computation and given and not stays else ()
        fill = _copied(rows) if computation else _selected(select, values)
        by_marketplace, newest = _recompute(
            conn, target, fill, requested_days, subject=subject, deletes=deletes and not stays
        )
        for marketplace_id, by_day in by_marketplace.items():
            entry = LedgerEntry(
                load_id=load_id,
                table_name=table.name,
                seller_id=seller_id,
                marketplace_id=marketplace_id,
                source="derived",
                window=LoadWindow("derived", *_span(days or requested_days)),
                run_id=run_id,
                by_day=by_day,
                started_at=started_at,
                newest_day=newest.get(marketplace_id),
                details={**(details or {}), "days": len(days), TRANSFORM: fingerprint},
            )
            write_entry(conn, entry)
        lease.fence(conn)
        return {table.name: total(total(by_day.values()) for by_day in by_marketplace.values())}

    return total(repeat(pool, seller_id, load_id, work).values())


def _make_zones(conn: Connection, timezones: Mapping[str, str]) -> None:
    conn.execute("create temp table zones (marketplace_id text not null, timezone text not null) on commit drop")
    fill = "insert into zones (marketplace_id, timezone) select * from unnest(%s::text[], %s::text[])"
    conn.execute(fill, [list(timezones), list(timezones.values())])


def _fingerprint(select: str, more: str | None, parameters: Mapping[str, Any]) -> str:
    """Return what changes when the statements or their parameters do."""
    given = "".join(f"\n{name}={value}" for name, value in sorted(parameters.items()))
    return hashlib.sha256((select + (more or "") + given).encode()).hexdigest()[:12]


def _columns(conn: Connection, select: LiteralString, values: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the columns of the transform, in its order."""
    cursor = conn.execute(SQL("select * from ({}) as rows limit 0").format(SQL(select)), values)
    return tuple(column.name for column in cursor.description or ())


Fill = Callable[[Connection, Target], None]
"""Fills the stage."""


def _selected(select: LiteralString, values: Mapping[str, Any]) -> Fill:
    def fill(conn: Connection, target: Target) -> None:
        names = target.names(columns=listed(target.columns), select=SQL(select))
        insert = SQL("insert into {stage} ({columns}) select {columns} from ({select}) as rows")
        conn.execute(insert.format(**names), values)

    return fill


def _copied(rows: Iterable[Row]) -> Fill:
    return lambda conn, target: staging.copy_rows(conn, target, rows)


def _recompute(
    conn: Connection, target: Target, fill: Fill, requested: Sequence[date], *, subject: str | None, deletes: bool
) -> tuple[dict[str, CountsByDay], dict[str, date]]:
    staging.make_stage(conn, target)
    fill(conn, target)
    conn.execute(SQL("analyze {stage}").format(**target.names()))
    staged = staging.count_staged(conn, target)
    days = Identifier("pg_temp", "dirty") if target.table.day else None
    deleted = merge.delete_missing(conn, target, days, subject) if deletes else {}
    inserted, updated = merge.upsert(conn, target)
    changed = {marketplace_id for marketplace_id, _ in {*inserted, *updated, *deleted}}
    marketplaces = list(dict.fromkeys([*_marketplaces(conn, target.seller_id), *sorted(changed)]))
    staged = {
        (marketplace_id, day): rows for (marketplace_id, day), rows in staged.items() if marketplace_id in marketplaces
    }
    partitions = dict.fromkeys(marketplaces, requested)
    return counts_by_marketplace(partitions, staged, inserted, updated, deleted), newest_days(staged)


def _marketplaces(conn: Connection, seller_id: UUID) -> list[str]:
    """Return the seller's marketplaces, the first one first."""
    row = conn.execute("select marketplace_ids from sellers where id = %s", [seller_id]).fetchone()
    return list(row[0]) if row else []


def _span(days: Sequence[date]) -> tuple[datetime, datetime]:
    """Return the first day's start and the last day's end; local days are written as if they were days in UTC."""
    midnight = time(tzinfo=UTC)
    return datetime.combine(min(days), midnight), datetime.combine(max(days) + timedelta(days=1), midnight)
