"""How a seller stands, as the database tells it: how far tables are, what is waited for now, what was refused.

Only reads. Runs are the matter of Dagster's own storage.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, LiteralString, TypeVar

from psycopg import Connection
from psycopg.rows import class_row, dict_row

from xpert_pipeline.postgres.pool import Pool, operator, tenant
from xpert_pipeline.postgres.sellers import Seller

ALL_SELLERS = "*"
Row = TypeVar("Row")

NEWEST_DAYS = """
with asked as (
  select table_name,
         range_agg(tstzrange(window_start, window_end)) filter (where window_kind in ('created', 'updated')) as windows,
         max(window_end) filter (where window_kind in ('snapshot', 'updated')) as state_of,
         bool_or(window_kind = 'snapshot') as is_snapshot,
         max((window_end at time zone 'UTC')::date - 1) filter (where window_kind = 'derived') as derived
  from loads where seller_id = %(seller_id)s group by table_name)
select asked.table_name,
       case
         when asked.is_snapshot then (asked.state_of at time zone %(zone)s)::date
         when asked.derived is not null then least(asked.derived, (now() at time zone %(zone)s)::date - 1)
         else (
           select max(last.day)
           from unnest(asked.windows) as covered (span)
           cross join lateral (select (upper(covered.span) at time zone %(zone)s)::date - 1) as last (day)
           where lower(covered.span) <= last.day::timestamp at time zone %(zone)s)
       end as newest
from asked
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
select kind, report_type, state, amazon_id, window_start, window_end, created_at, tries, reason
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
    """A request that queues for a token now.

    Attributes:
        operation: Whose bucket.
        scope: The seller, or `*` for a bucket that all sellers share (the request may be another seller's).
        priority: 0 live, 1 backfill.
        since: Since when.
        holds: Its token is due, but it waits for one of another bucket, too.
        until: When its token is due at the present rate, by the database's clock.
    """

    operation: str
    scope: str
    priority: int
    since: datetime
    holds: bool
    until: datetime


@dataclass(frozen=True)
class BucketLevel:
    """A token bucket as it stands: its rate is what Amazon told last, `throttled` its 429 answers."""

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
    """What the database knows of one seller.

    Attributes:
        newest_days: By table: the newest day that is complete; for tables of the present state the day it is of.
        waiting: Requests that queue for quota now.
        buckets: Of the seller, and those that all sellers share.
        waited: By operation, of the last 24 hours.
        reports: Open requests for reports and queries, newest first: what Amazon still makes, what is made and not
            loaded, and what may not be asked again yet; older ones than a day are given up. None where the database
            has no such table.
        rejected: Records in quarantine, by table.
    """

    newest_days: dict[str, date | None]
    waiting: list[Waiting]
    buckets: list[BucketLevel]
    waited: list[Waited]
    reports: list[dict[str, Any]] | None
    rejected: dict[str, int]


def standing(pool: Pool, seller: Seller) -> Standing:
    """Read how a seller stands.

    Raises:
        DatabaseError: Explained.
    """
    given = {
        "seller_id": seller.id,
        "zone": seller.timezone,
        "scopes": [seller.amazon_seller_id, ALL_SELLERS],
        "region": seller.region,
    }
    with operator(pool) as conn:
        waiting = _rows(conn, Waiting, WAITING, given)
        buckets = _rows(conn, BucketLevel, BUCKETS, given)
    with tenant(pool, seller.id) as conn:
        return Standing(
            newest_days=dict(conn.execute(NEWEST_DAYS, given).fetchall()),
            waiting=waiting,
            buckets=buckets,
            waited=_rows(conn, Waited, WAITED, given),
            reports=_reports(conn, given),
            rejected=dict(conn.execute(REJECTED, given).fetchall()),
        )


def _rows(conn: Connection, kind: type[Row], query: LiteralString, given: dict[str, Any]) -> list[Row]:
    with conn.cursor(row_factory=class_row(kind)) as cursor:
        return cursor.execute(query, given).fetchall()


def _reports(conn: Connection, given: dict[str, Any]) -> list[dict[str, Any]] | None:
    if conn.execute("select to_regclass('public.report_requests')").fetchone() == (None,):
        return None
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(REPORTS, given).fetchall()
