"""Subjects of lookups: which SKUs or ASINs are known, and when Amazon last answered for each."""

from collections.abc import Sequence
from datetime import timedelta
from typing import LiteralString

from psycopg.sql import SQL

from xpert_pipeline.postgres.pool import Pool, tenant
from xpert_pipeline.postgres.scope import Scope

DUE = """
with known as ({subjects})
select known.subject
from known
left join lookups as l
  on l.seller_id = %(seller_id)s and l.marketplace_id = %(marketplace_id)s and l.table_name = %(table)s
  and l.subject = known.subject
where known.subject is not null and (l.answered_at is null or l.answered_at <= clock_timestamp() - %(every)s)
group by known.subject, l.answered_at
order by l.answered_at nulls first, known.subject
"""
ANSWERED = """
insert into lookups (seller_id, marketplace_id, table_name, subject)
select %(seller_id)s, %(marketplace_id)s, %(table)s, subject from unnest(%(subjects)s::text[]) as s (subject)
on conflict (seller_id, marketplace_id, table_name, subject) do update set answered_at = excluded.answered_at
"""


def subjects_due(pool: Pool, scope: Scope, table: str, subjects: LiteralString, every: timedelta) -> list[str]:
    """Return subjects without an answer, or with one older than `every`; those that waited longest come first.

    Args:
        pool: The pipeline's pool.
        scope: The seller's marketplace.
        table: Table that the answers fill.
        subjects: SQL that returns one column named `subject`, with `%(seller_id)s` and `%(marketplace_id)s`.
        every: How long an answer stays valid.
    """
    values = {**_place(scope, table), "every": every}
    with tenant(pool, scope.seller_id) as conn:
        rows = conn.execute(SQL(DUE).format(subjects=SQL(subjects)), values).fetchall()
    return [subject for (subject,) in rows]


def mark_answered(pool: Pool, scope: Scope, table: str, subjects: Sequence[str]) -> None:
    """Record that Amazon has just answered for these subjects."""
    with tenant(pool, scope.seller_id) as conn:
        conn.execute(ANSWERED, {**_place(scope, table), "subjects": list(subjects)})


def _place(scope: Scope, table: str) -> dict[str, object]:
    return {"seller_id": scope.seller_id, "marketplace_id": scope.marketplace_id, "table": table}
