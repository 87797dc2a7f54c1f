"""Helps to judge an answer that says less than the table knows: the table's figures by day, and days doubted before."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import LiteralString, NamedTuple

from psycopg.sql import SQL, Composable, Identifier

from xpert_pipeline.postgres.pool import Pool
from xpert_pipeline.postgres.scope import Scope, rows_of
from xpert_pipeline.tables.contract import Table

KNOWN = """
select {day}, count(*), {has_sales} from {table}
where seller_id = %(seller_id)s and marketplace_id = %(marketplace_id)s and {day} = any(%(days)s::date[])
group by 1
"""
DOUBTED_BEFORE = """
select d.day
from unnest(%(days)s::date[]) as d (day)
where exists (
  select from report_requests as r
  where r.seller_id = %(seller_id)s and r.report_type = %(report_type)s
    and jsonb_exists(r.doubted_days -> %(marketplace_id)s, d.day::text)
    and r.asked_at <= %(before)s
    and r.asked_at > coalesce((
      select max(l.started_at) from loads as l
      where l.seller_id = %(seller_id)s and l.table_name = %(table)s and l.marketplace_id = %(marketplace_id)s
        and l.window_kind = 'created'
        and l.window_start < (d.day + 1)::timestamp at time zone %(timezone)s
        and l.window_end > d.day::timestamp at time zone %(timezone)s
    ), '-infinity')
)
"""


class DayFigures(NamedTuple):
    """What a table has for a day: its number of rows, and whether one of its sales columns is not 0."""

    rows: int
    has_sales: bool


def figures_by_day(
    pool: Pool, scope: Scope, table: Table, days: Collection[date], sales: Sequence[str] = ()
) -> dict[date, DayFigures]:
    """Return the table's figures for each day; days without rows are left out.

    Args:
        pool: The pipeline's pool.
        scope: The seller's marketplace.
        table: A table with a day.
        days: Marketplace-local days.
        sales: Its columns that are not 0 on a day with sales.
    """
    has_sales: Composable = SQL("false")
    if sales:
        positive = SQL(" or ").join(SQL("{} > 0").format(Identifier(name)) for name in sales)
        has_sales = SQL("coalesce(bool_or({}), false)").format(positive)
    statement = SQL(KNOWN).format(table=Identifier(table.name), day=Identifier(table.day or ""), has_sales=has_sales)
    return {day: DayFigures(*figures) for day, *figures in rows_of(pool, scope, statement, days=list(days))}


def days_selected(pool: Pool, scope: Scope, statement: LiteralString, days: Collection[date]) -> set[date]:
    """Return the days that a statement selects; its parameters are `seller_id`, `marketplace_id` and `days`."""
    return {day for (day,) in rows_of(pool, scope, SQL(statement).format(), days=list(days))}


def days_doubted_before(
    pool: Pool, scope: Scope, table: str, days: Collection[date], *, report_type: str, before: datetime
) -> set[date]:
    """Return the days that an earlier job took away as well, and that no load has read since.

    Args:
        pool: The pipeline's pool.
        scope: The seller's marketplace.
        table: The table that the loads filled.
        days: Marketplace-local days to look at.
        report_type: The report type, or the dataset of the queries.
        before: Only jobs that were created at this time or earlier count.
    """
    values = {"table": table, "days": list(days), "report_type": report_type, "before": before}
    return {day for (day,) in rows_of(pool, scope, SQL(DOUBTED_BEFORE).format(), **values)}
