"""Stages rows in a temporary table with the types of their table, filled by one COPY. `merge` merges them."""

from collections.abc import Iterable, Iterator

from psycopg import Connection
from psycopg.sql import SQL, Identifier

from xpert_pipeline.postgres.copy_text import CopyText
from xpert_pipeline.postgres.spool import RowSpool
from xpert_pipeline.postgres.target import Row, RowCounts, Target, listed
from xpert_pipeline.tables.validation import chunks


def make_stage(conn: Connection, target: Target) -> None:
    """Create an empty temporary table of the loaded columns; with the table's own types, values round the same way."""
    statement = SQL("create temp table {name} on commit drop as select {columns} from {table} with no data")
    conn.execute(
        statement.format(
            name=Identifier(target.stage), columns=listed(target.columns), table=Identifier(target.table.name)
        )
    )


def copy_rows(conn: Connection, target: Target, rows: RowSpool | Iterable[Row]) -> None:
    """Copy all rows into the stage, by one COPY."""
    statement = SQL("copy {stage} ({columns}) from stdin").format(**target.names(columns=listed(target.columns)))
    blocks = rows.blocks() if isinstance(rows, RowSpool) else _written(target, rows)
    with conn.cursor().copy(statement) as copy:
        for block in blocks:
            copy.write(block)


def _written(target: Target, rows: Iterable[Row]) -> Iterator[bytes]:
    text = CopyText(target.table, target.columns)
    return (text.block(chunk) for chunk in chunks(rows))


def count_staged(conn: Connection, target: Target) -> RowCounts:
    """Count the staged rows by marketplace and business day."""
    statement = SQL("select {marketplace}, {day}, count(*) from {stage} group by 1, 2")
    return target.counts(conn, statement.format(**target.names()))
