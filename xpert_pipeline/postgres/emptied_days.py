"""For doubting an answer without rows: what a table knows of days, and which of them were said to be empty before."""

from collections.abc import Collection
from datetime import date, datetime
from uuid import UUID

from psycopg.sql import SQL, Identifier

from xpert_pipeline.postgres.pool import Pool, tenant
from xpert_pipeline.tables.contract import Table

KNOWN = """
select {day}, count(*) from {table}
where seller_id = %(seller_id)s and marketplace_id = %(marketplace_id)s and {day} = any(%(days)s::date[])
group by 1
"""
SAID_EMPTY = """
select d.day
from unnest(%(days)s::date[]) as d (day)
cross join lateral (
  select
    d.day::timestamp at time zone %(zone)s as midnight,
    (d.day + 1)::timestamp at time zone %(zone)s as next_midnight
) as of_day
where exists (
  select from report_requests as r
  where r.seller_id = %(seller_id)s and %(marketplace_id)s = any(r.marketplace_ids) and r.kind = 'query'
    and r.report_type = %(report_type)s and r.state = 'EMPTY' and r.reason = %(reason)s
    and r.window_start <= d.day::timestamp at time zone 'UTC' and r.window_end > d.day::timestamp at time zone 'UTC'
    and r.asked_at <= %(before)s
    and r.asked_at > coalesce((
      select max(l.started_at) from loads as l
      where l.seller_id = %(seller_id)s and l.table_name = %(table)s and l.window_kind = 'created'
        and l.window_start < of_day.next_midnight and l.window_end > of_day.midnight
    ), '-infinity')
)
"""


def rows_by_day(
    pool: Pool, seller_id: UUID, table: Table, marketplace_id: str, days: Collection[date]
) -> dict[date, int]:
    """How many rows a table has of each of the days that it knows."""
    statement = SQL(KNOWN).format(table=Identifier(table.name), day=Identifier(table.day or ""))
    with tenant(pool, seller_id) as conn:
        given = {"seller_id": seller_id, "marketplace_id": marketplace_id, "days": list(days)}
        return dict(conn.execute(statement, given).fetchall())


def days_said_empty(  # noqa: PLR0913  keywords only
    pool: Pool,
    seller_id: UUID,
    table: str,
    days: Collection[date],
    timezone: str,
    *,
    marketplace_id: str,
    report_type: str,
    reason: str,
    before: datetime,
) -> set[date]:
    """Those of the days that a query was remembered of as empty, and that no load has read since.

    Args:
        pool: The pipeline's pool.
        seller_id: The seller.
        table: Whose loads.
        days: Marketplace-local days.
        timezone: Where the days begin.
        marketplace_id: The marketplace asked about.
        report_type: The dataset of the queries.
        reason: What was remembered with them: a query may be empty that was only a part of what was asked.
        before: When the query was asked at the latest.
    """
    given = {
        "seller_id": seller_id,
        "table": table,
        "days": list(days),
        "zone": timezone,
        "marketplace_id": marketplace_id,
        "report_type": report_type,
        "reason": reason,
        "before": before,
    }
    with tenant(pool, seller_id) as conn:
        return {day for (day,) in conn.execute(SAID_EMPTY, given).fetchall()}
