"""Helps to judge an answer without rows: counts existing rows by day, and finds days that were empty before."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from psycopg.sql import SQL, Composed, Identifier

from xpert_pipeline.postgres.pool import Pool, tenant
from xpert_pipeline.postgres.scope import Scope
from xpert_pipeline.tables.contract import Table

KNOWN = """
select {day}, count(*) from {table}
where seller_id = %(seller_id)s and marketplace_id = %(marketplace_id)s and {day} = any(%(days)s::date[])
group by 1
"""
EMPTY_BEFORE = """
select d.day
from unnest(%(days)s::date[]) as d (day)
cross join lateral (
  select
    d.day::timestamp at time zone %(timezone)s as midnight,
    (d.day + 1)::timestamp at time zone %(timezone)s as next_midnight
) as bounds
where exists (
  select from report_requests as r
  where r.seller_id = %(seller_id)s and %(marketplace_id)s = any(r.marketplace_ids)
    and r.report_type = %(report_type)s and r.state = 'EMPTY' and r.reason = %(reason)s
    and case r.kind
      when 'query' then d.day >= (r.window_start at time zone 'UTC')::date and d.day < (r.window_end at time zone 'UTC')
      else r.window_start <= bounds.midnight and r.window_end >= bounds.next_midnight
    end
    and r.asked_at <= %(before)s
    and r.asked_at > coalesce((
      select max(l.started_at) from loads as l
      where l.seller_id = %(seller_id)s and l.table_name = %(table)s and l.marketplace_id = %(marketplace_id)s
        and l.window_kind = 'created'
        and l.window_start < bounds.next_midnight and l.window_end > bounds.midnight
    ), '-infinity')
)
"""


def rows_by_day(pool: Pool, scope: Scope, table: Table, days: Collection[date]) -> dict[date, int]:
    """Return the number of rows in the table for each day; days without rows are left out."""
    statement = SQL(KNOWN).format(table=Identifier(table.name), day=Identifier(table.day or ""))
    return dict(_rows(pool, scope, statement, days=list(days)))


def days_said_empty(
    pool: Pool,
    scope: Scope,
    table: str,
    days: Collection[date],
    *,
    report_type: str,
    reason: str,
    before: datetime,
) -> set[date]:
    """Return the days that an earlier job found empty and that no load has read since.

    Queries ask for dates, which the job store keeps as midnights in UTC. Reports ask from one moment to another.

    Args:
        pool: The pipeline's pool.
        scope: The seller's marketplace.
        table: The table that the loads filled.
        days: Marketplace-local days to look at.
        report_type: The report type, or the dataset of the queries.
        reason: The reason stored with these jobs: a job can also be empty because it asked for a part only.
        before: Only jobs that were created at this time or earlier count.
    """
    values = {"table": table, "days": list(days), "report_type": report_type, "reason": reason, "before": before}
    return {day for (day,) in _rows(pool, scope, SQL(EMPTY_BEFORE).format(), **values)}


def _rows(pool: Pool, scope: Scope, statement: Composed, **values: Any) -> list[tuple[Any, ...]]:
    about = {"seller_id": scope.seller_id, "marketplace_id": scope.marketplace_id, "timezone": scope.timezone}
    with tenant(pool, scope.seller_id) as conn:
        return conn.execute(statement, {**about, **values}).fetchall()
