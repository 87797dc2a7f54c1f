"""Replaces sets of rows, such as the lines of an order, if they were read completely, and never with an older state.

The statements work on staged rows (`staging`); `merge` writes the rows themselves.
"""

from collections.abc import Sequence
from datetime import date

from psycopg import Connection
from psycopg.sql import SQL, Composable, Identifier

from xpert_pipeline.postgres.target import Row, RowCounts, Target, listed, same
from xpert_pipeline.tables.contract import Table


def stage_sets_of_days(conn: Connection, target: Target, days: Sequence[tuple[str, date]], kept: Sequence[Row]) -> None:
    """List the sets that arrived, and those that the table has on days that were read completely; all are whole.

    Args:
        conn: The load's transaction.
        target: The table with the sets; its rows are staged. Its sets have no version.
        days: Marketplace and day.
        kept: Keys of rows that stay as they are, with their whole set.
    """
    columns = target.table.set_columns
    conn.execute(
        SQL(""" create temp table {name} on commit drop as select {set}, true as is_whole from {stage} union select
        {known}, true from {table} as t join unnest(%(places)s::text[], %(days)s::date[]) as d (place, day) on
        t.{marketplace} = d.place and t.{day} = d.day where t.seller_id = %(seller_id)s
        """).format(**target.names(name=Identifier(target.sets), set=listed(columns), known=listed(columns, "t"))),
        {**target.values, "places": [place for place, _ in days], "days": [day for _, day in days]},
    )
    places = [target.table.key.index(name) for name in columns]
    condition = SQL(" and ").join(SQL("{} = %s").format(Identifier(name)) for name in columns)
    with conn.cursor() as cursor:
        cursor.executemany(
            SQL("delete from {sets} where {condition}").format(**target.names(condition=condition)),
            list({tuple(key[place] for place in places) for key in kept}),
        )


def stage_sets(conn: Connection, target: Target, whole: Sequence[Row] | Table, *, shares_sets: bool = False) -> None:
    """List the sets that arrived, each with its newest version, and mark those that were read completely.

    Args:
        conn: The load's transaction.
        target: The table with the sets; its rows are staged.
        whole: The sets that were read completely, as values of the set's columns and of its version, if it has one. Or
            a table of the same load, each staged row of which identifies such a set.
        shares_sets: Whether the sets are those of that table, arrived or gone, and not only its staged rows.
    """
    columns = listed(_arrived_columns(target))
    arrived = SQL("select {columns}, true as is_whole from {whole}").format(
        columns=columns, whole=_whole_sets(conn, target, whole, shares_sets=shares_sets)
    )
    if set_version(target):
        arrived = SQL("{arrived} union all select {columns}, false from {stage}").format(
            **target.names(arrived=arrived, columns=columns)
        )
    newest = SQL(", max({version}) as {version}").format(**target.names()) if set_version(target) else SQL("")
    conn.execute(
        SQL("""
        create temp table {name} on commit drop as
        select {set}{newest}, bool_or(is_whole) as is_whole from ({arrived}) as arrived group by {set}
        """).format(name=Identifier(target.sets), set=listed(target.table.set_columns), newest=newest, arrived=arrived)
    )


def set_version(target: Target) -> str | None:
    """The column that orders the states of a set; None if the states have no order."""
    return target.table.version if target.table.replaced_by else None


def drop_stale_sets(conn: Connection, target: Target, parent: Table | None) -> None:
    """Drop staged sets, and their rows, if the database or another part of the load has a newer state of them.

    Args:
        conn: The load's transaction.
        target: The table with the sets.
        parent: The table of the same load whose records the sets belong to, such as the orders of the lines.
    """
    if set_version(target) is None:
        return
    known = [(target.table.name, target.table.version or "")]
    if parent is not None and parent.version:
        known.append((parent.name, parent.version))
    for place, version in known:
        conn.execute(
            SQL("""
            delete from {sets} as p using {known} as t
            where t.seller_id = %(seller_id)s and {same} and t.{known_version} > p.{version}
            """).format(
                **target.names(
                    known=Identifier(place),
                    known_version=Identifier(version),
                    same=same("t", "p", target.table.set_columns),
                )
            ),
            target.values,
        )
    conn.execute(
        SQL(
            "delete from {stage} as s"
            " where not exists (select from {sets} as p where {same} and p.{version} = s.{version})"
        ).format(**target.names(same=same("p", "s", target.table.set_columns)))
    )


def delete_gone(conn: Connection, target: Target, kept: Sequence[Row] = ()) -> RowCounts:
    """Delete rows that are missing from completely read sets, except rows whose keys are in `kept`."""
    spared: Composable = SQL("")
    if kept:
        spared = SQL("and not exists (select from {kept} as k where {same_key})").format(
            kept=_stage_kept(conn, target, kept), same_key=same("k", "t", target.table.key)
        )
    return target.counts(
        conn,
        SQL("""
        with gone as (
          delete from {table} as t using {sets} as p
          where t.seller_id = %(seller_id)s and p.is_whole and {same_set}
            and not exists (select from {stage} as s where {same_row}) {spared}
          returning t.{marketplace}, {returned_day} as day)
        select {marketplace}, day, count(*) from gone group by 1, 2
        """).format(
            **target.names(
                same_set=same("t", "p", target.table.set_columns),
                same_row=same("s", "t", target.table.key),
                spared=spared,
            )
        ),
    )


def _arrived_columns(target: Target) -> tuple[str, ...]:
    version = set_version(target)
    return (*target.table.set_columns, *((version,) if version else ()))


def _whole_sets(conn: Connection, target: Target, whole: Sequence[Row] | Table, *, shares_sets: bool) -> Identifier:
    """The temporary table that lists the completely read sets."""
    if isinstance(whole, Table):
        return Identifier("pg_temp", f"{'sets' if shares_sets else 'stage'}_{whole.name}")
    return _temporary_rows(conn, target, f"whole_{target.table.name}", _arrived_columns(target), whole)


def _stage_kept(conn: Connection, target: Target, kept: Sequence[Row]) -> Identifier:
    """A temporary table of the keys of rows that stay as they are."""
    return _temporary_rows(conn, target, f"kept_{target.table.name}", target.table.key, kept)


def _temporary_rows(
    conn: Connection, target: Target, name: str, columns: Sequence[str], rows: Sequence[Row]
) -> Identifier:
    """A temporary table of some of the target's columns, filled with rows."""
    conn.execute(
        SQL("create temp table {name} on commit drop as select {columns} from {table} with no data").format(
            **target.names(name=Identifier(name), columns=listed(columns))
        )
    )
    place = Identifier("pg_temp", name)
    with conn.cursor().copy(SQL("copy {place} from stdin").format(place=place)) as copy:
        for row in rows:
            copy.write_row(row)
    return place
