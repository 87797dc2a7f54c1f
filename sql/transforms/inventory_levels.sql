-- inventory_levels: one row per marketplace, day, SKU and fulfilment channel, for the days in `dirty` and the day of the
-- newest reading. That day has the present state of products and fba_inventory; an earlier day keeps the snapshot that
-- was taken on it; the ledger fills the FBA stock of days and SKUs without a snapshot.
-- A SKU that both the seller and Amazon fulfil has two rows. A sum of which a part is unknown is unknown.
with moments as materialized (
  select
    l.table_name,
    l.marketplace_id,
    (max(l.window_end) filter (where l.window_kind != 'partial') at time zone z.timezone)::date as snapshot_date,
    (max(l.window_end) at time zone z.timezone)::date as changed_date
  from loads as l
  inner join zones as z on l.marketplace_id = z.marketplace_id
  where
    l.seller_id = %(seller_id)s and l.table_name in ('products', 'fba_inventory')
    and l.window_kind in ('snapshot', 'updated', 'partial')
  group by l.table_name, l.marketplace_id, z.timezone
),

-- A later reading that was not complete has changed the present state, too: then the day keeps the snapshot that it has.
readings as materialized (
  select
    m.table_name,
    m.marketplace_id,
    m.snapshot_date
  from moments as m
  where
    m.snapshot_date = m.changed_date
    or (
      m.snapshot_date < m.changed_date
      and not exists (
        select from inventory_levels as l
        where
          l.seller_id = %(seller_id)s and l.marketplace_id = m.marketplace_id and l.snapshot_date = m.snapshot_date
          and l.stock_source = 'snapshot'
          and l.fulfillment_channel = case m.table_name when 'fba_inventory' then 'AMAZON' else 'MERCHANT' end
      )
    )
),

amazons as (
  select
    f.marketplace_id,
    r.snapshot_date,
    f.sku,
    'AMAZON' as fulfillment_channel,
    max(f.asin) as asin,
    case when count(*) = count(f.fulfillable_quantity) then sum(f.fulfillable_quantity) end as available_quantity,
    case when count(*) = count(f.reserved_quantity) then sum(f.reserved_quantity) end as reserved_quantity,
    case when count(*) = count(f.unfulfillable_quantity) then sum(f.unfulfillable_quantity) end as unfulfillable_quantity,
    case
      when
        count(*) = count(f.inbound_working_quantity + f.inbound_shipped_quantity + f.inbound_receiving_quantity)
        then sum(f.inbound_working_quantity + f.inbound_shipped_quantity + f.inbound_receiving_quantity)
    end as inbound_quantity,
    case when count(*) = count(f.total_quantity) then sum(f.total_quantity) end as total_quantity
  from fba_inventory as f
  inner join readings as r on f.marketplace_id = r.marketplace_id and r.table_name = 'fba_inventory'
  where f.seller_id = %(seller_id)s
  group by f.marketplace_id, r.snapshot_date, f.sku
),

merchants as (
  select
    p.marketplace_id,
    r.snapshot_date,
    p.sku,
    'MERCHANT' as fulfillment_channel,
    p.asin,
    case when p.fulfillment_channel = 'DEFAULT' then p.quantity else p.merchant_quantity end as available_quantity
  from products as p
  inner join readings as r on p.marketplace_id = r.marketplace_id and r.table_name = 'products'
  where p.seller_id = %(seller_id)s and (p.fulfillment_channel = 'DEFAULT' or p.merchant_quantity is not null)
),

snapshots as materialized (
  select
    marketplace_id,
    snapshot_date,
    sku,
    fulfillment_channel,
    asin,
    available_quantity,
    reserved_quantity,
    available_quantity + reserved_quantity as on_hand_quantity,
    unfulfillable_quantity,
    total_quantity - inbound_quantity as warehouse_quantity,
    inbound_quantity,
    total_quantity,
    available_quantity > 0 as is_in_stock
  from amazons
  union all
  select
    marketplace_id,
    snapshot_date,
    sku,
    fulfillment_channel,
    asin,
    available_quantity,
    null as reserved_quantity,
    available_quantity as on_hand_quantity,
    null as unfulfillable_quantity,
    available_quantity as warehouse_quantity,
    null as inbound_quantity,
    available_quantity as total_quantity,
    available_quantity > 0 as is_in_stock
  from merchants
  union all
  select
    l.marketplace_id,
    l.snapshot_date,
    l.sku,
    l.fulfillment_channel,
    l.asin,
    l.available_quantity,
    l.reserved_quantity,
    l.on_hand_quantity,
    l.unfulfillable_quantity,
    l.warehouse_quantity,
    l.inbound_quantity,
    l.total_quantity,
    l.is_in_stock
  from inventory_levels as l
  inner join dirty as d on l.snapshot_date = d.business_date
  where
    l.seller_id = %(seller_id)s and l.stock_source = 'snapshot'
    and not exists (
      select from readings as r
      where
        r.marketplace_id = l.marketplace_id and r.snapshot_date = l.snapshot_date
        and r.table_name = case l.fulfillment_channel when 'AMAZON' then 'fba_inventory' else 'products' end
    )
),

history as (
  select
    l.marketplace_id,
    l.business_date as snapshot_date,
    l.sku,
    max(l.asin) as asin,
    sum(l.closing_quantity) as warehouse_quantity,
    coalesce(sum(l.closing_quantity) filter (where l.disposition = 'SELLABLE'), 0) as on_hand_quantity,
    coalesce(sum(l.closing_quantity) filter (where l.disposition not in ('SELLABLE', 'RESEARCHING')), 0)
      as unfulfillable_quantity
  from inventory_ledger as l
  inner join dirty as d on l.business_date = d.business_date
  where l.seller_id = %(seller_id)s
  group by l.marketplace_id, l.business_date, l.sku
)

select
  marketplace_id,
  snapshot_date,
  sku,
  fulfillment_channel,
  asin,
  available_quantity,
  reserved_quantity,
  on_hand_quantity,
  unfulfillable_quantity,
  warehouse_quantity,
  inbound_quantity,
  total_quantity,
  is_in_stock,
  'snapshot' as stock_source
from snapshots
union all
select
  h.marketplace_id,
  h.snapshot_date,
  h.sku,
  'AMAZON' as fulfillment_channel,
  h.asin,
  null as available_quantity,
  null as reserved_quantity,
  h.on_hand_quantity,
  h.unfulfillable_quantity,
  h.warehouse_quantity,
  null as inbound_quantity,
  null as total_quantity,
  h.on_hand_quantity > 0 as is_in_stock,
  'ledger' as stock_source
from history as h
where not exists (
  select from snapshots as s
  where
    s.marketplace_id = h.marketplace_id and s.snapshot_date = h.snapshot_date and s.sku = h.sku
    and s.fulfillment_channel = 'AMAZON'
)
