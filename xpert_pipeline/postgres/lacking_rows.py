"""Finds rows that came from a source without some of their columns, newest first, for pages to fill them later."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.sql import SQL, Composed, Identifier

from xpert_pipeline.postgres.pool import Pool, tenant
from xpert_pipeline.tables.contract import Table

NEWEST = SQL("""
select t.{created} from {table} as t
where t.seller_id = %(seller_id)s and t.marketplace_id = any(%(marketplace_ids)s) and t.source = any(%(sources)s)
  and t.{created} <= %(latest)s
  and not exists (
    select from loads as l
    where l.seller_id = t.seller_id and l.table_name = %(table)s and l.marketplace_id = t.marketplace_id
      and l.source = %(operation)s and l.window_kind = 'created'
      and l.window_start <= t.{created} and t.{created} < l.window_end and l.finished_at >= t.updated_at)
order by t.{created} desc limit 1
""")
STRETCH = SQL("""
with covered as (
  select range_agg(tstzrange(window_start, window_end)) as spans from loads
  where seller_id = %(seller_id)s and table_name = %(table)s and marketplace_id = any(%(marketplace_ids)s)
    and window_kind in ('created', 'updated')
  group by marketplace_id
),

loaded as (
  select coalesce(max(lower(span)), %(newest)s) as since from covered, unnest(spans) as span where span @> %(newest)s
),

beyond as (
  select t.{created} as moment from {table} as t
  where t.seller_id = %(seller_id)s and t.marketplace_id = any(%(marketplace_ids)s) and t.{created} <= %(newest)s
  order by t.{created} desc offset %(most)s limit 1
),

oldest as (
  select min(t.{created}) as moment from {table} as t
  where t.seller_id = %(seller_id)s and t.marketplace_id = any(%(marketplace_ids)s) and t.source = any(%(sources)s)
)

select min(t.{created}), count(*), count(*) filter (where t.source = any(%(sources)s))
from {table} as t
where t.seller_id = %(seller_id)s and t.marketplace_id = any(%(marketplace_ids)s) and t.{created} <= %(newest)s
  and t.{created} >= (select moment from oldest) and t.{created} >= (select since from loaded)
  and (t.{created} = %(newest)s or t.{created} > coalesce((select moment from beyond), '-infinity'))
""")


@dataclass(frozen=True)
class Lacking:
    """A stretch of creation times with rows that lack columns.

    Attributes:
        oldest: Creation time of its first row.
        newest: Creation time of its last row.
        rows: All rows in it.
        lacking: Those that lack columns.
    """

    oldest: datetime
    newest: datetime
    rows: int
    lacking: int


def newest_lacking(  # noqa: PLR0913  keywords only
    pool: Pool,
    *,
    seller_id: UUID,
    marketplace_ids: Sequence[str],
    table: Table,
    created: str,
    sources: Sequence[str],
    operation: str,
    latest: datetime,
    most: int,
) -> Lacking | None:
    """Return the newest stretch of rows that came from `sources` and that `operation` has not read since.

    The stretch ends where loaded time ends: nobody knows how many records Amazon has for days that were never loaded.

    Args:
        pool: The pipeline's pool.
        seller_id: The seller.
        marketplace_ids: The marketplaces that one request can cover.
        table: The table.
        created: Its column with the creation time.
        sources: Sources that lack columns.
        operation: The source that has all columns. Rows that it has read since they were written count as complete,
            even if it changed nothing in them.
        latest: Newer rows are left for later.
        most: The most rows in the stretch; rows created at the same moment are not separated.
    """
    values = {
        "seller_id": seller_id,
        "marketplace_ids": list(marketplace_ids),
        "table": table.name,
        "sources": list(sources),
        "operation": operation,
        "latest": latest,
        "most": most,
    }

    def named(statement: SQL) -> Composed:
        return statement.format(table=Identifier(table.name), created=Identifier(created))

    with tenant(pool, seller_id) as conn:
        row = conn.execute(named(NEWEST), values).fetchone()
        if row is None:
            return None
        (newest,) = row
        stretch = conn.execute(named(STRETCH), {**values, "newest": newest}).fetchone()
    oldest, rows, lacking = stretch or (newest, 0, 0)
    return Lacking(oldest, newest, rows, lacking)
