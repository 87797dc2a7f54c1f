-- shipments_inbound: one row per SKU in a shipment to Amazon, as a whole. v0 tells shipments and received units; plans add
-- lots, tracking, delivery window and appointment; the ASIN comes from the listing. A row that no source has any more
-- keeps its last state.
with plans as (
  select
    p.*,
    row_number() over (
      partition by p.marketplace_id, p.shipment_id, p.sku order by p.plan_updated_at desc nulls last, p.inbound_plan_id desc
    ) as age_of_sku,
    row_number() over (
      partition by p.marketplace_id, p.shipment_id order by p.plan_updated_at desc nulls last, p.inbound_plan_id desc, p.sku asc
    ) as age_of_shipment
  from inbound_plan_items as p
  where p.seller_id = %(seller_id)s and p.shipment_id is not null
),

headers as (
  select * from plans
  where age_of_shipment = 1
),

keys as (
  select
    i.marketplace_id,
    i.shipment_id,
    i.sku
  from inbound_shipment_items as i
  where i.seller_id = %(seller_id)s
  union
  select
    p.marketplace_id,
    p.shipment_id,
    p.sku
  from plans as p
  where p.sku != '(no SKU)'
),

all_keys as (
  select
    k.marketplace_id,
    k.shipment_id,
    k.sku
  from keys as k
  union all
  select
    s.marketplace_id,
    s.shipment_id,
    '(no SKU)' as sku
  from (
    select
      h.marketplace_id,
      h.shipment_id
    from inbound_shipments as h
    where h.seller_id = %(seller_id)s
    union
    select
      p.marketplace_id,
      p.shipment_id
    from plans as p
  ) as s
  where
    not exists (
      select from keys as k
      where k.marketplace_id = s.marketplace_id and k.shipment_id = s.shipment_id
    )
),

present as materialized (
  select
    k.marketplace_id,
    k.shipment_id,
    k.sku,
    coalesce(s.shipment_name, h.plan_name) as shipment_name,
    coalesce(s.shipment_status, h.plan_shipment_status) as shipment_status,
    coalesce(s.fulfillment_center_id, h.fulfillment_center_id) as fulfillment_center_id,
    s.label_prep_type,
    s.is_case_packed,
    coalesce(i.fn_sku, p.fn_sku) as fn_sku,
    coalesce(l.asin, p.asin) as asin,
    i.shipped_quantity,
    i.received_quantity,
    i.shipped_quantity - i.received_quantity as discrepancy_quantity,
    i.case_quantity,
    h.inbound_plan_id,
    h.plan_shipment_id,
    h.plan_status,
    h.plan_shipment_status,
    p.planned_quantity,
    p.lot_count,
    h.tracking_ids,
    h.delivery_window_start_at,
    h.delivery_window_end_at,
    h.appointment_status,
    h.plan_created_at,
    h.plan_updated_at,
    least(i.created_at, s.created_at, h.created_at) as first_seen_at,
    greatest(i.updated_at, s.updated_at, h.updated_at, p.updated_at) as last_changed_at
  from all_keys as k
  left join inbound_shipment_items as i
    on
      i.seller_id = %(seller_id)s and i.marketplace_id = k.marketplace_id and i.shipment_id = k.shipment_id
      and i.sku = k.sku
  left join inbound_shipments as s
    on s.seller_id = %(seller_id)s and s.marketplace_id = k.marketplace_id and s.shipment_id = k.shipment_id
  left join headers as h on h.marketplace_id = k.marketplace_id and h.shipment_id = k.shipment_id
  left join plans as p
    on
      p.marketplace_id = k.marketplace_id and p.shipment_id = k.shipment_id and p.sku = k.sku
      and p.age_of_sku = 1
  left join products as l on l.seller_id = %(seller_id)s and l.marketplace_id = k.marketplace_id and l.sku = k.sku
)

select
  p.marketplace_id,
  p.shipment_id,
  p.sku,
  p.shipment_name,
  p.shipment_status,
  p.fulfillment_center_id,
  p.label_prep_type,
  p.is_case_packed,
  p.fn_sku,
  p.asin,
  p.shipped_quantity,
  p.received_quantity,
  p.discrepancy_quantity,
  p.case_quantity,
  p.inbound_plan_id,
  p.plan_shipment_id,
  p.plan_status,
  p.plan_shipment_status,
  p.planned_quantity,
  p.lot_count,
  p.tracking_ids,
  p.delivery_window_start_at,
  p.delivery_window_end_at,
  p.appointment_status,
  p.plan_created_at,
  p.plan_updated_at,
  true as is_current,
  least(p.first_seen_at, o.first_seen_at) as first_seen_at,
  p.last_changed_at
from present as p
left join shipments_inbound as o
  on
    o.seller_id = %(seller_id)s and o.marketplace_id = p.marketplace_id and o.shipment_id = p.shipment_id
    and o.sku = p.sku
union all
select
  o.marketplace_id,
  o.shipment_id,
  o.sku,
  o.shipment_name,
  o.shipment_status,
  o.fulfillment_center_id,
  o.label_prep_type,
  o.is_case_packed,
  o.fn_sku,
  o.asin,
  o.shipped_quantity,
  o.received_quantity,
  o.discrepancy_quantity,
  o.case_quantity,
  o.inbound_plan_id,
  o.plan_shipment_id,
  o.plan_status,
  o.plan_shipment_status,
  o.planned_quantity,
  o.lot_count,
  o.tracking_ids,
  o.delivery_window_start_at,
  o.delivery_window_end_at,
  o.appointment_status,
  o.plan_created_at,
  o.plan_updated_at,
  false as is_current,
  o.first_seen_at,
  o.last_changed_at
from shipments_inbound as o
where
  o.seller_id = %(seller_id)s
  and not exists (
    select from present as p
    where p.marketplace_id = o.marketplace_id and p.shipment_id = o.shipment_id and p.sku = o.sku
  )
  and (
    o.sku != '(no SKU)'
    or not exists (
      select from present as p
      where p.marketplace_id = o.marketplace_id and p.shipment_id = o.shipment_id
    )
  )
