"""Deletes old rows of the pipeline's own tables. `compaction` does the same for `loads`; no data table is touched."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, LiteralString

from psycopg import Connection

from xpert_pipeline.postgres.pool import Pool, operator, tenant
from xpert_pipeline.postgres.sellers import Seller

KEPT_REQUESTS = 20
"""So many requests of each kind always stay, because Amazon's generation time is learnt from them."""
FACTS = "delete from fact_stream where seller_id = %(seller_id)s and timestamp < %(before)s"
REJECTED = "delete from rejected_records where seller_id = %(seller_id)s and last_seen_at < %(before)s"
REQUESTS = """
delete from report_requests as r
using (
  select id, row_number() over (partition by kind, report_type order by created_at desc) as place
  from report_requests where seller_id = %(seller_id)s
) as numbered
where r.id = numbered.id and numbered.place > %(kept)s and r.seller_id = %(seller_id)s
  and greatest(r.created_at, r.updated_at, r.not_before) < %(before)s
"""
DIRTY = "delete from dirty_keys where not consumer = any(%(consumers)s)"
WAITERS = "delete from quota_waiters where expires_at < clock_timestamp() - interval '1 day'"


def delete_old_facts(pool: Pool, seller: Seller, before: datetime, *, dry_run: bool) -> int:
    """Delete a seller's events of `fact_stream` before a time; return how many."""
    return _of_seller(pool, seller, FACTS, dry_run=dry_run, before=before)


def delete_old_requests(pool: Pool, seller: Seller, before: datetime, *, dry_run: bool) -> int:
    """Delete a seller's report requests and queries that nothing touched since a time; return how many.

    No request is open for longer than a day, and the newest ones of each kind stay.
    """
    return _of_seller(pool, seller, REQUESTS, dry_run=dry_run, before=before, kept=KEPT_REQUESTS)


def delete_old_rejects(pool: Pool, seller: Seller, before: datetime, *, dry_run: bool) -> int:
    """Delete a seller's records in quarantine that did not come again since a time; return how many."""
    return _of_seller(pool, seller, REJECTED, dry_run=dry_run, before=before)


def delete_orphaned_keys(pool: Pool, consumers: Sequence[str], *, dry_run: bool) -> int:
    """Delete keys of `dirty_keys` for derived tables that do not exist any more; return how many."""
    with operator(pool) as conn:
        return _delete(conn, DIRTY, {"consumers": list(consumers)}, dry_run=dry_run)


def delete_expired_waiters(pool: Pool, *, dry_run: bool) -> int:
    """Delete places in the queue for quota that expired more than a day ago; return how many."""
    with operator(pool) as conn:
        return _delete(conn, WAITERS, {}, dry_run=dry_run)


def _of_seller(pool: Pool, seller: Seller, statement: LiteralString, *, dry_run: bool, **values: Any) -> int:
    with tenant(pool, seller.id) as conn:
        return _delete(conn, statement, {"seller_id": seller.id, **values}, dry_run=dry_run)


def _delete(conn: Connection, statement: LiteralString, values: dict[str, Any], *, dry_run: bool) -> int:
    count = conn.execute(statement, values).rowcount
    if dry_run:
        conn.rollback()
    return count
