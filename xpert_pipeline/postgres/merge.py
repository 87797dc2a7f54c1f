"""The statements that bring staged rows into a table, generated from its contract.

Rules, in this order: within a window the newest state of a record wins, then the last arrival; a set is replaced as a
whole (`row_sets`); a row is written only if it is new, or newer and different; columns that a source does not carry
stay as they are. Counts are exact, by business day.
"""

from psycopg import Connection
from psycopg.sql import SQL, Composed, Identifier

from xpert_pipeline.postgres.target import Days, Target, listed, same

DIFFERING = "keys told more than once with different values"


def lock_table_of_seller(conn: Connection, target: Target) -> None:
    """One load at a time into a seller's table: the transaction-level lock that makes the rules hold in parallel."""
    conn.execute(
        "select pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"xpert load {target.table.name} {target.seller_id}"]
    )


def drop_duplicates(conn: Connection, target: Target) -> int:
    """Leave one staged row per key: the newest state, of these the last to arrive.

    Returns:
        How many keys had rows of different values with nothing to tell which is the newer: the table has no version.
    """
    key = listed(target.table.key)
    repeated = SQL("select exists (select from {stage} group by {key} having count(*) > 1)")
    found = conn.execute(repeated.format(**target.names(key=key))).fetchone()
    if found is None or not found[0]:
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
    found = conn.execute(differing.format(**target.names(key=listed(target.table.key), facts=facts))).fetchone()
    return int(found[0]) if found else 0


def delete_missing(conn: Connection, target: Target, days: Identifier) -> Days:
    """Delete the rows of the days listed in `days (business_date)` that are not staged."""
    return target.counts(
        conn,
        SQL("""
        with gone as (
          delete from {table} as t using {days} as d
          where t.seller_id = %(seller_id)s and t.{day} = d.business_date
            and not exists (select from {stage} as s where {same_row})
          returning t.{day})
        select {day}, count(*) from gone group by 1
        """).format(**target.names(days=days, same_row=same("s", "t", target.table.key))),
    )


def upsert(conn: Connection, target: Target) -> tuple[Days, Days]:
    """Write staged rows that are new, or newer and different; rows that say nothing new are not even locked.

    Returns:
        Inserted and updated rows by business day.
    """
    rows = conn.execute(_upsert_statement(target), target.values).fetchall()
    return {day: new for day, new, _ in rows if new}, {day: changed for day, _, changed in rows if changed}


def _upsert_statement(target: Target) -> Composed:
    version, facts = target.table.version, target.facts
    newer = SQL("s.{version} >= o.{version} and ") if version else SQL("")
    guard = SQL("where excluded.{version} >= t.{version}") if version else SQL("")
    changed = SQL("({old}) is distinct from ({new})").format(old=listed(facts, "o"), new=listed(facts, "s"))
    day = SQL("t.{day}") if target.table.day else SQL("null::date")
    return SQL("""
    with merged as (
      insert into {table} as t (seller_id, {columns}, source, load_id)
      select %(seller_id)s, {staged}, %(source)s, %(load_id)s
      from {stage} as s left join {table} as o on o.seller_id = %(seller_id)s and {same}
      where o.id is null or ({newer}{changed})
      on conflict (seller_id, {key}) do update set {assignments}, source = excluded.source, load_id = excluded.load_id,
        updated_at = now()
      {guard}
      returning {returned} as day, (xmax = 0) as is_new)
    select day, count(*) filter (where is_new), count(*) filter (where not is_new) from merged group by day
    """).format(
        **target.names(
            columns=listed(target.columns),
            staged=listed(target.columns, "s"),
            same=same("o", "s", target.table.key),
            newer=newer.format(**target.names()),
            changed=changed,
            key=listed(target.table.key),
            assignments=SQL(", ").join(SQL("{0} = excluded.{0}").format(Identifier(name)) for name in facts),
            guard=guard.format(**target.names()),
            returned=day.format(**target.names()),
        )
    )
