"""Compares two figures of the same thing in SQL, and returns only counts and the largest differences.

The statement of a caller returns the pairs of one marketplace; everything else is computed here, so that a day with
many thousands of pairs costs one small answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import LiteralString

from psycopg import sql
from psycopg.rows import class_row

from xpert_pipeline.postgres.pool import Pool, tenant
from xpert_pipeline.postgres.scope import Scope

EQUAL, TOLERATED, DIFFERENT, OPEN = "equal", "tolerated", "different", "open"
COLUMNS = ("day", "key", "figure", "left_value", "right_value", "currency", "family", "reason")
"""What the statement of a caller returns."""
JUDGED = """
with pairs as materialized (
  {pairs}
),

tolerances as (
  select * from unnest(%(families)s::text[], %(absolutes)s::numeric[], %(shares)s::numeric[], %(whys)s::text[])
    as t (family, absolute, share, why)
),

measured as (
  select
    p.day,
    p.key::text as key,
    p.figure::text as figure,
    p.left_value::numeric as left_value,
    p.right_value::numeric as right_value,
    p.currency::text as currency,
    p.family::text as family,
    p.reason::text as reason,
    abs(coalesce(p.left_value, 0) - coalesce(p.right_value, 0))::numeric as difference,
    greatest(abs(p.left_value), abs(p.right_value))::numeric as size
  from pairs as p
),

judged as (
  select
    m.*,
    case
      when m.left_value is not distinct from m.right_value then 'equal'
      when m.reason is not null then 'open'
      when m.difference <= greatest(t.absolute, t.share * m.size) then 'tolerated'
      else 'different'
    end as state,
    t.why
  from measured as m
  left join tolerances as t on t.family is not distinct from m.family
),

explained as (
  select
    j.*,
    case j.state when 'open' then j.reason when 'tolerated' then j.why end as cause
  from judged as j
),

ranked as (
  select
    e.*,
    count(*) over causes as number,
    row_number() over (causes order by e.day, e.difference desc, e.key, e.figure) as place
  from explained as e
  window causes as (partition by e.state, e.cause)
)

select state, cause, number, day, key, figure, left_value, right_value, currency
from ranked
where place <= case state when 'different' then %(shown)s else 1 end
order by state, cause, place
"""


@dataclass(frozen=True)
class Judged:
    """One pair, and how many have the same state and cause.

    Attributes:
        state: EQUAL, TOLERATED, DIFFERENT or OPEN.
        cause: Why it is tolerated or cannot be compared.
        number: Number of pairs with this state and cause.
        day: The day that both figures are about.
        key: What they are about, in words: "SKU BOOK-1".
        figure: Their name, such as "units".
        left_value: The first figure; None if its table has none.
        right_value: The second figure.
        currency: Their currency, for amounts.
    """

    state: str
    cause: str | None
    number: int
    day: date | None
    key: str
    figure: str
    left_value: Decimal | None
    right_value: Decimal | None
    currency: str | None


def judge_pairs(
    pool: Pool,
    scope: Scope,
    pairs: LiteralString,
    days: Sequence[date],
    tolerances: Sequence[tuple[str | None, Decimal, Decimal, str]],
    *,
    shown: int,
) -> list[Judged]:
    """Return the differing pairs of a marketplace, and one pair of each other state and cause.

    Args:
        pool: The pipeline's pool.
        scope: The seller's marketplace.
        pairs: Returns the pairs with the columns COLUMNS, in any order; its parameters are `%(seller_id)s`,
            `%(marketplace_id)s`, `%(timezone)s` and `%(days)s`.
        days: The days to compare.
        tolerances: What may differ: family, absolute difference, share of the larger figure, and why.
        shown: Maximum number of differing pairs to return; the earliest days come first.
    """
    families, absolutes, shares, whys = zip(*tolerances, strict=True) if tolerances else ((),) * 4
    values = {
        "seller_id": scope.seller_id,
        "marketplace_id": scope.marketplace_id,
        "timezone": scope.timezone,
        "days": list(days),
        "families": list(families),
        "absolutes": list(absolutes),
        "shares": list(shares),
        "whys": list(whys),
        "shown": shown,
    }
    with tenant(pool, scope.seller_id) as connection, connection.cursor(row_factory=class_row(Judged)) as cursor:
        # right after a first load the tables have no statistics, and nested loops over them take minutes
        cursor.execute("select set_config('enable_nestloop', 'off', true)")
        return cursor.execute(sql.SQL(JUDGED).format(pairs=sql.SQL(pairs)), values).fetchall()
