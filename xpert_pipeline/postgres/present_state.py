"""What is known for judging a reading of the current state: the last one, rows now, and earlier doubtful readings."""

from datetime import date, datetime

from psycopg.sql import SQL, Identifier

from xpert_pipeline.postgres.pool import Pool, tenant
from xpert_pipeline.postgres.scope import Scope
from xpert_pipeline.tables.contract import Table

DOUBTED = """
select (details ->> 'doubted')::integer
from loads
where seller_id = %(seller_id)s and marketplace_id = %(marketplace_id)s and table_name = %(table)s
  and window_kind = 'partial' and details ? 'doubted' and started_at <= %(before)s
  and finished_at > coalesce((
    select max(finished_at) from loads
    where seller_id = %(seller_id)s and marketplace_id = %(marketplace_id)s and table_name = %(table)s
      and window_kind = 'snapshot'
  ), '-infinity')
"""

LAST_SNAPSHOT = """
select max(window_start) from loads
where seller_id = %(seller_id)s and marketplace_id = %(marketplace_id)s and table_name = %(table)s
  and window_kind = 'snapshot'
"""


def last_snapshot(pool: Pool, scope: Scope, table: str) -> datetime | None:
    """Return the time that the last complete reading describes; None before the first one."""
    values = {"seller_id": scope.seller_id, "marketplace_id": scope.marketplace_id, "table": table}
    with tenant(pool, scope.seller_id) as conn:
        row = conn.execute(LAST_SNAPSHOT, values).fetchone()
    return row[0] if row else None


def count_rows(pool: Pool, scope: Scope, table: str) -> int:
    """Return how many rows a table has for one marketplace."""
    statement = SQL("select count(*) from {} where seller_id = %s and marketplace_id = %s").format(Identifier(table))
    with tenant(pool, scope.seller_id) as conn:
        row = conn.execute(statement, [scope.seller_id, scope.marketplace_id]).fetchone()
    return int(row[0]) if row else 0


def doubted_counts(pool: Pool, scope: Scope, table: str, before: datetime) -> list[int]:
    """Return the row counts of the doubtful readings since the last snapshot.

    Args:
        pool: The pipeline's pool.
        scope: The seller's marketplace.
        table: The table that was read.
        before: Only readings that began at this time or earlier count.
    """
    values = {"seller_id": scope.seller_id, "marketplace_id": scope.marketplace_id, "table": table, "before": before}
    with tenant(pool, scope.seller_id) as conn:
        return [count for (count,) in conn.execute(DOUBTED, values).fetchall()]


def first_day(pool: Pool, scope: Scope, table: Table) -> date | None:
    """Return the first day for which a table has a row in one marketplace; None if it has none."""
    statement = SQL("select min({}) from {} where seller_id = %s and marketplace_id = %s").format(
        Identifier(table.day or ""), Identifier(table.name)
    )
    with tenant(pool, scope.seller_id) as conn:
        row = conn.execute(statement, [scope.seller_id, scope.marketplace_id]).fetchone()
    return row[0] if row else None
