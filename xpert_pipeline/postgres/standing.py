"""Reads the state of one seller: how far its tables are loaded, what waits for quota, and what was rejected.

Runs are not part of it; they are in Dagster's own storage.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, LiteralString, TypeVar

from psycopg import Connection
from psycopg.rows import class_row, dict_row

from xpert_pipeline.postgres.change_asks import ChangeAsk, change_asks
from xpert_pipeline.postgres.pool import Pool, operator, tenant
from xpert_pipeline.postgres.scope import Scope
from xpert_pipeline.postgres.sellers import Seller

ALL_SELLERS = "*"
Row = TypeVar("Row")

NEWEST_DAYS = """
with scopes as (
  select * from unnest(%(marketplace_ids)s::text[], %(timezones)s::text[]) as scope (marketplace_id, timezone)
),
coverage as (
  select
    table_name, marketplace_id,
    range_agg(tstzrange(window_start, window_end)) filter (where window_kind in ('created', 'updated')) as windows,
    max(window_end) filter (where window_kind in ('snapshot', 'updated')) as state_of,
    bool_or(window_kind = 'snapshot') as is_snapshot,
    max((window_end at time zone 'UTC')::date - 1) filter (where window_kind = 'derived') as derived
  from loads where seller_id = %(seller_id)s group by table_name, marketplace_id
)
select
  coverage.table_name, coverage.marketplace_id,
  case
    when coverage.is_snapshot then (coverage.state_of at time zone scopes.timezone)::date
    when coverage.derived is not null then least(coverage.derived, (now() at time zone scopes.timezone)::date - 1)
    else (
      select max(last.day)
      from unnest(coverage.windows) as covered (span)
      cross join lateral (select (upper(covered.span) at time zone scopes.timezone)::date - 1) as last (day)
      where lower(covered.span) <= last.day::timestamp at time zone scopes.timezone)
  end as newest
from coverage join scopes using (marketplace_id)
"""
WAITING = """
select w.operation, w.scope, w.priority, w.since, w.holds,
       greatest(
         clock_timestamp(),
         q.full_at + make_interval(secs => q.margin + (before.number + before.kept + 1 - q.burst) / q.rate)
       ) as until
from quota_waiters as w
join api_quota as q using (app, scope, region, operation)
cross join lateral (
  select count(*) as number, case when w.priority > 0 then floor(q.burst / 4) else 0 end as kept
  from quota_waiters as b
  where (b.app, b.scope, b.region, b.operation) = (w.app, w.scope, w.region, w.operation)
    and b.expires_at > clock_timestamp() and (b.priority, b.since, b.waiter) < (w.priority, w.since, w.waiter)
) as before
where scope = any(%(scopes)s) and region = %(region)s and w.expires_at > clock_timestamp()
order by operation, w.priority, w.since
"""
BUCKETS = """
select operation, scope, rate, burst,
       least(burst, greatest(0, burst - extract(epoch from full_at - clock_timestamp()) * rate))::float8 as level,
       granted_count as calls, throttled_count as throttled, nullif(throttled_at, 'epoch') as throttled_at
from api_quota where scope = any(%(scopes)s) and region = %(region)s order by operation
"""
WAITED = """
select operation, sum((spent ->> 'calls')::bigint)::bigint as calls,
       sum((spent ->> 'waited_seconds')::float8) as waited_seconds
from loads, jsonb_each(waits) as each (operation, spent)
where seller_id = %(seller_id)s and finished_at > now() - interval '24 hours'
group by operation order by waited_seconds desc, operation
"""
REJECTED = "select table_name, count(*) from rejected_records where seller_id = %(seller_id)s group by 1 order by 1"
REPORTS = """
select kind, report_type, marketplace_ids, state, amazon_id, window_start, window_end, created_at, tries, reason
from report_requests
where seller_id = %(seller_id)s
  and case
        when state in ('WANTED', 'IN_QUEUE', 'IN_PROGRESS') then created_at > now() - interval '24 hours'
        when state = 'DONE' then collected_at is null and created_at > now() - interval '24 hours'
        else state = 'THROTTLED' and not_before > now()
      end
order by created_at desc
"""


@dataclass(frozen=True)
class Waiting:
    """A request that is waiting for a token.

    Attributes:
        operation: The operation whose bucket it waits for.
        scope: The seller, or `*` for a bucket that all sellers share (the request may be another seller's).
        priority: 0 live, 1 backfill.
        since: When it began to wait.
        holds: Its token is due, but it also waits for a token from another bucket.
        until: When its token is due at the current rate, by the database's clock.
    """

    operation: str
    scope: str
    priority: int
    since: datetime
    holds: bool
    until: datetime


@dataclass(frozen=True)
class BucketLevel:
    """The current state of a token bucket. Amazon last reported `rate`; `throttled` counts its 429 answers."""

    operation: str
    scope: str
    rate: float
    burst: float
    level: float
    calls: int
    throttled: int
    throttled_at: datetime | None


@dataclass(frozen=True)
class Waited:
    """Calls and waits of an operation in the loads of the last 24 hours."""

    operation: str
    calls: int
    waited_seconds: float


@dataclass(frozen=True)
class Standing:
    """The state of one seller.

    Attributes:
        newest_days: The newest complete local day by table and marketplace id; for tables of the current state, the day
            of their newest state. A table without a load in a marketplace has no entry.
        waiting: Requests that are waiting for quota.
        buckets: The seller's buckets, and those that all sellers share.
        waited: Calls and waits by operation, in the last 24 hours.
        reports: Open requests for reports and queries with their marketplaces, newest first. A request is open
            until it is loaded, for at most a day, or while it may not be sent again. None if there is no such table.
        rejected: Records in quarantine, by table.
        asked: The last question whether the seller's records changed; None if there was none.
    """

    newest_days: dict[tuple[str, str], date | None]
    waiting: list[Waiting]
    buckets: list[BucketLevel]
    waited: list[Waited]
    reports: list[dict[str, Any]] | None
    rejected: dict[str, int]
    asked: ChangeAsk | None = None


def standing(pool: Pool, seller: Seller, scopes: Sequence[Scope]) -> Standing:
    """Read the state of a seller.

    Args:
        pool: The pipeline's pool.
        seller: The seller.
        scopes: Its marketplaces with their time zones.

    Raises:
        DatabaseError: The database failed; the message says why.
    """
    values = {
        "seller_id": seller.id,
        "marketplace_ids": [scope.marketplace_id for scope in scopes],
        "timezones": [scope.timezone for scope in scopes],
        "scopes": [seller.amazon_seller_id, ALL_SELLERS],
        "region": seller.region,
    }
    with operator(pool) as conn:
        waiting = _rows(conn, Waiting, WAITING, values)
        buckets = _rows(conn, BucketLevel, BUCKETS, values)
    asked = change_asks(pool).get(seller.id)
    with tenant(pool, seller.id) as conn:
        return Standing(
            newest_days={(table, marketplace): day for table, marketplace, day in conn.execute(NEWEST_DAYS, values)},
            waiting=waiting,
            buckets=buckets,
            waited=_rows(conn, Waited, WAITED, values),
            reports=_reports(conn, values),
            rejected=dict(conn.execute(REJECTED, values).fetchall()),
            asked=asked,
        )


def _rows(conn: Connection, kind: type[Row], query: LiteralString, values: dict[str, Any]) -> list[Row]:
    with conn.cursor(row_factory=class_row(kind)) as cursor:
        return cursor.execute(query, values).fetchall()


def _reports(conn: Connection, values: dict[str, Any]) -> list[dict[str, Any]] | None:
    if conn.execute("select to_regclass('public.report_requests')").fetchone() == (None,):
        return None
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(REPORTS, values).fetchall()
