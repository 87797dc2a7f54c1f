"""Inbound shipments: the units that Amazon received of them are the receipts of the inventory ledger."""

from datetime import timedelta
from decimal import Decimal

from xpert_pipeline.sources.reconciliation import Reconciliation, Side, Tolerance

LEDGER_RECEIVES_SHIPMENTS = Reconciliation(
    name="ledger_receives_inbound_shipments",
    meaning="The units of each SKU that Amazon received of inbound shipments equal the receipts of inventory_ledger. "
    "The day is the last one compared: shipments have no figures by day.",
    left=Side("shipments_inbound"),
    right=Side("inventory_ledger", "receipts"),
    complete_by=("inventory_ledger",),
    settled=timedelta(days=10),
    tolerances=(
        Tolerance(
            "the ledger may count units of a shipment on another SKU, or later than the shipment does",
            absolute=Decimal(5),
            share=Decimal("0.02"),
        ),
    ),
    pairs="""
with span as (
  select min(day) as first_day, max(day) as last_day, count(*) = max(day) - min(day) + 1 as is_gapless
  from unnest(%(days)s::date[]) as d (day)
),

shipped as materialized (
  select
    s.sku,
    sum(s.received_quantity) as units,
    bool_or(s.plan_created_at is null) as is_undated,
    bool_or(
      (s.plan_created_at at time zone %(timezone)s)::date < p.first_day
      and (s.plan_updated_at at time zone %(timezone)s)::date >= p.first_day
    ) as is_older
  from shipments_inbound as s
  cross join span as p
  where s.seller_id = %(seller_id)s and s.marketplace_id = %(marketplace_id)s and s.sku <> '(no SKU)'
    and (s.plan_updated_at is null or (s.plan_updated_at at time zone %(timezone)s)::date >= p.first_day)
  group by s.sku
),

received as materialized (
  select sku, sum(receipts_quantity) as units
  from inventory_ledger
  where seller_id = %(seller_id)s and marketplace_id = %(marketplace_id)s and business_date = any(%(days)s)
  group by sku
)

select
  p.last_day as day,
  'SKU ' || sku as key,
  'units received' as figure,
  coalesce(shipped.units, 0) as left_value,
  coalesce(received.units, 0) as right_value,
  null as currency,
  null as family,
  case
    when not p.is_gapless then 'a day between the first and the last one is not loaded'
    when p.last_day < (now() at time zone %(timezone)s)::date - 1 then 'the days end before yesterday'
    when shipped.is_undated then 'a shipment was made without a plan, so that its time is not known'
    when shipped.is_older then 'a shipment is older than the days compared'
  end as reason
from shipped
full join received using (sku)
cross join span as p
where shipped.units > 0 or received.units > 0
""",
)
