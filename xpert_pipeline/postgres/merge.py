"""Merges staged rows into a table, with statements generated from its contract.

Rules, in this order: within a window the newest state of a record wins, then the last to arrive; a set that was read
completely is replaced (`row_sets`); a row is written only if it is new, or newer and different; columns that a source
does not fill stay as they are, and so do those that it does not know for a row; an inferred value never replaces what
is known of the same state. Counts are exact, by marketplace and business day.
"""

from collections.abc import Iterable

from psycopg import Connection
from psycopg.sql import SQL, Composable, Composed, Identifier

from xpert_pipeline.postgres.locks import lock_of_seller
from xpert_pipeline.postgres.target import RowCounts, Target, listed, same

DIFFERING = "keys that arrived more than once with different values"


def lock_table_of_seller(conn: Connection, target: Target) -> None:
    """Lock a seller's table until the transaction ends, so that only one load at a time merges into it."""
    lock_of_seller(conn, target.seller_id, f"load {target.table.name}")


def drop_duplicates(conn: Connection, target: Target) -> int:
    """Keep one staged row per key: the newest state, and among equally new ones the last to arrive.

    Returns:
        Number of keys that arrived with different rows and without a version to order them.
    """
    key = listed(target.table.key)
    repeated = SQL("select exists (select from {stage} group by {key} having count(*) > 1)")
    answer = conn.execute(repeated.format(**target.names(key=key))).fetchone()
    if answer is None or not answer[0]:
        return 0
    differing = 0 if target.table.version else _count_differing(conn, target)
    order = SQL("{version} desc, ctid desc" if target.table.version else "ctid desc").format(**target.names())
    conn.execute(
        SQL("""
        delete from {stage} as s
        using (
          select ctid as place, row_number() over (partition by {key} order by {order}) as number from {stage}
        ) as d
        where s.ctid = d.place and d.number > 1
        """).format(**target.names(key=key, order=order))
    )
    return differing


def _count_differing(conn: Connection, target: Target) -> int:
    differing = SQL("""
    select count(*)
    from (select from {stage} group by {key} having count(distinct row({facts})) > 1) as repeated
    """)
    facts = listed(target.facts)
    row = conn.execute(differing.format(**target.names(key=listed(target.table.key), facts=facts))).fetchone()
    return int(row[0]) if row else 0


OF_DAYS = SQL("t.{day} in (select d.business_date from {days} as d)")
OF_SUBJECTS = SQL("""
{of_days} and (
  t.{day} in (select d.business_date from {days} as d where d.subject is null)
  or (t.{day}, t.{subject}) in (select d.business_date, d.subject from {days} as d where d.subject is not null))
""")


def delete_missing(conn: Connection, target: Target, days: Identifier | None, subject: str | None = None) -> RowCounts:
    """Delete the rows of the days listed in `days (business_date)` that are not staged; without days, of the table.

    Args:
        conn: The transaction.
        target: The table and its staged rows.
        days: The list of days.
        subject: The table's column for which `days` has a `subject`: the row of a day is deleted only if the list has
            its subject, or NULL for all of them.
    """
    own_day = SQL("true") if days is None else OF_DAYS if subject is None else OF_SUBJECTS
    names = target.names(
        days=days or SQL(""), same_row=same("s", "t", target.table.key), subject=Identifier(subject or "subject")
    )
    names["of_days"] = OF_DAYS.format(**names)
    return target.counts(
        conn,
        SQL("""
        with gone as (
          delete from {table} as t
          where t.seller_id = %(seller_id)s and {own_day}
            and not exists (select from {stage} as s where {same_row})
          returning t.{marketplace}, {returned_day} as day)
        select {marketplace}, day, count(*) from gone group by 1, 2
        """).format(**names, own_day=own_day.format(**names)),
    )


def upsert(conn: Connection, target: Target) -> tuple[RowCounts, RowCounts]:
    """Write staged rows that are new, or newer and different; unchanged rows are not even locked.

    Returns:
        Inserted rows and updated rows, each by marketplace and business day.
    """
    statement = _upsert_statement(target) if _knows_any(conn, target) else _insert_statement(target)
    rows = conn.execute(statement, target.values).fetchall()
    inserted = {(marketplace_id, day): new for marketplace_id, day, new, _ in rows if new}
    return inserted, {(marketplace_id, day): changed for marketplace_id, day, _, changed in rows if changed}


def _knows_any(conn: Connection, target: Target) -> bool:
    """Whether the table has any of the staged keys. A first load has none, and is faster without ON CONFLICT.

    The lock of the table keeps other loads from adding one until this transaction ends.
    """
    statement = SQL("""
    select exists (
      select from {stage} as s inner join {table} as o on o.seller_id = %(seller_id)s and {same})
    """).format(**target.names(same=same("o", "s", target.table.key)))
    row = conn.execute(statement, target.values).fetchone()
    return row is not None and bool(row[0])


def _insert_statement(target: Target) -> Composed:
    return SQL("""
    with merged as (
      insert into {table} as t (seller_id, {columns}, source, load_id)
      select %(seller_id)s, {columns}, %(source)s, %(load_id)s from {stage}
      returning t.{marketplace}, {returned_day} as day)
    select {marketplace}, day, count(*), 0 from merged group by 1, 2
    """).format(**target.names(columns=listed(target.columns)))


def _upsert_statement(target: Target) -> Composed:
    version, facts = target.table.version, target.facts
    newer = SQL("s.{version} >= o.{version} and ") if version else SQL("")
    guard = SQL("where excluded.{version} >= t.{version}") if version else SQL("")
    changed = SQL("({old}) is distinct from ({new})").format(old=listed(facts, "o"), new=_values(target, facts))
    return SQL("""
    with merged as (
      insert into {table} as t (seller_id, {columns}, source, load_id)
      select %(seller_id)s, {staged}, %(source)s, %(load_id)s
      from {stage} as s left join {table} as o on o.seller_id = %(seller_id)s and {same}
      where o.id is null or ({newer}{changed})
      on conflict (seller_id, {key}) do update set {assignments}, source = excluded.source, load_id = excluded.load_id,
        updated_at = now()
      {guard}
      returning t.{marketplace}, {returned_day} as day, (xmax = 0) as is_new)
    select {marketplace}, day, count(*) filter (where is_new), count(*) filter (where not is_new)
    from merged group by 1, 2
    """).format(
        **target.names(
            columns=listed(target.columns),
            staged=_values(target, target.columns),
            same=same("o", "s", target.table.key),
            newer=newer.format(**target.names()),
            changed=changed,
            key=listed(target.table.key),
            assignments=SQL(", ").join(SQL("{0} = excluded.{0}").format(Identifier(name)) for name in facts),
            guard=guard.format(**target.names()),
        )
    )


def _values(target: Target, names: Iterable[str]) -> Composed:
    """The values to write: those that arrived, except for inferred, sparse and decided columns that are known already.

    In an inferred column stays what is known of the same state; in a sparse one, NULL leaves what is known; in a
    decided one always stays what is known.
    """
    known = SQL("case when o.{version} = s.{version} then coalesce(o.{name}, s.{name}) else s.{name} end")

    def value(name: str) -> Composable:
        if name in target.inferred:
            return known.format(**target.names(name=Identifier(name)))
        if name in target.decided:
            return SQL("coalesce({}, {})").format(Identifier("o", name), Identifier("s", name))
        arrived = Identifier("s", name)
        return SQL("coalesce({}, {})").format(arrived, Identifier("o", name)) if name in target.sparse else arrived

    return SQL(", ").join(map(value, names))
