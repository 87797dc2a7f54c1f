"""Subjects of lookups: which SKUs or ASINs are known, what they were asked with, and when Amazon last answered."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, LiteralString
from uuid import UUID

from psycopg.sql import SQL
from psycopg.types.json import Jsonb

from xpert_pipeline.postgres.pool import Pool, tenant
from xpert_pipeline.postgres.scope import Scope

DUE = """
with known as ({subjects}),
asked as (
  select distinct on (known.subject) known.subject, to_jsonb(known) - 'subject' as facts
  from known
  where known.subject is not null
  order by known.subject, (to_jsonb(known) - 'subject')::text
)
select asked.subject, asked.facts
from asked
left join lookups as l
  on l.seller_id = %(seller_id)s and l.marketplace_id = %(marketplace_id)s and l.table_name = %(table)s
  and l.subject = asked.subject
where
  l.answered_at is null or l.answered_at <= clock_timestamp() - %(every)s or l.facts is distinct from asked.facts
order by l.answered_at nulls first, asked.subject
"""
COUNT = "with known as ({subjects}) select count(distinct subject) from known"
ANSWERED = """
insert into lookups (seller_id, marketplace_id, table_name, subject, facts)
select %(seller_id)s, %(marketplace_id)s, %(table)s, s.subject, s.facts
from unnest(%(subjects)s::text[], %(facts)s::jsonb[]) as s (subject, facts)
on conflict (seller_id, marketplace_id, table_name, subject) do update set
  answered_at = excluded.answered_at, facts = excluded.facts
"""
NEWEST = """
select marketplace_id, max(answered_at) from lookups where seller_id = %s and table_name = %s group by 1
"""


Facts = Mapping[str, Any]
"""What a question contains about its subject, such as a price, by name."""


def subjects_due(
    pool: Pool, scope: Scope, table: str, subjects: LiteralString, every: timedelta
) -> list[tuple[str, Facts]]:
    """Return the subjects that must be looked up, with the facts to ask with; those that waited longest come first.

    A subject is due without an answer, with an answer older than `every`, and if it was asked with other facts.

    Args:
        pool: The pipeline's pool.
        scope: The seller's marketplace.
        table: Table that the answers fill.
        subjects: SQL that returns a column `subject`, and further columns: the facts. Its parameters are
            `%(seller_id)s` and `%(marketplace_id)s`.
        every: How long an answer stays valid.
    """
    values = {**_place(scope, table), "every": every}
    with tenant(pool, scope.seller_id) as conn:
        return conn.execute(SQL(DUE).format(subjects=SQL(subjects)), values).fetchall()


def count_subjects(pool: Pool, scope: Scope, subjects: LiteralString) -> int:
    """Return how many subjects are known, due or not."""
    with tenant(pool, scope.seller_id) as conn:
        row = conn.execute(SQL(COUNT).format(subjects=SQL(subjects)), _place(scope, "")).fetchone()
    return int(row[0]) if row else 0


def mark_answered(pool: Pool, scope: Scope, table: str, subjects: Sequence[tuple[str, Facts]]) -> None:
    """Record that Amazon has just answered for these subjects, which were asked with these facts."""
    names, facts = [name for name, _ in subjects], [Jsonb(dict(known)) for _, known in subjects]
    with tenant(pool, scope.seller_id) as conn:
        conn.execute(ANSWERED, {**_place(scope, table), "subjects": names, "facts": facts})


def newest_answers(pool: Pool, seller_id: UUID, table: str) -> dict[str, datetime]:
    """Return when Amazon last answered for any subject of a table, by marketplace."""
    with tenant(pool, seller_id) as conn:
        return dict(conn.execute(NEWEST, (seller_id, table)).fetchall())


def _place(scope: Scope, table: str) -> dict[str, object]:
    return {"seller_id": scope.seller_id, "marketplace_id": scope.marketplace_id, "table": table}
