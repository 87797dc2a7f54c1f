-- advertising_spend: what advertising cost on the days in `dirty`, and on days whose is_final has changed since.
-- Rows of scope SKU are from economics_daily, rows of scope ACCOUNT are payments in financial_events. They are two answers
-- to one question and are never added.
with newest as materialized (
  select
    'SKU' as scope,
    marketplace_id,
    max(business_date) - 14 as final_until
  from economics_daily
  where seller_id = %(seller_id)s
  group by marketplace_id
  union all
  select
    'ACCOUNT' as scope,
    marketplace_id,
    max(posted_date) - 14 as final_until
  from financial_events
  where seller_id = %(seller_id)s
  group by marketplace_id
),

days as materialized (
  select business_date from dirty
  union
  select distinct s.spend_date
  from advertising_spend as s
  inner join newest as n on s.marketplace_id = n.marketplace_id and s.scope = n.scope
  where s.seller_id = %(seller_id)s and s.is_final != (s.spend_date <= n.final_until)
),

ads as (
  select
    e.marketplace_id,
    e.business_date as spend_date,
    e.sku,
    coalesce(a.charge ->> 'type', '(unknown)') as ad_type,
    e.asin,
    (a.charge ->> 'total')::numeric as total,
    (a.charge ->> 'amount')::numeric - (a.charge ->> 'promotion')::numeric as ex_tax,
    (a.charge ->> 'tax')::numeric as tax,
    e.currency,
    e.ops
  from days as d
  inner join economics_daily as e on e.business_date = d.business_date
  cross join lateral jsonb_array_elements(e.ads) as a (charge)
  where e.seller_id = %(seller_id)s and jsonb_typeof(e.ads) = 'array'
),

of_skus as (
  select
    marketplace_id,
    spend_date,
    sku,
    ad_type,
    asin,
    currency,
    ops,
    case when count(total) = count(*) then sum(total) end as spend,
    case when count(ex_tax) = count(*) then sum(ex_tax) end as spend_ex_tax,
    case when count(tax) = count(*) then sum(tax) end as tax
  from ads
  group by marketplace_id, spend_date, sku, ad_type, asin, currency, ops
),

payments as materialized (
  select
    f.marketplace_id,
    f.posted_date as spend_date,
    f.transaction_id,
    f.currency,
    -f.total_amount as total
  from days as d
  inner join financial_events as f on f.posted_date = d.business_date
  where
    f.seller_id = %(seller_id)s and f.item_index = -1 and f.is_counted
    and lower(f.transaction_type) = 'productadspayment'
),

taxes as (
  select
    p.transaction_id,
    -sum(a.amount) as known,
    -coalesce(sum(a.amount) filter (where a.is_tax), 0) as tax
  from payments as p
  inner join financial_event_amounts as a
    on a.marketplace_id = p.marketplace_id and a.transaction_id = p.transaction_id and a.currency = p.currency
  where a.seller_id = %(seller_id)s
  group by p.transaction_id
),

of_account as (
  select
    p.marketplace_id,
    p.spend_date,
    min(p.currency) as currency,
    min(p.currency) = max(p.currency) and count(p.total) = count(*) as is_known,
    bool_and(coalesce(t.known = p.total, false)) as is_taxed,
    sum(p.total) as spend,
    sum(t.tax) as tax
  from payments as p
  left join taxes as t on p.transaction_id = t.transaction_id
  group by p.marketplace_id, p.spend_date
),

found as (
  select
    marketplace_id,
    spend_date,
    sku,
    ad_type,
    'SKU' as scope,
    asin,
    spend,
    spend_ex_tax,
    tax,
    currency,
    ops,
    round(100 * spend / nullif(ops, 0), 4) as tacos_pct
  from of_skus
  union all
  select
    marketplace_id,
    spend_date,
    '(account)' as sku,
    'ACCOUNT_CASH' as ad_type,
    'ACCOUNT' as scope,
    null as asin,
    case when is_known then spend end as spend,
    case when is_known and is_taxed then spend - tax end as spend_ex_tax,
    case when is_known and is_taxed then tax end as tax,
    case when is_known then currency end as currency,
    null as ops,
    null as tacos_pct
  from of_account
)

select
  f.marketplace_id,
  f.spend_date,
  f.sku,
  f.ad_type,
  f.scope,
  f.asin,
  f.spend,
  f.spend_ex_tax,
  f.tax,
  f.currency,
  f.ops,
  f.tacos_pct,
  f.spend_date <= n.final_until as is_final
from found as f
inner join newest as n on f.marketplace_id = n.marketplace_id and f.scope = n.scope
