"""Returns compared with the stock that they came back to, and with the refunds of their orders."""

from datetime import timedelta
from decimal import Decimal
from typing import LiteralString

from xpert_pipeline.sources.reconciliation import Reconciliation, Side, Tolerance

REFUNDED = """
refunded as materialized (
  select
    e.order_id,
    e.sku,
    sum(e.quantity) filter (where e.transaction_type = 'Refund') as units,
    bool_or(e.transaction_type = 'Refund' and e.quantity is null) as names_no_units
  from financial_events as e
  inner join (select distinct order_id from expected) as r on e.order_id = r.order_id
  where e.seller_id = %(seller_id)s and e.marketplace_id = %(marketplace_id)s and e.item_index >= 0 and e.is_counted
  group by 1, 2
)
"""
"""The units refunded of the orders in `expected`, and whether a refund names none."""


def _beside_refunds(expected: LiteralString, pairs: LiteralString) -> LiteralString:
    """A statement in which `pairs` compares `expected` with REFUNDED."""
    return expected + REFUNDED + pairs


RETURNS_ARE_STOCK = Reconciliation(
    name="ledger_takes_back_what_was_returned",
    meaning="The units of each SKU and day that customers returned to Amazon in fba_returns equal those in "
    "inventory_ledger.",
    left=Side("fba_returns"),
    right=Side("inventory_ledger"),
    complete_by=("fba_returns", "inventory_ledger"),
    settled=timedelta(days=30),
    tolerances=(
        Tolerance(
            "Amazon may date a return in the report on another day than in the ledger",
            absolute=Decimal(2),
            share=Decimal("0.5"),
        ),
    ),
    pairs="""
with returned as materialized (
  select return_date as day, sku, sum(quantity) as units
  from fba_returns
  where seller_id = %(seller_id)s and marketplace_id = %(marketplace_id)s and return_date = any(%(days)s)
  group by 1, 2
),

booked as materialized (
  select business_date as day, sku, sum(customer_returns_quantity) as units
  from inventory_ledger
  where seller_id = %(seller_id)s and marketplace_id = %(marketplace_id)s and business_date = any(%(days)s)
  group by 1, 2
)

select
  day,
  'SKU ' || sku as key,
  'units returned' as figure,
  coalesce(returned.units, 0) as left_value,
  coalesce(booked.units, 0) as right_value,
  null as currency,
  null as family,
  null as reason
from returned
full join booked using (day, sku)
where returned.units <> 0 or booked.units <> 0
""",
)

RETURNS_ARE_REFUNDED = Reconciliation(
    name="returns_are_refunded",
    meaning="Every unit that came back to Amazon in fba_returns was refunded in the transactions of its order.",
    left=Side("financial_events", "refunded, at most what was returned"),
    right=Side("fba_returns"),
    complete_by=("fba_returns", "financial_events"),
    settled=timedelta(days=30),
    tolerances=(Tolerance("Amazon replaces some returned units instead of refunding them", absolute=Decimal(2)),),
    pairs=_beside_refunds(
        """
with expected as materialized (
  select max(return_date) as day, order_id, sku, sum(quantity) as units
  from fba_returns
  where seller_id = %(seller_id)s and marketplace_id = %(marketplace_id)s and return_date = any(%(days)s)
    and order_id is not null
  group by 2, 3
),

""",
        """
select
  u.day,
  'SKU ' || u.sku || ' of order ' || u.order_id as key,
  'units' as figure,
  least(coalesce(r.units, 0), u.units) as left_value,
  u.units as right_value,
  null as currency,
  null as family,
  case
    when not exists (select from refunded as any_row where any_row.order_id = u.order_id)
      then 'no transaction of the order is loaded'
  end as reason
from expected as u
left join refunded as r on u.order_id = r.order_id and u.sku = r.sku
""",
    ),
)

REQUESTS_ARE_REFUNDED = Reconciliation(
    name="return_requests_are_refunded",
    meaning="Every return request that merchant_returns calls refunded was refunded in the transactions of its order.",
    left=Side("financial_events", "refunded, at most what was requested"),
    right=Side("merchant_returns"),
    complete_by=("merchant_returns", "financial_events"),
    settled=timedelta(days=60),
    pairs=_beside_refunds(
        """
with expected as materialized (
  select max(return_date) as day, order_id, sku, sum(quantity) as units
  from merchant_returns
  where seller_id = %(seller_id)s and marketplace_id = %(marketplace_id)s and return_date = any(%(days)s)
    and refunded_amount > 0
  group by 2, 3
),

""",
        """
select
  q.day,
  'SKU ' || coalesce(q.sku, '(none)') || ' of order ' || q.order_id as key,
  'units' as figure,
  least(coalesce(r.units, 0), q.units) as left_value,
  q.units as right_value,
  null as currency,
  null as family,
  case
    when q.sku is null then 'the request names no SKU'
    when not exists (select from refunded as any_row where any_row.order_id = q.order_id)
      then 'no transaction of the order is loaded'
    when r.names_no_units then 'a refund of the order names no units, as that of a part of the price'
  end as reason
from expected as q
left join refunded as r on q.order_id = r.order_id and q.sku = r.sku
""",
    ),
)
