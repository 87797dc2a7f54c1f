"""Reads from the ledger what is loaded in a marketplace: which days are complete, and where to continue the changes."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from xpert_pipeline.postgres.pool import Pool
from xpert_pipeline.postgres.scope import Scope, rows_of

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
COVERED = """
select d.day
from unnest(%(days)s::date[]) as d (day)
cross join lateral (
  select tstzrange(
    d.day::timestamp at time zone %(timezone)s,
    greatest(
      d.day::timestamp at time zone %(timezone)s,
      least((d.day + 1)::timestamp at time zone %(timezone)s, coalesce(%(until)s::timestamptz, 'infinity'))
    )
  ) as span
) as needed
where needed.span <@ coalesce((
  select range_agg(tstzrange(window_start, window_end)) from loads
  where seller_id = %(seller_id)s and table_name = %(table)s and marketplace_id = %(marketplace_id)s
    and window_kind in ('created', 'updated')
), '{}'::tstzmultirange)
"""
READ = """
select d.day
from unnest(%(days)s::date[]) as d (day)
cross join lateral (
  select
    d.day::timestamp at time zone %(timezone)s as midnight,
    (d.day + 1)::timestamp at time zone %(timezone)s as next_midnight
) as bounds
where tstzrange(bounds.midnight, bounds.next_midnight) <@ coalesce((
  select range_agg(tstzrange(window_start, window_end)) from loads
  where seller_id = %(seller_id)s and table_name = %(table)s and marketplace_id = %(marketplace_id)s
    and window_kind = 'created'
    and window_start < bounds.next_midnight and window_end > bounds.midnight
    and started_at >= greatest(bounds.midnight + %(age)s, %(since)s::timestamptz)
), '{}'::tstzmultirange)
"""
FOLLOWED = """
select upper(followed)
from (
  select unnest(range_agg(tstzrange(window_start, window_end, '[]'))) as followed
  from loads
  where seller_id = %(seller_id)s and table_name = %(table)s and marketplace_id = %(marketplace_id)s
    and window_kind in ('updated', 'snapshot')
    and window_end >= coalesce((
      select max(window_start) from loads
      where seller_id = %(seller_id)s and table_name = %(table)s and marketplace_id = %(marketplace_id)s
        and window_kind = 'snapshot'
    ), '-infinity')
) as joined
order by lower(followed) limit 1
"""
FIRST_STARTED = """
select min(started_at) from loads
where seller_id = %(seller_id)s and table_name = %(table)s and marketplace_id = %(marketplace_id)s
"""
FIRST_DAY = """
select ((min(window_start) at time zone %(timezone)s) + interval '1 day' - interval '1 microsecond')::date from loads
where seller_id = %(seller_id)s and table_name = any(%(tables)s) and marketplace_id = %(marketplace_id)s
  and window_kind = 'created'
"""
PER_DAY = """
select sum(fetched) / sum(days)
from (
  select fetched, extract(epoch from window_end - window_start) / 86400 as days
  from loads
  where seller_id = %(seller_id)s and table_name = %(table)s and marketplace_id = %(marketplace_id)s
    and window_kind = %(kind)s and window_end > window_start
  order by finished_at desc limit 50
) as newest
having sum(days) >= 1
"""
LATEST_DETAIL = """
select details ->> %(name)s from loads
where seller_id = %(seller_id)s and table_name = %(table)s and marketplace_id = %(marketplace_id)s
  and details ? %(name)s
order by finished_at desc limit 1
"""


def covered_days(
    pool: Pool, scope: Scope, table: str, days: Sequence[date], until: datetime | None = None
) -> set[date]:
    """Return the days that loads cover from local midnight to midnight.

    Args:
        pool: The pipeline's pool.
        scope: The seller's marketplace.
        table: The table that the loads filled.
        days: Marketplace-local days to look at.
        until: Position of the change stream; loads need not cover anything after it.
    """
    values = {"days": list(days), "until": until}
    return {day for (day,) in rows_of(pool, scope, COVERED, table=table, **values)}


def days_read(
    pool: Pool,
    scope: Scope,
    table: str,
    days: Sequence[date],
    *,
    age: timedelta = timedelta(0),
    since: datetime = LONG_AGO,
) -> set[date]:
    """Return the days that are covered by loads that began late enough.

    Args:
        pool: The pipeline's pool.
        scope: The seller's marketplace.
        table: The table that the loads filled.
        days: Marketplace-local days to look at.
        age: A load counts only if it began at least this long after the start of the day.
        since: A load counts only if it began at this time or later.
    """
    values = {"days": list(days), "age": age, "since": since}
    return {day for (day,) in rows_of(pool, scope, READ, table=table, **values)}


def followed_until(pool: Pool, scope: Scope, table: str) -> datetime | None:
    """Return how far the change stream has been followed: the end of the first contiguous run of change windows.

    A snapshot has all changes before it, so only windows that reach to the last one count. The result is None before
    the first snapshot or the first window of changes.
    """
    moment: datetime | None = _value(pool, scope, FOLLOWED, table=table)
    return moment


def first_load_started(pool: Pool, scope: Scope, table: str) -> datetime | None:
    """Return when the table's first load began to fetch; changes must be followed from that time on."""
    moment: datetime | None = _value(pool, scope, FIRST_STARTED, table=table)
    return moment


def first_loaded_day(pool: Pool, scope: Scope, tables: Sequence[str]) -> date | None:
    """Return the first local day that a load of any of the tables covers from midnight on; None if there is none.

    A load of several marketplaces begins at the earliest midnight, which is still the evening before in the others.
    """
    day: date | None = _value(pool, scope, FIRST_DAY, tables=list(tables))
    return day


def records_per_day(pool: Pool, scope: Scope, table: str, kind: str) -> float | None:
    """Return the average records per day in the last 50 loads of a window kind; None if they span less than a day."""
    records: float | None = _value(pool, scope, PER_DAY, table=table, kind=kind)
    return None if records is None else float(records)


def latest_detail(pool: Pool, scope: Scope, table: str, name: str) -> Any:
    """Return the newest value of an entry of `loads.details`, such as whether two sources agreed."""
    return _value(pool, scope, LATEST_DETAIL, table=table, name=name)


def _value(pool: Pool, scope: Scope, query: str, **values: Any) -> Any:
    rows = rows_of(pool, scope, query, **values)
    return rows[0][0] if rows else None
