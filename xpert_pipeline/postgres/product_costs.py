"""The table `product_costs`: what each SKU costs its seller, by day. People import it; Amazon knows no costs.

One row is the cost of a SKU from a day on, in one marketplace or in all. A cost holds until its stated last day, or
until the day before the next known cost of the same SKU and marketplace begins, whichever comes first. A newer import
replaces the cost that begins on the same day, and no other; so the order in which files come does not matter.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from psycopg.rows import class_row

from xpert_pipeline.postgres.pool import Pool, tenant

LOCK = "select pg_advisory_xact_lock(hashtext('product_costs'), hashtext(%s))"
UPSERT = """
insert into product_costs as t (
  seller_id, sku, marketplace_id, valid_from, stated_to, unit_cost, currency, cost_of, source_file, source_line
)
select %(seller)s, c.* from unnest(
  %(sku)s::text[], %(marketplace_id)s::text[], %(valid_from)s::date[], %(stated_to)s::date[], %(unit_cost)s::numeric[],
  %(currency)s::text[], %(cost_of)s::text[], %(source_file)s::text[], %(source_line)s::integer[]
) as c
on conflict on constraint product_costs_key do update set
  stated_to = excluded.stated_to, valid_to = null, unit_cost = excluded.unit_cost, currency = excluded.currency,
  cost_of = excluded.cost_of, source_file = excluded.source_file, source_line = excluded.source_line, updated_at = now()
where (t.stated_to, t.unit_cost, t.currency, t.cost_of)
  is distinct from (excluded.stated_to, excluded.unit_cost, excluded.currency, excluded.cost_of)
returning t.xmax = 0
"""
"""The transaction that inserted a row has not updated it, so xmax is 0. A row that says the same stays as it is."""
SET_ENDS = """
with ends as (
  select
    id, least(stated_to, lead(valid_from) over (partition by sku, marketplace_id order by valid_from) - 1) as last_day
  from product_costs where seller_id = %(seller)s
)
update product_costs as t set valid_to = ends.last_day, updated_at = now()
from ends where t.id = ends.id and t.seller_id = %(seller)s and t.valid_to is distinct from ends.last_day
"""
COSTS = """
select sku, marketplace_id, valid_from, stated_to, unit_cost, currency, cost_of, source_file, source_line, valid_to
from product_costs where seller_id = %(seller)s
and (%(skus)s::text[] is null or sku = any(%(skus)s))
order by sku, marketplace_id nulls first, valid_from
"""
REMOVE = """
delete from product_costs
where seller_id = %(seller)s
  and (%(file)s::text is null or source_file = %(file)s)
  and (%(first_day)s::date is null or valid_from = %(first_day)s)
  and (%(skus)s::text[] is null or sku = any(%(skus)s))
"""
KNOWN = """
select sku, coalesce(max(title) filter (where is_listing), max(title)) from (
  select sku, item_name as title, true as is_listing from products where seller_id = %(seller)s
  union all
  select sku, title, false from order_items where seller_id = %(seller)s and sku is not null
) as known
group by sku order by sku
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of a SKU from a day on.

    Attributes:
        sku: The seller's SKU.
        marketplace_id: The marketplace; None for all.
        valid_from: First day.
        stated_to: Last day that the file gave, if any.
        unit_cost: Cost of one unit, with at most six decimals.
        currency: Its currency.
        cost_of: What the cost is of.
        source_file: Name of the file.
        source_line: Its line.
        valid_to: Last day in the table; it follows from the other costs of the SKU.
    """

    sku: str
    marketplace_id: str | None
    valid_from: date
    stated_to: date | None
    unit_cost: Decimal
    currency: str
    cost_of: str
    source_file: str
    source_line: int
    valid_to: date | None = None

    @property
    def key(self) -> tuple[str, str | None, date]:
        """What there is one cost for."""
        return self.sku, self.marketplace_id, self.valid_from


@dataclass(frozen=True, slots=True)
class Imported:
    """How many costs of an import were new, had other values before, or were known already."""

    new: int
    changed: int
    unchanged: int


def import_costs(pool: Pool, seller_id: UUID, costs: Sequence[Cost], *, dry_run: bool = False) -> Imported:
    """Write costs in one transaction; importing the same ones again changes nothing.

    Args:
        pool: The pipeline's pool.
        seller_id: The seller.
        costs: The costs; no two of them have the same key.
        dry_run: Undo everything at the end.

    Raises:
        DatabaseError: The database failed; nothing was written.
    """
    columns = ("sku", "marketplace_id", "valid_from", "stated_to", "unit_cost", "currency", "cost_of", "source_file")
    values = {name: [getattr(cost, name) for cost in costs] for name in (*columns, "source_line")}
    with tenant(pool, seller_id) as conn:
        conn.execute(LOCK, [str(seller_id)])
        written = conn.execute(UPSERT, {"seller": seller_id, **values}).fetchall()
        conn.execute(SET_ENDS, {"seller": seller_id})
        if dry_run:
            conn.rollback()
    new = sum(is_new for (is_new,) in written)
    return Imported(new, len(written) - new, len(costs) - len(written))


def remove_costs(
    pool: Pool,
    seller_id: UUID,
    *,
    file: str | None = None,
    first_day: date | None = None,
    skus: Sequence[str] = (),
    dry_run: bool = False,
) -> int:
    """Remove the costs that fit everything that is given, and return how many; the costs before them hold again.

    Args:
        pool: The pipeline's pool.
        seller_id: The seller.
        file: Name of their file.
        first_day: Their first day.
        skus: Their SKUs.
        dry_run: Undo everything at the end.

    Raises:
        DatabaseError: The database failed; nothing was removed.
    """
    values = {"seller": seller_id, "file": file, "first_day": first_day, "skus": list(skus) or None}
    with tenant(pool, seller_id) as conn:
        conn.execute(LOCK, [str(seller_id)])
        removed = conn.execute(REMOVE, values).rowcount
        conn.execute(SET_ENDS, {"seller": seller_id})
        if dry_run:
            conn.rollback()
    return removed


def read_costs(pool: Pool, seller_id: UUID, skus: Sequence[str] | None = None) -> list[Cost]:
    """Return the costs of a seller by SKU, marketplace and day; with `skus`, only theirs.

    Raises:
        DatabaseError: The database failed.
    """
    with tenant(pool, seller_id) as conn, conn.cursor(row_factory=class_row(Cost)) as cursor:
        return cursor.execute(COSTS, {"seller": seller_id, "skus": list(skus) if skus else None}).fetchall()


def known_skus(pool: Pool, seller_id: UUID) -> dict[str, str | None]:
    """Return the SKUs of a seller's listings and order lines, each with a title.

    Raises:
        DatabaseError: The database failed.
    """
    with tenant(pool, seller_id) as conn:
        return dict(conn.execute(KNOWN, {"seller": seller_id}).fetchall())
