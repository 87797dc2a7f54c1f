"""Stages rows in a temporary table with the types of their table, filled by one COPY. `merge` merges them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from psycopg import Connection
from psycopg.sql import SQL, Identifier

from xpert_pipeline.postgres.plain_json import dump_json
from xpert_pipeline.postgres.target import Row, RowCounts, Target, listed


def make_stage(conn: Connection, target: Target) -> None:
    """Create an empty temporary table of the loaded columns; with the table's own types, values round the same way."""
    statement = SQL("create temp table {name} on commit drop as select {columns} from {table} with no data")
    conn.execute(
        statement.format(
            name=Identifier(target.stage), columns=listed(target.columns), table=Identifier(target.table.name)
        )
    )


def copy_rows(conn: Connection, target: Target, rows: Iterable[Row]) -> None:
    """Copy all rows into the stage, by one COPY."""
    statement = SQL("copy {stage} ({columns}) from stdin").format(**target.names(columns=listed(target.columns)))
    written_here = _written_here(conn, target)
    with conn.cursor().copy(statement) as copy:
        for row in _rendered(rows, written_here) if written_here else rows:
            copy.write_row(row)


def count_staged(conn: Connection, target: Target) -> RowCounts:
    """Count the staged rows by marketplace and business day."""
    statement = SQL("select {marketplace}, {day}, count(*) from {stage} group by 1, 2")
    return target.counts(conn, statement.format(**target.names()))


def _written_here(conn: Connection, target: Target) -> list[tuple[int, Callable[[Any], str]]]:
    """Return the positions of values that this module, not psycopg, converts to text, each with its writer."""
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
    """Write a text[] for PostgreSQL; this saves the lookup of the element type that psycopg does for every list."""
    quoted = ["null" if word is None else f'"{_escaped(word)}"' for word in words]
    return "{" + ",".join(quoted) + "}"


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace('"', '\\"')
