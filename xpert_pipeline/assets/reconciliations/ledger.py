"""The inventory ledger: its own arithmetic, from day to day, and the units that it says were shipped."""

from datetime import timedelta
from decimal import Decimal

from xpert_pipeline.sources.reconciliation import Reconciliation, Side, Tolerance

CORRECTED = timedelta(days=10)

LEDGER_ADDS_UP = Reconciliation(
    name="ledger_adds_up",
    meaning="Opening balance and movements of each line of inventory_ledger give its closing balance, and the closing "
    "balance is the opening balance of the next day.",
    left=Side("inventory_ledger", "opening balance and movements"),
    right=Side("inventory_ledger", "balance"),
    complete_by=("inventory_ledger",),
    settled=CORRECTED,
    tolerances=(Tolerance("Amazon corrects a balance without a movement", absolute=Decimal(1), share=Decimal("0.01")),),
    pairs="""
with lines as materialized (
  select
    business_date as day,
    location,
    store,
    sku,
    fn_sku,
    disposition,
    opening_quantity,
    closing_quantity,
    closing_quantity - unexplained_quantity as computed_quantity
  from inventory_ledger
  where seller_id = %(seller_id)s and marketplace_id = %(marketplace_id)s and business_date = any(%(days)s)
)

select
  day,
  'SKU ' || sku || ', ' || disposition as key,
  'units at the end of the day' as figure,
  computed_quantity as left_value,
  closing_quantity as right_value,
  null as currency,
  null as family,
  case when computed_quantity is null then 'a movement is missing or no number' end as reason
from lines
union all
select
  later.day,
  'SKU ' || later.sku || ', ' || later.disposition,
  'units at the beginning of the day',
  earlier.closing_quantity,
  later.opening_quantity,
  null,
  null,
  null
from lines as later
inner join lines as earlier
  on later.day = earlier.day + 1
  and (later.location, later.store, later.sku, later.fn_sku, later.disposition)
  = (earlier.location, earlier.store, earlier.sku, earlier.fn_sku, earlier.disposition)
""",
)

LEDGER_SHIPS_WHAT_WAS_SOLD = Reconciliation(
    name="ledger_ships_what_traffic_counts",
    meaning="The units of each ASIN and day that leave Amazon's warehouses for customers in inventory_ledger equal the "
    "units shipped in traffic_daily.",
    left=Side("traffic_daily"),
    right=Side("inventory_ledger"),
    complete_by=("traffic_daily", "inventory_ledger", "orders"),
    also=("order_items",),
    settled=timedelta(days=14),
    tolerances=(
        Tolerance(
            "the ledger counts a unit on the day of the warehouse, traffic on the day of the marketplace",
            absolute=Decimal(5),
            share=Decimal("0.25"),
        ),
    ),
    pairs="""
with moved as materialized (
  select business_date as day, asin, min(sku) as sku, -sum(customer_shipments_quantity) as units
  from inventory_ledger
  where seller_id = %(seller_id)s and marketplace_id = %(marketplace_id)s and business_date = any(%(days)s)
    and asin is not null
  group by 1, 2
),

counted as materialized (
  select business_date as day, asin, units_shipped as units
  from traffic_daily
  where seller_id = %(seller_id)s and marketplace_id = %(marketplace_id)s and business_date = any(%(days)s)
),

others as materialized (
  select
    i.asin,
    min(i.sku) as sku,
    bool_or(o.sales_channel is distinct from 'AMAZON') as is_elsewhere,
    bool_or(o.fulfilled_by is distinct from 'AMAZON') as is_merchant
  from order_items as i
  inner join orders as o
    on i.seller_id = o.seller_id and i.marketplace_id = o.marketplace_id and i.order_id = o.order_id
  where i.seller_id = %(seller_id)s and i.marketplace_id = %(marketplace_id)s and i.asin is not null
    and i.order_date
    between (select min(day) from unnest(%(days)s::date[]) as d (day)) - 60
    and (select max(day) from unnest(%(days)s::date[]) as d (day))
  group by i.asin
)

select
  day,
  'ASIN ' || asin || coalesce(' (SKU ' || coalesce(moved.sku, others.sku) || ')', '') as key,
  'units shipped' as figure,
  coalesce(counted.units, 0) as left_value,
  moved.units as right_value,
  null as currency,
  null as family,
  case
    when others.asin is null then 'no order of the product is loaded, so nobody knows who shipped it'
    when others.is_merchant then 'the seller ships orders of the product, too'
    when others.is_elsewhere then 'the product is sold in other shops, too'
  end as reason
from moved
full join counted using (day, asin)
left join others using (asin)
where moved.asin is not null or counted.units > 0
""",
)
