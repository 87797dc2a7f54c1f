"""Sets of rows, as the lines of an order: replaced as a whole, and never by a state older than the one known.

Statements over staged rows (`staging`); the rows themselves are written by `merge`.
"""

from collections.abc import Sequence

from psycopg import Connection
from psycopg.sql import SQL, Composable, Identifier

from xpert_pipeline.postgres.target import Days, Row, Target, listed, same
from xpert_pipeline.tables.contract import Table


def stage_sets(conn: Connection, target: Target, empty: Sequence[Row]) -> None:
    """List the sets that arrived, each with its newest state; a set without rows is told by `empty`."""
    parent = target.table.parent or ()
    empties = Identifier("pg_temp", f"empty_{target.table.name}")
    columns = listed((*parent, *_version(target)))
    conn.execute(
        SQL("create temp table {name} on commit drop as select {columns} from {stage} with no data").format(
            **target.names(name=Identifier(f"empty_{target.table.name}"), columns=columns)
        )
    )
    with conn.cursor().copy(SQL("copy {empties} from stdin").format(empties=empties)) as copy:
        for row in empty:
            copy.write_row(row)
    newest = SQL(", max({version}) as {version}").format(**target.names()) if target.table.version else SQL("")
    conn.execute(
        SQL("""
        create temp table {name} on commit drop as
        select {parent}{newest}
        from (select {columns} from {stage} union all select {columns} from {empties}) as arrived group by {parent}
        """).format(
            **target.names(
                name=Identifier(target.sets), parent=listed(parent), columns=columns, newest=newest, empties=empties
            )
        )
    )


def drop_stale_sets(conn: Connection, target: Target, parent_table: Table | None) -> None:
    """Forget staged sets, and rows of sets, that are older than what is known or than what else arrived."""
    if target.table.version is None:
        return
    parent = target.table.parent or ()
    known = [(target.table.name, target.table.version)]
    if parent_table is not None and parent_table.version:
        known.append((parent_table.name, parent_table.version))
    for place, version in known:
        conn.execute(
            SQL("""
            delete from {sets} as p using {known} as t
            where t.seller_id = %(seller_id)s and {same} and t.{known_version} > p.{version}
            """).format(
                **target.names(known=Identifier(place), known_version=Identifier(version), same=same("t", "p", parent))
            ),
            target.values,
        )
    conn.execute(
        SQL(
            "delete from {stage} as s"
            " where not exists (select from {sets} as p where {same} and p.{version} = s.{version})"
        ).format(**target.names(same=same("p", "s", parent)))
    )


def delete_gone(conn: Connection, target: Target, kept: Sequence[Row] = ()) -> Days:
    """Delete the rows of arrived sets that did not arrive with them, but for those whose keys are to be kept."""
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
          where t.seller_id = %(seller_id)s and {same_set} and not exists (select from {stage} as s where {same_row})
            {spared}
          returning t.{day})
        select {day}, count(*) from gone group by 1
        """).format(
            **target.names(
                same_set=same("t", "p", target.table.parent or ()),
                same_row=same("s", "t", target.table.key),
                spared=spared,
            )
        ),
    )


def _stage_kept(conn: Connection, target: Target, kept: Sequence[Row]) -> Identifier:
    """A temporary table of the keys of rows that stay as they are."""
    name = f"kept_{target.table.name}"
    conn.execute(
        SQL("create temp table {name} on commit drop as select {key} from {table} with no data").format(
            name=Identifier(name), key=listed(target.table.key), table=Identifier(target.table.name)
        )
    )
    place = Identifier("pg_temp", name)
    with conn.cursor().copy(SQL("copy {place} from stdin").format(place=place)) as copy:
        for key in kept:
            copy.write_row(key)
    return place


def _version(target: Target) -> tuple[str, ...]:
    return (target.table.version,) if target.table.version else ()
