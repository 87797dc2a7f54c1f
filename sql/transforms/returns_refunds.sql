-- returns_refunds: one row per return to Amazon, return request to the seller, and refunded item, for the days in `dirty`.
-- The returns report of FBA is for the whole account, so a return gets the marketplace of its order. If the order became
-- known after the return, the return's day is computed again. The comments of the table explain grain and columns.
with known_orders as materialized (
  select distinct on (order_id)
    order_id,
    marketplace_id
  from orders
  where seller_id = %(seller_id)s
  order by order_id asc, last_updated_at desc nulls last, marketplace_id asc
),

days as materialized (
  select business_date from dirty
  union
  select distinct r.event_date
  from returns_refunds as r
  inner join known_orders as o on r.order_id = o.order_id and r.marketplace_id != o.marketplace_id
  where r.seller_id = %(seller_id)s and r.record_type = 'FBA'
),

fba as (
  select distinct on (f.return_key) f.*
  from fba_returns as f
  inner join days as d on f.return_date = d.business_date
  where f.seller_id = %(seller_id)s
  order by f.return_key asc, f.updated_at desc
)

select
  coalesce(o.marketplace_id, f.marketplace_id) as marketplace_id,
  'FBA' as record_type,
  f.return_key,
  f.return_date as event_date,
  f.order_id,
  null::text as order_item_id,
  f.sku,
  f.asin,
  f.fn_sku,
  f.quantity,
  f.return_date,
  f.returned_at,
  null::date as refund_date,
  null::timestamptz as refunded_at,
  f.reason_code,
  f.disposition,
  f.status,
  null::text as resolution,
  'AMAZON' as fulfilled_by,
  f.fulfillment_center_id,
  null::numeric as refund_amount,
  null::text as currency,
  null::text as refund_transaction_id,
  null::text as rma_id,
  null::boolean as is_in_policy,
  null::numeric as label_cost,
  null::boolean as has_a_to_z_claim
from fba as f
left join known_orders as o on f.order_id = o.order_id
union all
select
  m.marketplace_id,
  'MFN' as record_type,
  m.return_key,
  m.return_date as event_date,
  m.order_id,
  m.order_item_id,
  m.sku,
  m.asin,
  null as fn_sku,
  m.quantity,
  m.return_date,
  null as returned_at,
  null as refund_date,
  null as refunded_at,
  m.reason_code,
  null as disposition,
  m.status,
  m.resolution,
  'MERCHANT' as fulfilled_by,
  null as fulfillment_center_id,
  null as refund_amount,
  m.currency,
  null as refund_transaction_id,
  m.rma_id,
  m.is_in_policy,
  m.label_cost,
  m.has_a_to_z_claim
from days as d
inner join merchant_returns as m on d.business_date = m.return_date
where m.seller_id = %(seller_id)s
union all
select
  e.marketplace_id,
  'REFUND' as record_type,
  e.transaction_id || '|' || e.item_index as return_key,
  e.posted_date as event_date,
  e.order_id,
  null as order_item_id,
  e.sku,
  e.asin,
  null as fn_sku,
  e.quantity,
  null as return_date,
  null as returned_at,
  e.posted_date as refund_date,
  e.posted_at as refunded_at,
  null as reason_code,
  null as disposition,
  e.transaction_status as status,
  null as resolution,
  case e.fulfillment_network when 'AFN' then 'AMAZON' when 'MFN' then 'MERCHANT' end as fulfilled_by,
  null as fulfillment_center_id,
  e.total_amount as refund_amount,
  e.currency,
  e.transaction_id as refund_transaction_id,
  null as rma_id,
  null as is_in_policy,
  null as label_cost,
  null as has_a_to_z_claim
from days as d
inner join financial_events as e on d.business_date = e.posted_date
where
  e.seller_id = %(seller_id)s and lower(e.transaction_type) = 'refund' and e.is_counted
  and (
    e.item_index >= 0
    or not exists (
      select from financial_events as i
      where
        i.seller_id = e.seller_id and i.marketplace_id = e.marketplace_id and i.transaction_id = e.transaction_id
        and i.item_index >= 0
    )
  )
