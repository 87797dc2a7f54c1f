"""Copies the rows that a run left, shifted to other days and sellers, for `idle_year`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.sql import SQL, Composable, Identifier

OWN = ("loads", "fact_stream", "report_requests", "change_asks")
DAGSTERS = ("runs", "run_tags", "event_logs", "asset_check_executions")
GROWING = (*OWN, *DAGSTERS)
SINCE = {
    "loads": "finished_at",
    "fact_stream": "created_at",
    "report_requests": "created_at",
    "runs": "create_timestamp",
    "event_logs": "timestamp",
    "asset_check_executions": "create_timestamp",
}
RESTATED = "interval '46 days'"
"""A day's reading of changes begins where that of the day before ended, and one of restated days reads them all again.
The second run of the template, minutes after the first, had read them a moment ago."""
NUMBERED = ("runs", "run_tags", "event_logs", "asset_check_executions")
"""Tables whose column `id` the database numbers."""


@dataclass(frozen=True)
class Template:
    """What one run left: its rows are kept in tables of their own, named after the originals.

    Attributes:
        at: When it was read, by the database's clock.
        counts: Number of rows by table.
    """

    at: datetime
    counts: Mapping[str, int]


def read_template(connection: psycopg.Connection, after: Template | None = None) -> Template:
    """Keep the rows that were written after an earlier template; without one, only note the time."""
    (now,) = connection.execute("select clock_timestamp()").fetchone() or (None,)
    assert now is not None
    if after is None:
        return Template(now, {})
    connection.execute("create schema if not exists template")
    counts = {}
    for table, column in SINCE.items():
        statement = SQL("create table template.{0} as select * from {1} where {2} >= {3}")
        since: Composable = SQL("%s") if table in OWN else SQL("(%s::timestamptz at time zone 'UTC')")
        names = Identifier(table), _name(table), Identifier(column), since
        connection.execute(_literal(connection, statement.format(*names), after.at))
        counts[table] = _count(connection, SQL("template.{}").format(Identifier(table)))
    connection.execute(
        "create table template.run_tags as select t.* from dagster.run_tags t join template.runs r using (run_id)"
    )
    counts["run_tags"] = _count(connection, SQL("template.run_tags"))
    return Template(after.at, counts)


def add_sellers(connection: psycopg.Connection, number: int) -> None:
    """Add sellers like the first one, until there are so many."""
    columns = _columns(connection, "public", "sellers")
    changed = {"id": SQL("gen_random_uuid()"), "amazon_seller_id": SQL("amazon_seller_id || '-' || n")}
    connection.execute(
        SQL("insert into sellers ({names}) select {values} from sellers, generate_series(2, {number}) as n").format(
            names=SQL(", ").join(map(Identifier, columns)),
            values=SQL(", ").join(changed.get(name, Identifier(name)) for name in columns),
            number=number,
        )
    )


def copy_day(
    connection: psycopg.Connection, template: Template, moment: datetime, tables: Sequence[str] = GROWING
) -> None:
    """Insert copies of the template for each seller, as if the run had been at a time."""
    for table in (table for table in tables if table in template.counts):
        schema = "public" if table in OWN else "dagster"
        columns = [name for name in _columns(connection, schema, table) if not (name == "id" and table in NUMBERED)]
        values = SQL(", ").join(_value(connection, schema, table, name) for name in columns)
        statement = SQL(
            "insert into {target} ({names}) select {values} from template.{source} as t"
            " cross join (select id as new_seller, row_number() over (order by id) as n from sellers) as s"
            " cross join (select {moment}::timestamptz - {at}::timestamptz as ago) as d on conflict do nothing"
        ).format(
            target=_name(table),
            names=SQL(", ").join(map(Identifier, columns)),
            values=values,
            source=Identifier(table),
            moment=moment.isoformat(),
            at=template.at.isoformat(),
        )
        connection.execute(statement)


def sizes(connection: psycopg.Connection, tables: Sequence[str] = GROWING) -> dict[str, dict[str, int]]:
    """Rows and bytes, with indexes, of each table."""
    found = {}
    for table in tables:
        connection.execute(SQL("vacuum (full, analyze) {}").format(_name(table)))
        (size,) = connection.execute(
            SQL("select pg_total_relation_size({}::regclass)").format(_name(table).as_string(connection))
        ).fetchone() or (0,)
        found[table] = {"rows": _count(connection, _name(table)), "bytes": int(size)}
    return found


def _value(connection: psycopg.Connection, schema: str, table: str, column: str) -> Composable:
    """The value of a column in a copy: other ids, times and seller, the same everything else."""
    kind = _columns(connection, schema, table)[column]
    name = Identifier("t", column)
    mark = SQL("(d.ago::text || s.n)")
    text = SQL("{}")
    if (table, column) == ("loads", "window_start"):
        text = SQL("case window_kind when 'updated' then t.window_end - interval '1 day 5 minutes'"
                   " when 'created' then t.window_end - " + RESTATED + " else {} end + d.ago")  # fmt: skip
    elif column == "seller_id":
        text = SQL("s.new_seller")
    elif column in ("load_id", "run_id") or (column == "id" and kind == "uuid"):
        text = SQL("md5({}::text || {mark})::uuid::" + ("uuid" if kind == "uuid" else "text"))
    elif column in ("event_id", "amazon_id", "document_id"):
        text = SQL("{} || {mark}")
    elif column in ("run_body", "event", "evaluation_event"):
        text = SQL("replace({}, t.run_id, md5(t.run_id::text || {mark})::uuid::text)")
    elif column in ("start_time", "end_time"):
        text = SQL("{} + extract(epoch from d.ago)")
    elif kind.startswith("timestamp"):
        text = SQL("{} + d.ago")
    elif kind == "date":
        text = SQL("({} + d.ago)::date")
    return text.format(name, mark=mark)


def _columns(connection: psycopg.Connection, schema: str, table: str) -> dict[str, str]:
    rows = connection.execute(
        "select column_name, data_type from information_schema.columns where table_schema = %s and table_name = %s"
        " and is_generated = 'NEVER' order by ordinal_position",
        [schema, table],
    ).fetchall()
    return dict(rows)


def _name(table: str) -> Identifier:
    return Identifier("public" if table in OWN else "dagster", table)


def _count(connection: psycopg.Connection, name: Any) -> int:
    (count,) = connection.execute(SQL("select count(*) from {}").format(name)).fetchone() or (0,)
    return int(count)


def _literal(connection: psycopg.Connection, statement: Any, moment: datetime) -> bytes:
    """The statement with the time in it: CREATE TABLE takes no parameters."""
    text = statement.as_string(connection)
    return str(text).replace("%s", f"'{moment.isoformat()}'").encode()
