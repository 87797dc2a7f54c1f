"""What the ledger's windows cover: which days need no asking, and from where on changes are to be followed."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from xpert_pipeline.postgres.pool import Pool, tenant

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
COVERED = """
select d.day
from unnest(%(days)s::date[]) as d (day)
cross join lateral (
  select tstzrange(
    d.day::timestamp at time zone %(zone)s,
    greatest(
      d.day::timestamp at time zone %(zone)s,
      least((d.day + 1)::timestamp at time zone %(zone)s, coalesce(%(until)s::timestamptz, 'infinity'))
    )
  ) as span
) as wanted
where wanted.span <@ coalesce((
  select range_agg(tstzrange(window_start, window_end)) from loads
  where seller_id = %(seller_id)s and table_name = %(table)s and window_kind in ('created', 'updated')
), '{}'::tstzmultirange)
"""
FOLLOWED = """
select upper(followed)
  from (select unnest(range_agg(tstzrange(window_start, window_end, '[]'))) as followed
          from loads
         where seller_id = %s and table_name = %s and window_kind in ('updated', 'snapshot')) as joined
 order by lower(followed) limit 1
"""
PER_DAY = """
select sum(fetched) / sum(days)
  from (select fetched, extract(epoch from window_end - window_start) / 86400 as days
          from loads
         where seller_id = %s and table_name = %s and window_kind = %s and window_end > window_start
         order by finished_at desc limit 50) as lately
having sum(days) >= 1
"""

READ = """
select d.day
from unnest(%(days)s::date[]) as d (day)
cross join lateral (
  select
    d.day::timestamp at time zone %(zone)s as midnight,
    (d.day + 1)::timestamp at time zone %(zone)s as next_midnight
) as of_day
where tstzrange(of_day.midnight, of_day.next_midnight) <@ coalesce((
  select range_agg(tstzrange(window_start, window_end)) from loads
  where seller_id = %(seller_id)s and table_name = %(table)s and window_kind = 'created'
    and window_start < of_day.next_midnight and window_end > of_day.midnight
    and started_at >= greatest(of_day.midnight + %(age)s, %(since)s::timestamptz)
), '{}'::tstzmultirange)
"""


def covered_days(
    pool: Pool, seller_id: UUID, table: str, days: Sequence[date], timezone: str, until: datetime | None = None
) -> set[date]:
    """Those of the days that loads cover from local midnight to midnight.

    Args:
        pool: The pipeline's pool.
        seller_id: The seller.
        table: Whose loads.
        days: Marketplace-local days.
        timezone: Where the days begin.
        until: From here on the change stream will serve: later parts of the days need not be covered.
    """
    given = {"days": list(days), "zone": timezone, "seller_id": seller_id, "table": table, "until": until}
    with tenant(pool, seller_id) as conn:
        return {day for (day,) in conn.execute(COVERED, given).fetchall()}


def days_read(
    pool: Pool,
    seller_id: UUID,
    table: str,
    days: Sequence[date],
    timezone: str,
    *,
    age: timedelta = timedelta(0),
    since: datetime = LONG_AGO,
) -> set[date]:
    """Those of the days that loads cover which began at a certain time.

    Args:
        pool: The pipeline's pool.
        seller_id: The seller.
        table: Whose loads.
        days: Marketplace-local days.
        timezone: Where the days begin.
        age: How old the day was at least when the load began, from its start.
        since: When the load began at the earliest.
    """
    given = {"days": list(days), "zone": timezone, "seller_id": seller_id, "table": table, "age": age, "since": since}
    with tenant(pool, seller_id) as conn:
        return {day for (day,) in conn.execute(READ, given).fetchall()}


def followed_until(pool: Pool, seller_id: UUID, table: str) -> datetime | None:
    """Up to when the table's changes are known without a gap: the end of the first row of windows that join."""
    found: datetime | None = _one(pool, seller_id, FOLLOWED, (seller_id, table))
    return found


def first_load_started(pool: Pool, seller_id: UUID, table: str) -> datetime | None:
    """When fetching for the table began: changes from then on must be followed."""
    found: datetime | None = _one(
        pool,
        seller_id,
        "select min(started_at) from loads where seller_id = %s and table_name = %s",
        (seller_id, table),
    )
    return found


def records_per_day(pool: Pool, seller_id: UUID, table: str, kind: str) -> float | None:
    """Records a day that loads of a kind of window have brought lately; None without at least a day of them."""
    found: float | None = _one(pool, seller_id, PER_DAY, (seller_id, table, kind))
    return None if found is None else float(found)


def latest_detail(pool: Pool, seller_id: UUID, table: str, name: str) -> Any:
    """The newest load's word on something that `loads.details` keeps, such as whether two sources agreed."""
    return _one(
        pool,
        seller_id,
        "select details ->> %s from loads where seller_id = %s and table_name = %s and details ? %s "
        "order by finished_at desc limit 1",
        (name, seller_id, table, name),
    )


def _one(pool: Pool, seller_id: UUID, query: str, values: tuple[Any, ...]) -> Any:
    with tenant(pool, seller_id) as conn:
        row = conn.execute(query, values).fetchone()
    return row[0] if row else None
