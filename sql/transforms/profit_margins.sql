-- profit_margins: for the days in `dirty`, and for days whose is_final has changed since, what each SKU earned, and the account
-- with the money that belongs to no SKU. Transactions count on the day on which they were posted, each amount once.
-- Payments for advertisements contain what economics tell by SKU. The account has what they contain beyond that, so that all
-- rows of a day together have what was paid. Currencies are never added: each has its own row.
with newest as materialized (
  select
    marketplace_id,
    max(posted_date) - 45 as final_until
  from financial_events
  where seller_id = %(seller_id)s
  group by marketplace_id
),

days as materialized (
  select business_date from dirty
  union distinct
  select distinct m.business_date
  from profit_margins as m
  inner join newest as n on m.marketplace_id = n.marketplace_id
  where m.seller_id = %(seller_id)s and m.is_final != (m.business_date <= n.final_until)
),

events as materialized (
  select
    e.marketplace_id,
    e.transaction_id,
    e.item_index,
    e.posted_date,
    lower(e.transaction_type) as kind,
    e.sku,
    e.asin,
    e.quantity,
    e.total_amount,
    e.is_balanced,
    e.is_counted,
    coalesce(e.currency, 'XXX') as currency
  from days as d
  inner join financial_events as e on d.business_date = e.posted_date
  where e.seller_id = %(seller_id)s and (e.item_index >= 0 or not e.is_balanced) and e.is_counted
),

told as materialized (
  select
    a.marketplace_id,
    a.posted_date,
    a.sku,
    coalesce(a.currency, 'XXX') as currency,
    lower(a.transaction_type) as kind,
    a.amount_group,
    a.amount_name,
    a.is_tax,
    row(lower(a.transaction_type), a.amount_group, a.amount_name, a.is_tax)::text as word,
    max(a.asin) as asin,
    sum(a.amount) as amount
  from days as d
  inner join financial_event_amounts as a on d.business_date = a.posted_date
  where a.seller_id = %(seller_id)s and a.is_counted
  group by
    a.marketplace_id, a.posted_date, a.sku, coalesce(a.currency, 'XXX'), lower(a.transaction_type), a.amount_group,
    a.amount_name, a.is_tax
),

-- few words tell what an amount is, so they are read once each, not with every amount
words as materialized (
  select
    word,
    case
      when
        kind in ('transfer', 'debtrecovery', 'adhocdisbursement')
        or amount_name in ('ReserveCredit', 'ReserveDebit', 'FailedDisbursement', 'FundTransfer', 'DebtPayment')
        then 'TRANSFER'
      when concat_ws(' ', amount_group, amount_name) ~* '\m(item)?tcs' then 'TCS'
      when concat_ws(' ', amount_group, amount_name) ~* '\m(item)?tds' then 'TDS'
      when kind = 'productadspayment' then case when is_tax then 'ADS TAX' else 'ADS' end
      when amount_group in ('AmazonFees', 'DigitalServicesFee') or kind = 'servicefee'
        then
          case
            when is_tax then 'FEE TAX'
            when amount_name ~* '^(commission|referral)' then 'REFERRAL'
            when amount_name ~* 'closingfee' then 'CLOSING'
            when amount_name ~* 'storage' then 'STORAGE'
            when amount_name ~* '(fulfil|pickandpack|pick & pack|weighthandling|weight handling|shippinghb|easyship)'
              then 'FULFILLMENT'
            else 'FEE'
          end
      when
        is_tax or kind = 'retrocharge' or amount_group = 'Tax'
        or concat_ws(' ', amount_group, amount_name) ~* '\m(marketplacefacilitatortax|lowvaluegoodstax)'
        then 'SALES TAX'
      when kind ~ 'reimbursement' or amount_name ~* 'reimburse' then 'REIMBURSEMENT'
      when kind = 'removalshipment' then 'OTHER'
      when amount_group = 'ProductCharges' then case when kind ~ '(refund|claim|chargeback)' then 'REFUND' else 'SALES' end
      when amount_group in ('Shipping', 'GiftWrap', 'CashOnDelivery') then 'SHIPPING'
      when amount_group = 'Promotion' then 'PROMOTION'
      else 'OTHER'
    end as part
  from (select distinct
    word,
    kind,
    amount_group,
    amount_name,
    is_tax
  from told) as heard
),

named as (
  select
    t.marketplace_id,
    t.posted_date,
    case when t.kind = 'productadspayment' then '(account)' else coalesce(t.sku, '(account)') end as sku,
    t.currency,
    case when t.kind = 'productadspayment' or t.sku is null then null else t.asin end as asin,
    w.part,
    t.amount
  from told as t
  inner join words as w on t.word = w.word
),

lacking as (
  select
    e.marketplace_id,
    e.posted_date,
    '(account)' as sku,
    e.currency,
    null as asin,
    'UNEXPLAINED' as part,
    e.total_amount - coalesce(l.amount, 0) as amount
  from events as e
  left join lateral (
    select sum(a.amount) as amount
    from financial_event_amounts as a
    where
      a.seller_id = %(seller_id)s and a.marketplace_id = e.marketplace_id and a.transaction_id = e.transaction_id
      and coalesce(a.currency, 'XXX') = e.currency
  ) as l on true
  where e.item_index = -1 and e.total_amount != coalesce(l.amount, 0)
),

posted_days as materialized (
  select distinct
    e.marketplace_id,
    e.posted_date as business_date
  from days as d
  inner join financial_events as e on d.business_date = e.posted_date
  where e.seller_id = %(seller_id)s
),

economics_days as (
  select distinct
    e.marketplace_id,
    e.business_date
  from days as d
  inner join economics_daily as e on d.business_date = e.business_date
  where e.seller_id = %(seller_id)s
),

ads as materialized (
  select
    s.marketplace_id,
    s.spend_date as business_date,
    s.sku,
    coalesce(s.currency, 'XXX') as currency,
    max(s.asin) as asin,
    sum(coalesce(s.spend_ex_tax, s.spend)) as spend,
    case when count(s.spend_ex_tax) = count(*) then sum(s.tax) end as tax,
    bool_or(s.spend is null) as is_unknown
  from posted_days as d
  inner join advertising_spend as s on d.marketplace_id = s.marketplace_id and d.business_date = s.spend_date
  where s.seller_id = %(seller_id)s and s.scope = 'SKU'
  group by s.marketplace_id, s.spend_date, s.sku, coalesce(s.currency, 'XXX')
),

-- amounts are added up by their keys: joins of so many rows would need good estimates of them
parts as (
  select
    *,
    1 as origin
  from named
  union all
  select
    *,
    1 as origin
  from lacking
  union all
  select
    marketplace_id,
    posted_date,
    coalesce(sku, '(account)') as sku,
    currency,
    case when sku is not null then asin end as asin,
    case kind when 'shipment' then 'UNITS SOLD' else 'UNITS REFUNDED' end as part,
    quantity as amount,
    2 as origin
  from events
  where item_index >= 0 and kind in ('shipment', 'refund')
  union all
  select
    a.marketplace_id,
    a.business_date as posted_date,
    p.sku,
    a.currency,
    p.asin,
    p.part,
    p.amount,
    3 as origin
  from ads as a
  cross join
    lateral (
      values
      (a.sku, a.asin, 'SPEND', case when not a.is_unknown then a.spend end),
      (a.sku, a.asin, 'SPEND TAX', a.tax),
      ('(account)', null, 'ALL SPEND', a.spend),
      ('(account)', null, 'ALL SPEND TAX', a.tax)
    ) as p (sku, asin, part, amount)
  where not a.is_unknown or p.sku != '(account)'
),

sums as (
  select
    marketplace_id,
    posted_date as business_date,
    sku,
    currency,
    coalesce(
      max(asin) filter (where origin = 1), max(asin) filter (where origin = 2), max(asin) filter (where origin = 3)
    ) as asin,
    case
      when not coalesce(bool_or(amount is null) filter (where part = 'UNITS SOLD'), false)
        then coalesce(sum(amount) filter (where part = 'UNITS SOLD'), 0)
    end as units_sold,
    coalesce(sum(amount) filter (where part = 'UNITS REFUNDED'), 0) as units_refunded,
    coalesce(sum(amount) filter (where part = 'SALES'), 0) as product_sales,
    coalesce(sum(amount) filter (where part = 'SHIPPING'), 0) as shipping_sales,
    coalesce(-sum(amount) filter (where part = 'PROMOTION'), 0) as promotions,
    coalesce(-sum(amount) filter (where part = 'REFUND'), 0) as refunded_sales,
    coalesce(-sum(amount) filter (where part = 'REFERRAL'), 0) as referral_fees,
    coalesce(-sum(amount) filter (where part = 'FULFILLMENT'), 0) as fulfillment_fees,
    coalesce(-sum(amount) filter (where part = 'CLOSING'), 0) as closing_fees,
    coalesce(-sum(amount) filter (where part = 'STORAGE'), 0) as storage_fees,
    coalesce(-sum(amount) filter (where part = 'FEE'), 0) as other_fees,
    coalesce(sum(amount) filter (where part = 'REIMBURSEMENT'), 0) as reimbursements,
    coalesce(sum(amount) filter (where part = 'OTHER'), 0) as other_amount,
    coalesce(sum(amount) filter (where part = 'UNEXPLAINED'), 0) as unexplained_amount,
    coalesce(-sum(amount) filter (where part = 'ADS'), 0) as ads_paid,
    coalesce(-sum(amount) filter (where part = 'ADS TAX'), 0) as ads_paid_tax,
    coalesce(-sum(amount) filter (where part = 'FEE TAX'), 0) as fee_tax,
    coalesce(sum(amount) filter (where part = 'SALES TAX'), 0) as sales_tax,
    coalesce(-sum(amount) filter (where part = 'TCS'), 0) as tcs_amount,
    coalesce(-sum(amount) filter (where part = 'TDS'), 0) as tds_amount,
    coalesce(sum(amount) filter (where part = 'TRANSFER'), 0) as transfer_amount,
    coalesce(sum(amount) filter (where origin = 1), 0) as transactions_amount,
    coalesce(bool_or(amount is null) filter (where part = 'SPEND'), false) as is_unknown,
    coalesce(sum(amount) filter (where part = 'SPEND'), 0) as sku_spend,
    case when count(*) filter (where part = 'SPEND TAX') > 0 then sum(amount) filter (where part = 'SPEND TAX') else 0 end as sku_tax,
    coalesce(sum(amount) filter (where part = 'ALL SPEND'), 0) as all_spend,
    coalesce(sum(amount) filter (where part = 'ALL SPEND TAX'), 0) as all_tax
  from parts
  group by marketplace_id, posted_date, sku, currency
),

found as (
  select
    s.*,
    case
      when s.sku = '(account)' then 'ACCOUNT'
      when s.is_unknown then 'UNKNOWN'
      when e.business_date is null then 'NOT_LOADED'
      else 'PARTIAL'
    end as ads_state,
    case when s.sku = '(account)' then s.ads_paid - s.all_spend else s.sku_spend end as spend,
    case when s.sku = '(account)' then s.ads_paid_tax - s.all_tax else s.sku_tax end as tax,
    p.unit_cost,
    p.currency as cost_currency
  from sums as s
  left join economics_days as e on s.marketplace_id = e.marketplace_id and s.business_date = e.business_date
  left join lateral (
    select
      o.unit_cost,
      o.currency
    from product_costs as o
    where
      o.seller_id = %(seller_id)s and o.sku = s.sku
      and (o.marketplace_id = s.marketplace_id or o.marketplace_id is null)
      and s.business_date between o.valid_from and coalesce(o.valid_to, 'infinity')
    order by o.marketplace_id asc nulls last limit 1
  ) as p on true
),

judged as (
  select
    *,
    units_sold - units_refunded as net_units,
    referral_fees + fulfillment_fees + closing_fees + storage_fees + other_fees as amazon_fees,
    case when ads_state in ('PARTIAL', 'ACCOUNT') then spend end as ad_spend,
    case when ads_state in ('PARTIAL', 'ACCOUNT') then tax end as ad_tax,
    case
      when units_sold is null then 'UNITS_UNKNOWN'
      when units_sold = units_refunded then 'NOT_NEEDED'
      when unit_cost is null then 'MISSING'
      when cost_currency != currency then 'OTHER_CURRENCY'
      else 'KNOWN'
    end as cost_basis
  from found
),

counted as (
  select
    *,
    product_sales + shipping_sales - promotions - refunded_sales - amazon_fees + reimbursements + other_amount
    + unexplained_amount - coalesce(ad_spend, 0)
    - case when %(is_tax_credit)s then 0 else fee_tax + coalesce(ad_tax, 0) end as margin_before_cogs,
    case cost_basis when 'KNOWN' then unit_cost * net_units when 'NOT_NEEDED' then 0 end as cogs
  from judged
)

select
  c.marketplace_id,
  c.business_date,
  c.sku,
  c.currency,
  c.asin,
  c.units_sold,
  c.units_refunded,
  c.net_units,
  c.product_sales,
  c.shipping_sales,
  c.promotions,
  c.refunded_sales,
  c.product_sales - c.refunded_sales as net_product_sales,
  c.referral_fees,
  c.fulfillment_fees,
  c.closing_fees,
  c.storage_fees,
  c.other_fees,
  c.amazon_fees,
  c.reimbursements,
  c.other_amount,
  c.unexplained_amount,
  c.ads_paid,
  c.ad_spend,
  c.ads_state,
  c.fee_tax,
  c.ads_paid_tax,
  c.ad_tax,
  %(is_tax_credit)s::boolean as is_tax_credit,
  c.margin_before_cogs,
  c.unit_cost,
  c.cost_currency,
  c.cost_basis,
  c.cogs,
  c.margin_before_cogs - c.cogs as margin,
  nullif(
    concat_ws(
      ', ',
      case c.cost_basis
        when 'MISSING' then 'unit cost'
        when 'OTHER_CURRENCY' then 'unit cost in ' || c.currency
        when 'UNITS_UNKNOWN' then 'units sold'
      end,
      case c.ads_state when 'UNKNOWN' then 'an advertising charge' when 'NOT_LOADED' then 'advertising of the day' end
    ),
    ''
  ) as missing,
  c.sales_tax,
  c.tcs_amount,
  c.tds_amount,
  c.transfer_amount,
  c.transactions_amount,
  c.business_date <= n.final_until as is_final
from counted as c
inner join newest as n on c.marketplace_id = n.marketplace_id
