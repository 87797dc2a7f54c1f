"""The days that a derived table computes, in the temporary table `dirty (business_date, subject)`.

They come from the table `dirty_keys`, which triggers fill (`sql/migrations/0067_dirty_subjects.sql`), from the run, and
from a SELECT that adds the days which these change.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, LiteralString
from uuid import UUID

from psycopg import Connection
from psycopg.sql import SQL, Identifier

from xpert_pipeline.tables.contract import Table

MOST_SUBJECTS = 500
"""With more changed subjects than this, a day is computed as a whole."""
TAKE = """
with taken as (
  delete from dirty_keys where consumer = %(consumer)s and seller_id = %(seller_id)s returning business_date, subjects)
insert into dirty (business_date, subject)
select t.business_date, s.subject
from taken as t left join unnest(case when %(is_narrowed)s then t.subjects end) as s (subject) on true
union select unnest(%(days)s::date[]), null
"""
SETTLE = """
with listed as (delete from dirty returning business_date, subject),
subjects as (select distinct business_date, subject from listed),
days as (
  select business_date, count(subject) < count(*) or count(*) > %(most)s as is_whole
  from subjects group by business_date)
insert into dirty (business_date, subject)
select business_date, null from days where is_whole
union all
select s.business_date, s.subject from subjects as s inner join days as d on s.business_date = d.business_date
where not d.is_whole
"""
"""Leaves one row of a whole day."""
ADD = "insert into dirty (business_date) select business_date from ({more}) as more"
ADD_SUBJECTS = "insert into dirty (business_date, subject) select business_date, subject from ({more}) as more"
WATCHED = """
select tgrelid::regclass::text, words[1]
from pg_trigger, string_to_array(encode(tgargs, 'escape'), '\\000') as words
where tgname = 'mark_dirty_insert'
  and exists (select from unnest(words[2:]) as w (word) where split_part(w.word, ':', 1) = %(consumer)s)
"""
"""The tables that mark days dirty for a consumer, each with its column of the day."""


def make_dirty(conn: Connection) -> None:
    """Create the temporary table, for this transaction."""
    conn.execute("create temp table dirty (business_date date not null, subject text) on commit drop")


def history(conn: Connection, consumer: str, table: Table, seller_id: UUID) -> list[date]:
    """Return all days of a derived table, and of the tables that it is derived from."""
    columns = [
        *conn.execute(WATCHED, {"consumer": consumer}).fetchall(),
        *([(table.name, table.day)] if table.day else []),
    ]
    days: set[date] = set()
    for name, day in columns:
        names = {"day": Identifier(day), "table": Identifier(name)}
        found = SQL("select distinct {day} from {table} where seller_id = %s and {day} is not null").format(**names)
        days.update(own for (own,) in conn.execute(found, [seller_id]))
    return sorted(days)


def take_days(
    conn: Connection,
    consumer: str,
    days: Sequence[date],
    more: LiteralString | None,
    values: Mapping[str, Any],
    *,
    is_narrowed: bool,
) -> list[date]:
    """Fill `dirty` from the keys of a consumer and the days to compute in any case; return its days."""
    conn.execute(TAKE, {**values, "consumer": consumer, "days": list(days), "is_narrowed": is_narrowed})
    if more:
        conn.execute(SQL(ADD_SUBJECTS if is_narrowed else ADD).format(more=SQL(more)), values)
    conn.execute(SETTLE, {"most": MOST_SUBJECTS})
    conn.execute("analyze dirty")
    return [day for (day,) in conn.execute("select distinct business_date from dirty order by 1").fetchall()]
