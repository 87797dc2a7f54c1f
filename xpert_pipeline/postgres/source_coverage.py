"""The table `coverage`: what Amazon gives to a seller in each marketplace, and since when.

A change of a state is written in one transaction with its event of `fact_stream`, so each change is told once.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from psycopg.rows import class_row
from psycopg.sql import SQL, Identifier

from xpert_pipeline.postgres.pool import Pool, tenant
from xpert_pipeline.postgres.sellers import Seller
from xpert_pipeline.tables.contract import Table

AVAILABLE, EMPTY, NO_HISTORY = "available", "empty", "no_history"
NOT_GRANTED, NOT_AVAILABLE = "not_granted", "not_available_in_marketplace"

KEEP: LiteralString = """
with earlier as (
  select state, since from coverage
  where seller_id = %(seller_id)s and marketplace_id = %(marketplace_id)s and table_name = %(table)s
  for update
),

written as (
  insert into coverage as c (seller_id, marketplace_id, table_name, source, state, granted_at, reason, what_to_do)
  values (%(seller_id)s, %(marketplace_id)s, %(table)s, %(source)s, %(state)s,
          case when %(is_granted)s then clock_timestamp() end, %(reason)s, %(what_to_do)s)
  on conflict (seller_id, marketplace_id, table_name) do update
  set source = excluded.source, state = excluded.state, checked_at = excluded.checked_at,
      since = case when c.state = excluded.state then c.since else excluded.since end,
      granted_at = coalesce(excluded.granted_at, c.granted_at),
      reason = excluded.reason, what_to_do = excluded.what_to_do
  returning c.state
)

select earlier.state, earlier.since from earlier, written where earlier.state <> written.state
"""
"""Writes a state; returns the one before if it was another."""
TELL: LiteralString = """
insert into fact_stream (event_id, seller_id, marketplace_id, event_type, event_category, data, importance_score,
                         requires_action)
select 'coverage:' || gen_random_uuid(), %(seller_id)s, %(marketplace_id)s, 'coverage.changed', 'coverage',
       jsonb_build_object(
         'table', %(table)s::text, 'source', %(source)s::text, 'state', %(state)s::text, 'before', %(before)s::text,
         'before_since', %(before_since)s::timestamptz, 'reason', %(reason)s::text, 'what_to_do', %(what_to_do)s::text),
       case when %(state)s = 'not_granted' then 8 else 6 end, %(state)s = 'not_granted'
"""
"""A statement of its own: a sync that changes no state can do without the log of events."""
OF_SELLER = """
select table_name as table, marketplace_id, source, state, since, checked_at, granted_at, reason, what_to_do
from coverage where seller_id = %s order by table_name, marketplace_id
"""
LOST = "select seller_id from coverage where table_name = %s and state = 'not_granted' and granted_at is not null"
ORPHANED = "delete from coverage where seller_id = %s and not (table_name = any(%s) and marketplace_id = any(%s))"


@dataclass(frozen=True)
class Learnt:
    """What a run or a call has learnt of one table in one marketplace.

    Attributes:
        table: The table.
        marketplace_id: The marketplace.
        source: Amazon's operations, reports or datasets that fill it.
        state: The state.
        is_granted: Whether Amazon granted access just now.
        reason: Why the table is not filled, or is still empty.
        what_to_do: What a person can do.
    """

    table: str
    marketplace_id: str
    source: str
    state: str
    is_granted: bool = False
    reason: str | None = None
    what_to_do: str | None = None


@dataclass(frozen=True)
class Coverage:
    """One row of `coverage`, without the seller. The columns are explained in the database.

    A source that was granted before has `granted_at`, also while it is not granted.
    """

    table: str
    marketplace_id: str
    source: str
    state: str
    since: datetime
    checked_at: datetime
    granted_at: datetime | None
    reason: str | None
    what_to_do: str | None

    @property
    def is_lost(self) -> bool:
        """Whether Amazon granted the source before and refuses it now."""
        return self.state == NOT_GRANTED and self.granted_at is not None

    def as_json(self) -> dict[str, Any]:
        """Return the row for `--json`."""
        return asdict(self)


def keep_coverage(pool: Pool, seller_id: UUID, learnt: Iterable[Learnt]) -> None:
    """Write what was learnt; each change of a state is also an event of `fact_stream`."""
    with tenant(pool, seller_id) as conn:
        for each in learnt:
            values = {"seller_id": seller_id, **asdict(each)}
            for before, since in conn.execute(KEEP, values).fetchall():
                conn.execute(TELL, {**values, "before": before, "before_since": since})


def coverage_of(pool: Pool, seller_id: UUID) -> list[Coverage]:
    """Return what is known of a seller, by table and marketplace."""
    with tenant(pool, seller_id) as conn, conn.cursor(row_factory=class_row(Coverage)) as cursor:
        return cursor.execute(OF_SELLER, [seller_id]).fetchall()


def refusing_marketplaces(pool: Pool, seller_id: UUID, table: str) -> set[str]:
    """Return the marketplaces for which Amazon refused a table when it was last asked."""
    known = coverage_of(pool, seller_id)
    return {each.marketplace_id for each in known if each.table == table and each.state == NOT_GRANTED}


def sellers_that_lost(pool: Pool, sellers: Sequence[Seller], table: str) -> set[UUID]:
    """Return the sellers to whom Amazon granted the table's source before, and refuses it now."""
    lost = set()
    for seller in sellers:
        with tenant(pool, seller.id) as conn:
            lost |= {seller_id for (seller_id,) in conn.execute(LOST, [table]).fetchall()}
    return lost


def has_rows(pool: Pool, seller_id: UUID, marketplace_id: str, table: Table) -> bool:
    """Whether a table has a row of a seller's marketplace; rows of no marketplace count for each."""
    place = SQL("")
    if "marketplace_id" in table.columns:
        place = SQL(" and (marketplace_id = %(marketplace_id)s or marketplace_id is null)")
    statement = SQL("select exists(select from {} where seller_id = %(seller_id)s{})")
    with tenant(pool, seller_id) as conn:
        values = {"seller_id": seller_id, "marketplace_id": marketplace_id}
        row = conn.execute(statement.format(Identifier(table.name), place), values).fetchone()
    return bool(row and row[0])


def delete_orphaned_coverage(pool: Pool, seller: Seller, tables: Sequence[str], *, dry_run: bool) -> int:
    """Delete the rows of tables and marketplaces that the pipeline does not load any more; return how many."""
    with tenant(pool, seller.id) as conn:
        count = conn.execute(ORPHANED, [seller.id, list(tables), list(seller.marketplace_ids)]).rowcount
        if dry_run:
            conn.rollback()
    return count
