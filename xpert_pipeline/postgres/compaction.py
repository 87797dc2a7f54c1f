"""Compacts the ledger: replaces old rows of `loads` by few rows that cover the same windows and have the same sums.

`compacted_rows` decides which rows to join. What must not change is checked in the same transaction: covered windows,
the sums of rows, the first load and the first day.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from psycopg import Connection
from psycopg.rows import class_row

from xpert_pipeline.postgres.compacted_rows import COMPACTED, SUMS, Joined, LedgerRow, join_old
from xpert_pipeline.postgres.errors import DatabaseError
from xpert_pipeline.postgres.locks import lock_of_seller
from xpert_pipeline.postgres.pool import Pool, tenant

NOT_RESTATED = timedelta(0)
UTC = ZoneInfo("UTC")
ROWS = """
select load_id, table_name, marketplace_id, window_kind, window_start, window_end, started_at, finished_at, newest_day,
       source, fetched, inserted, updated, unchanged, deleted, rejected, calls, waited_seconds,
       array(select jsonb_object_keys(details)) as details
from loads where seller_id = %(seller_id)s
order by finished_at
"""
FINGERPRINT = """
select table_name, marketplace_id,
       coalesce(range_agg(tstzrange(window_start, window_end)) filter (where window_kind in ('created', 'updated')),
                '{}')::text as covered,
       coalesce(range_agg(tstzrange(window_start, window_end)) filter (where window_kind = 'updated'), '{}')::text
         as followed,
       max(window_end) filter (where window_kind in ('snapshot', 'updated')) as state_of,
       max(window_end) filter (where window_kind = 'derived') as derived,
       min(window_start) filter (where window_kind = 'created') as first_day,
       min(started_at) as first_started, max(finished_at) as last_finished, max(newest_day) as newest_day,
       sum(fetched), sum(inserted), sum(updated), sum(unchanged), sum(deleted), sum(rejected), sum(calls)
from loads where seller_id = %(seller_id)s and load_id = any(%(load_ids)s::uuid[])
group by table_name, marketplace_id order by 1, 2
"""
"""Of some loads only: a sync may commit others between two questions."""
DELETE = """
delete from loads as l using unnest(%(load_ids)s::uuid[], %(tables)s::text[], %(marketplaces)s::text[])
  as gone (load_id, table_name, marketplace_id)
where l.seller_id = %(seller_id)s and l.load_id = gone.load_id and l.table_name = gone.table_name
  and l.marketplace_id = gone.marketplace_id
"""
INSERT = """
insert into loads (load_id, table_name, seller_id, marketplace_id, source,
                   window_kind, window_start, window_end, run_id,
                   fetched, inserted, updated, unchanged, deleted, rejected, calls, waited_seconds,
                   newest_day, started_at, finished_at, details)
values (%(load_id)s, %(table_name)s, %(seller_id)s, %(marketplace_id)s, %(source)s, %(window_kind)s,
        %(window_start)s, %(window_end)s, %(run_id)s,
        %(fetched)s, %(inserted)s, %(updated)s, %(unchanged)s, %(deleted)s, %(rejected)s, %(calls)s, %(waited_seconds)s,
        %(newest_day)s, %(started_at)s, %(finished_at)s, jsonb_build_object('compacted', %(joined)s::bigint))
"""


class CoverageWouldChange(DatabaseError):
    """Compacting the ledger would change what is covered: a mistake of the pipeline; nothing was changed."""


@dataclass(frozen=True)
class Compacted:
    """What a compaction did: how many rows it removed, and how many rows stand for them."""

    removed: int = 0
    added: int = 0


def compact_loads(
    pool: Pool,
    seller_id: UUID,
    before: datetime,
    settled_after: Mapping[str, timedelta],
    zones: Mapping[str, ZoneInfo],
    *,
    dry_run: bool = False,
) -> Compacted:
    """Join a seller's loads that finished before a time.

    Args:
        pool: The pipeline's pool.
        seller_id: The seller.
        before: Younger loads stay as they are.
        settled_after: Tables whose days Amazon restates, with the age from which a day is final.
        zones: Time zone by marketplace id.
        dry_run: Only count.

    Raises:
        CoverageWouldChange: Nothing was changed.
        DatabaseError: The database failed; nothing was changed.
    """
    with tenant(pool, seller_id) as conn:
        lock_of_seller(conn, seller_id, "compact loads")
        groups = _groups(conn, seller_id)
        joined = [
            part
            for (table, marketplace_id), rows in groups.items()
            if (part := join_old(rows, before, settled_after.get(table, NOT_RESTATED), zones.get(marketplace_id, UTC)))
        ]
        done = Compacted(sum(len(part.gone) for part in joined), sum(len(part.rows) for part in joined))
        if joined and not dry_run:
            load_ids = {row.load_id for rows in groups.values() for row in rows}
            known = _fingerprint(conn, seller_id, load_ids)
            added = _replace(conn, seller_id, joined)
            if known != _fingerprint(conn, seller_id, load_ids | added):
                raise CoverageWouldChange(
                    f"the ledger of seller {seller_id} was not compacted: the result would not cover the same windows. "
                    "Nothing was changed; please report this"
                )
    return done


def _groups(conn: Connection, seller_id: UUID) -> dict[tuple[str, str], list[LedgerRow]]:
    groups: dict[tuple[str, str], list[LedgerRow]] = {}
    with conn.cursor(row_factory=class_row(LedgerRow)) as cursor:
        for row in cursor.execute(ROWS, {"seller_id": seller_id}):
            groups.setdefault((row.table_name, row.marketplace_id), []).append(row)
    return groups


def _fingerprint(conn: Connection, seller_id: UUID, load_ids: Collection[UUID]) -> list[tuple[object, ...]]:
    return conn.execute(FINGERPRINT, {"seller_id": seller_id, "load_ids": list(load_ids)}).fetchall()


def _replace(conn: Connection, seller_id: UUID, joined: Sequence[Joined]) -> set[UUID]:
    """Replace rows; return the ids of those that stand for them."""
    gone = [row for part in joined for row in part.gone]
    values = {
        "seller_id": seller_id,
        "load_ids": [row.load_id for row in gone],
        "tables": [row.table_name for row in gone],
        "marketplaces": [row.marketplace_id for row in gone],
    }
    conn.execute(DELETE, values)
    rows: list[dict[str, Any]] = [
        {
            "load_id": uuid4(),
            "seller_id": seller_id,
            "run_id": COMPACTED,
            "table_name": row.table_name,
            "marketplace_id": row.marketplace_id,
            "source": row.source,
            "window_kind": row.window_kind,
            "window_start": row.window_start,
            "window_end": row.window_end,
            "newest_day": row.newest_day,
            "started_at": row.started_at,
            "finished_at": row.finished_at,
            "joined": len(part.gone),
            **{name: getattr(row, name) for name in SUMS},
        }
        for part in joined
        for row in part.rows
    ]
    with conn.cursor() as cursor:
        cursor.executemany(INSERT, rows)
    return {row["load_id"] for row in rows}
