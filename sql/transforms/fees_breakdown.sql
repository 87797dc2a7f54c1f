-- fees_breakdown: Amazon's fees of the days in `dirty`, from three sources that tell the same fees and are never added.
-- Amounts are positive if the seller pays. A sum of which a part is unknown, or in another currency, is unknown.
-- TCS and TDS, which Amazon withholds from the proceeds, have columns of their own and no fee.
with estimates as (
  select
    e.marketplace_id,
    'estimate' as fee_source,
    concat_ws(
      '@', e.sku, trim_scale(e.listing_price)::text, case when e.is_fba then 'AMAZON' else 'MERCHANT' end
    ) as ref_key,
    coalesce(f.type, '(no estimate)') as fee_type,
    e.estimated_date as period_start,
    null::date as period_end,
    e.sku,
    e.asin,
    null as order_id,
    null as transaction_id,
    null as transaction_type,
    min(f."group") as fee_group,
    e.listing_price,
    e.is_fba,
    e.estimated_by,
    case when count(f.type) > 0 then 1 end as quantity,
    case when count(*) = count(f.amount) then sum(f.amount) end as fee_amount,
    case when count(*) = count(f.promotion) then sum(f.promotion) end as promotion_amount,
    case when count(*) = count(f.tax) then sum(f.tax) end as tax_amount,
    case when count(*) = count(f.total) then sum(f.total) end as final_amount,
    null::numeric as tcs_amount,
    null::numeric as tds_amount,
    e.currency,
    e.status,
    e.error_code
  from dirty as d
  inner join fee_estimates as e on d.business_date = e.estimated_date
  left join lateral jsonb_to_recordset(e.fees) as f (
    type text, "group" text, amount numeric, promotion numeric, tax numeric, total numeric
  ) on true
  where e.seller_id = %(seller_id)s and (f.type is not null or e.fees is null)
  group by e.id, f.type
),

leaves as (
  select
    a.*,
    case
      when concat_ws(' ', a.amount_group, a.amount_name) ~* '\m(item)?tcs' then 'TCS'
      when concat_ws(' ', a.amount_group, a.amount_name) ~* '\m(item)?tds' then 'TDS'
      else 'FEE'
    end as kind
  from dirty as d
  inner join financial_event_amounts as a on d.business_date = a.posted_date
  where
    a.seller_id = %(seller_id)s and a.is_counted
    and (
      a.amount_group in ('AmazonFees', 'DigitalServicesFee')
      or concat_ws(' ', a.amount_group, a.amount_name) ~* '\m(item)?(tcs|tds)'
    )
),

charged as (
  select
    marketplace_id,
    transaction_id,
    item_index,
    amount_name,
    posted_date,
    min(sku) as sku,
    min(asin) as asin,
    min(order_id) as order_id,
    min(transaction_type) as transaction_type,
    min(amount_group) as fee_group,
    count(distinct currency) <= 1 as is_one,
    -sum(case when not is_tax then amount else 0 end) filter (where kind = 'FEE') as fee_amount,
    -sum(case when is_tax then amount else 0 end) filter (where kind = 'FEE') as tax_amount,
    -sum(amount) filter (where kind = 'FEE') as final_amount,
    -sum(amount) filter (where kind = 'TCS') as tcs_amount,
    -sum(amount) filter (where kind = 'TDS') as tds_amount,
    min(currency) as currency
  from leaves
  group by marketplace_id, transaction_id, item_index, amount_name, posted_date
),

days as (
  select
    e.marketplace_id,
    e.sku,
    f.type as fee_type,
    e.business_date,
    e.asin,
    case when count(*) = count(f.quantity) then sum(f.quantity) end as quantity,
    case when count(*) = count(f.amount) then sum(f.amount) end as fee_amount,
    case when count(*) = count(f.promotion) then sum(f.promotion) end as promotion_amount,
    case when count(*) = count(f.tax) then sum(f.tax) end as tax_amount,
    case when count(*) = count(f.total) then sum(f.total) end as final_amount,
    e.currency
  from dirty as d
  inner join economics_daily as e on d.business_date = e.business_date
  cross join
    lateral jsonb_to_recordset(e.fees)
      as f (
        type text, amount numeric, promotion numeric, tax numeric, total numeric, quantity numeric
      )
  where e.seller_id = %(seller_id)s and f.type is not null
  group by e.id, f.type
)

select * from estimates
union all
select
  marketplace_id,
  'actual_txn' as fee_source,
  transaction_id || '#' || item_index as ref_key,
  amount_name as fee_type,
  posted_date as period_start,
  posted_date as period_end,
  sku,
  asin,
  order_id,
  transaction_id,
  transaction_type,
  fee_group,
  null as listing_price,
  null as is_fba,
  null as estimated_by,
  null as quantity,
  case when is_one then fee_amount end as fee_amount,
  null as promotion_amount,
  case when is_one then tax_amount end as tax_amount,
  case when is_one then final_amount end as final_amount,
  case when is_one then tcs_amount end as tcs_amount,
  case when is_one then tds_amount end as tds_amount,
  case when is_one then currency end as currency,
  null as status,
  null as error_code
from charged
union all
select
  marketplace_id,
  'actual_day' as fee_source,
  sku as ref_key,
  fee_type,
  business_date as period_start,
  business_date as period_end,
  sku,
  asin,
  null as order_id,
  null as transaction_id,
  null as transaction_type,
  null as fee_group,
  null as listing_price,
  null as is_fba,
  null as estimated_by,
  quantity,
  fee_amount,
  promotion_amount,
  tax_amount,
  final_amount,
  null as tcs_amount,
  null as tds_amount,
  currency,
  null as status,
  null as error_code
from days
