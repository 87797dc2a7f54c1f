"""The statements that bring staged rows into a table, generated from its contract.

Rules, in this order: within a window the newest state of a record wins, then the last arrival; a set (the lines of
an order) is replaced as a whole, and never by a state older than the one known; a row is written only if it is new,
or newer and different; columns that a source does not carry stay as they are. Counts are exact, by business day.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.sql import SQL, Composable, Composed, Identifier

from xpert_pipeline.postgres.plain_json import dump_json
from xpert_pipeline.tables.contract import Table

Row = tuple[Any, ...]
Days = dict[date | None, int]
DIFFERING = "keys told more than once with different values"


@dataclass(frozen=True)
class Target:
    """Where rows go: a table, the columns carried, and what is written beside them."""

    table: Table
    columns: tuple[str, ...]
    seller_id: UUID
    source: str
    load_id: UUID

    def __post_init__(self) -> None:
        needed = {*self.table.key, *(name for name in (self.table.day, self.table.version) if name)}
        if missing := needed - set(self.columns):
            raise ValueError(f"{self.table.name}: a load must carry {', '.join(sorted(missing))}")
        if unknown := set(self.columns) - set(self.table.columns):
            raise ValueError(f"{self.table.name} has no column {', '.join(sorted(unknown))}")

    @property
    def values(self) -> dict[str, Any]:
        """Parameters of the statements."""
        return {"seller_id": self.seller_id, "source": self.source, "load_id": self.load_id}

    @property
    def stage(self) -> str:
        """Name of the temporary table of arrived rows."""
        return f"stage_{self.table.name}"

    @property
    def sets(self) -> str:
        """Name of the temporary table of arrived sets."""
        return f"sets_{self.table.name}"

    @property
    def facts(self) -> tuple[str, ...]:
        """Carried columns beside the key."""
        return tuple(name for name in self.columns if name not in self.table.key)

    def names(self, **more: Composable) -> dict[str, Composable]:
        """Identifiers that the statements share."""
        return {
            "table": Identifier(self.table.name),
            "stage": Identifier("pg_temp", self.stage),
            "sets": Identifier("pg_temp", self.sets),
            "day": Identifier(self.table.day) if self.table.day else SQL("null::date"),
            "version": Identifier(self.table.version or ""),
            **more,
        }


def make_stage(conn: Connection, target: Target) -> None:
    """An empty temporary table of the carried columns, with the table's own types (so values round alike)."""
    statement = SQL("create temp table {name} on commit drop as select {columns} from {table} with no data")
    conn.execute(
        statement.format(
            name=Identifier(target.stage), columns=listed(target.columns), table=Identifier(target.table.name)
        )
    )


def copy_rows(conn: Connection, target: Target, rows: Iterable[Row]) -> None:
    """One COPY of all rows into the stage."""
    statement = SQL("copy {stage} ({columns}) from stdin").format(**target.names(columns=listed(target.columns)))
    written_here = _written_here(conn, target)
    with conn.cursor().copy(statement) as copy:
        for row in _rendered(rows, written_here) if written_here else rows:
            copy.write_row(row)


def count_staged(conn: Connection, target: Target) -> Days:
    """Staged rows by business day."""
    return dict(conn.execute(SQL("select {day}, count(*) from {stage} group by 1").format(**target.names())).fetchall())


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
                **target.names(known=Identifier(place), known_version=Identifier(version), same=_same("t", "p", parent))
            ),
            target.values,
        )
    conn.execute(
        SQL(
            "delete from {stage} as s"
            " where not exists (select from {sets} as p where {same} and p.{version} = s.{version})"
        ).format(**target.names(same=_same("p", "s", parent)))
    )


def delete_gone(conn: Connection, target: Target, kept: Sequence[Row] = ()) -> Days:
    """Delete the rows of arrived sets that did not arrive with them, but for those whose keys are to be kept."""
    spared: Composable = SQL("")
    if kept:
        spared = SQL("and not exists (select from {kept} as k where {same_key})").format(
            kept=_stage_kept(conn, target, kept), same_key=_same("k", "t", target.table.key)
        )
    return _counts(
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
                same_set=_same("t", "p", target.table.parent or ()),
                same_row=_same("s", "t", target.table.key),
                spared=spared,
            )
        ),
        target,
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


def delete_missing(conn: Connection, target: Target, days: Identifier) -> Days:
    """Delete the rows of the days listed in `days (business_date)` that are not staged."""
    return _counts(
        conn,
        SQL("""
        with gone as (
          delete from {table} as t using {days} as d
          where t.seller_id = %(seller_id)s and t.{day} = d.business_date
            and not exists (select from {stage} as s where {same_row})
          returning t.{day})
        select {day}, count(*) from gone group by 1
        """).format(**target.names(days=days, same_row=_same("s", "t", target.table.key))),
        target,
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
            same=_same("o", "s", target.table.key),
            newer=newer.format(**target.names()),
            changed=changed,
            key=listed(target.table.key),
            assignments=SQL(", ").join(SQL("{0} = excluded.{0}").format(Identifier(name)) for name in facts),
            guard=guard.format(**target.names()),
            returned=day.format(**target.names()),
        )
    )


def _counts(conn: Connection, statement: Composed, target: Target) -> Days:
    return dict(conn.execute(statement, target.values).fetchall())


def _version(target: Target) -> tuple[str, ...]:
    return (target.table.version,) if target.table.version else ()


def listed(names: Iterable[str], prefix: str | None = None) -> Composed:
    """Names as a column list."""
    return SQL(", ").join(Identifier(prefix, name) if prefix else Identifier(name) for name in names)


def _same(left: str, right: str, names: Iterable[str]) -> Composed:
    return SQL(" and ").join(SQL("{} = {}").format(Identifier(left, name), Identifier(right, name)) for name in names)


def _written_here(conn: Connection, target: Target) -> list[tuple[int, Callable[[Any], str]]]:
    """Places of values that are written as text before psycopg sees them, and how."""
    cursor = conn.execute(
        SQL("select {columns} from {stage} limit 0").format(**target.names(columns=listed(target.columns)))
    )
    types = conn.adapters.types
    writers: dict[int, Callable[[Any], str]] = {
        types["jsonb"].oid: dump_json,
        types["text"].array_oid: text_array,
    }
    columns = enumerate(cursor.description or ())
    return [(place, writers[column.type_code]) for place, column in columns if column.type_code in writers]


def _rendered(rows: Iterable[Row], writers: Sequence[tuple[int, Callable[[Any], str]]]) -> Iterator[Sequence[Any]]:
    for row in rows:
        values = list(row)
        for place, write in writers:
            if values[place] is not None:
                values[place] = write(values[place])
        yield values


def text_array(words: Sequence[str | None]) -> str:
    """A text[] as PostgreSQL reads it; psycopg's own way looks for the type in every single list."""
    quoted = ["null" if word is None else f'"{_escaped(word)}"' for word in words]
    return "{" + ",".join(quoted) + "}"


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace('"', '\\"')
