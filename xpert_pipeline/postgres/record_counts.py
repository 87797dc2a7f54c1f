"""Counts the records that a table has, where a record may have several rows, such as a transaction and its items."""

from datetime import date

from psycopg.sql import SQL, Identifier

from xpert_pipeline.postgres.pool import Pool
from xpert_pipeline.postgres.scope import Scope, rows_of
from xpert_pipeline.tables.contract import Table

RECORDS = """
select count(*)
from (
  select distinct {columns} from {table}
  where seller_id = %(seller_id)s and marketplace_id = %(marketplace_id)s and {day} between %(first)s and %(last)s
) as records
"""
NEWEST = """
select max({day}) from {table} where seller_id = %(seller_id)s and marketplace_id = %(marketplace_id)s
"""


def count_records(pool: Pool, scope: Scope, table: Table, first: date, last: date) -> int:
    """Count a marketplace's records of some days.

    Args:
        pool: The pipeline's pool.
        scope: The seller's marketplace.
        table: A table with a day; the rows of one record have the same `replaced_by`, if it has that.
        first: First day.
        last: Last day, included.
    """
    columns = SQL(", ").join(map(Identifier, table.replaced_by or table.key))
    statement = SQL(RECORDS).format(columns=columns, table=Identifier(table.name), day=Identifier(table.day or ""))
    ((count,),) = rows_of(pool, scope, statement, first=first, last=last)
    return int(count)


def newest_day(pool: Pool, scope: Scope, table: Table) -> date | None:
    """Return the newest day of which a table with a day has rows in a marketplace; None if it has none."""
    statement = SQL(NEWEST).format(table=Identifier(table.name), day=Identifier(table.day or ""))
    ((day,),) = rows_of(pool, scope, statement)
    newest: date | None = day
    return newest
