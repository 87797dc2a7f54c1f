"""Compares rows that Amazon just returned with the table, without writing anything."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from psycopg.sql import SQL, Identifier, Placeholder

from xpert_pipeline.postgres.pool import Pool, tenant
from xpert_pipeline.tables.contract import Table


def count_news(pool: Pool, seller_id: UUID, table: Table, rows: Sequence[Mapping[str, Any]]) -> int:
    """Return how many rows the table lacks, or has in an older state.

    Args:
        pool: The pipeline's pool.
        seller_id: The seller.
        table: The contract; without a version column every row counts, because nothing tells which state is newer.
        rows: Valid rows with at least the key and the version, at most a page of them.
    """
    if not rows or table.version is None:
        return len(rows)
    names = (*table.key, table.version)
    line = SQL("({})").format(SQL(", ").join([Placeholder()] * len(names)))
    statement = SQL("""
    select count(*) from (values {lines}) as arrived ({names})
    where not exists (
      select from {table} as t
      where t.seller_id = {seller} and {same} and t.{version} >= arrived.{version})
    """).format(
        lines=SQL(", ").join([line] * len(rows)),
        names=SQL(", ").join(map(Identifier, names)),
        table=Identifier(table.name),
        seller=Placeholder(),
        same=SQL(" and ").join(SQL("t.{0} = arrived.{0}").format(Identifier(name)) for name in table.key),
        version=Identifier(table.version),
    )
    values = [row[name] for row in rows for name in names]
    with tenant(pool, seller_id) as conn:
        answer = conn.execute(statement, [*values, seller_id]).fetchone()
    return int(answer[0]) if answer else 0


def find_row(pool: Pool, seller_id: UUID, table: Table, key: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return a seller's row of a table by its key; None if there is none."""
    statement = SQL("select {columns} from {table} where seller_id = %(seller_id)s and {same}").format(
        columns=SQL(", ").join(map(Identifier, table.columns)),
        table=Identifier(table.name),
        same=SQL(" and ").join(SQL("{} = {}").format(Identifier(name), Placeholder(name)) for name in table.key),
    )
    with tenant(pool, seller_id) as conn:
        row = conn.execute(statement, {"seller_id": seller_id, **key}).fetchone()
    return dict(zip(table.columns, row, strict=True)) if row else None
