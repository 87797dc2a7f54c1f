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
  select m.business_date
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
    max(a.asin) as asin,
    sum(a.amount) as amount
  from days as d
  inner join financial_event_amounts as a on d.business_date = a.posted_date
  where a.seller_id = %(seller_id)s and a.is_counted
  group by
    a.marketplace_id, a.posted_date, a.sku, coalesce(a.currency, 'XXX'), lower(a.transaction_type), a.amount_group,
    a.amount_name, a.is_tax
),

named as (
  select
    marketplace_id,
    posted_date,
    case when kind = 'productadspayment' then '(account)' else coalesce(sku, '(account)') end as sku,
    currency,
    case when kind = 'productadspayment' or sku is null then null else asin end as asin,
    amount,
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
  from told
),

lacking as (
  select
    e.marketplace_id,
    e.posted_date,
    '(account)' as sku,
    e.currency,
    null as asin,
    e.total_amount - coalesce(l.amount, 0) as amount,
    'UNEXPLAINED' as part
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

sums as (
  select
    marketplace_id,
    posted_date as business_date,
    sku,
    currency,
    max(asin) as asin,
    sum(amount) filter (where part = 'SALES') as product_sales,
    sum(amount) filter (where part = 'SHIPPING') as shipping_sales,
    -sum(amount) filter (where part = 'PROMOTION') as promotions,
    -sum(amount) filter (where part = 'REFUND') as refunded_sales,
    -sum(amount) filter (where part = 'REFERRAL') as referral_fees,
    -sum(amount) filter (where part = 'FULFILLMENT') as fulfillment_fees,
    -sum(amount) filter (where part = 'CLOSING') as closing_fees,
    -sum(amount) filter (where part = 'STORAGE') as storage_fees,
    -sum(amount) filter (where part = 'FEE') as other_fees,
    sum(amount) filter (where part = 'REIMBURSEMENT') as reimbursements,
    sum(amount) filter (where part = 'OTHER') as other_amount,
    sum(amount) filter (where part = 'UNEXPLAINED') as unexplained_amount,
    -sum(amount) filter (where part = 'ADS') as ads_paid,
    -sum(amount) filter (where part = 'ADS TAX') as ads_paid_tax,
    -sum(amount) filter (where part = 'FEE TAX') as fee_tax,
    sum(amount) filter (where part = 'SALES TAX') as sales_tax,
    -sum(amount) filter (where part = 'TCS') as tcs_amount,
    -sum(amount) filter (where part = 'TDS') as tds_amount,
    sum(amount) filter (where part = 'TRANSFER') as transfer_amount,
    sum(amount) as transactions_amount
  from (
    select * from named
    union all
    select * from lacking
  ) as parts
  group by marketplace_id, posted_date, sku, currency
),

units as (
  select
    marketplace_id,
    posted_date as business_date,
    coalesce(sku, '(account)') as sku,
    currency,
    max(asin) filter (where sku is not null) as asin,
    coalesce(sum(quantity) filter (where kind = 'shipment'), 0) as sold,
    bool_or(kind = 'shipment' and quantity is null) as is_unknown,
    coalesce(sum(quantity) filter (where kind = 'refund'), 0) as refunded
  from events
  where item_index >= 0 and kind in ('shipment', 'refund')
  group by marketplace_id, posted_date, coalesce(sku, '(account)'), currency
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

known_ads as (
  select
    marketplace_id,
    business_date,
    currency,
    sum(spend) as spend,
    sum(tax) as tax
  from ads
  where not is_unknown
  group by marketplace_id, business_date, currency
),

cells as (
  select
    marketplace_id,
    business_date,
    sku,
    currency
  from sums
  union distinct
  select
    marketplace_id,
    business_date,
    sku,
    currency
  from units
  union distinct
  select
    marketplace_id,
    business_date,
    sku,
    currency
  from ads
  union distinct
  select
    marketplace_id,
    business_date,
    '(account)' as sku,
    currency
  from known_ads
),

found as (
  select
    c.marketplace_id,
    c.business_date,
    c.sku,
    c.currency,
    coalesce(s.asin, u.asin, a.asin) as asin,
    case when not coalesce(u.is_unknown, false) then coalesce(u.sold, 0) end as units_sold,
    coalesce(u.refunded, 0) as units_refunded,
    coalesce(s.product_sales, 0) as product_sales,
    coalesce(s.shipping_sales, 0) as shipping_sales,
    coalesce(s.promotions, 0) as promotions,
    coalesce(s.refunded_sales, 0) as refunded_sales,
    coalesce(s.referral_fees, 0) as referral_fees,
    coalesce(s.fulfillment_fees, 0) as fulfillment_fees,
    coalesce(s.closing_fees, 0) as closing_fees,
    coalesce(s.storage_fees, 0) as storage_fees,
    coalesce(s.other_fees, 0) as other_fees,
    coalesce(s.reimbursements, 0) as reimbursements,
    coalesce(s.other_amount, 0) as other_amount,
    coalesce(s.unexplained_amount, 0) as unexplained_amount,
    coalesce(s.ads_paid, 0) as ads_paid,
    coalesce(s.ads_paid_tax, 0) as ads_paid_tax,
    coalesce(s.fee_tax, 0) as fee_tax,
    coalesce(s.sales_tax, 0) as sales_tax,
    coalesce(s.tcs_amount, 0) as tcs_amount,
    coalesce(s.tds_amount, 0) as tds_amount,
    coalesce(s.transfer_amount, 0) as transfer_amount,
    coalesce(s.transactions_amount, 0) as transactions_amount,
    case
      when c.sku = '(account)' then 'ACCOUNT'
      when a.is_unknown then 'UNKNOWN'
      when e.business_date is null then 'NOT_LOADED'
      else 'PARTIAL'
    end as ads_state,
    case when c.sku = '(account)' then coalesce(s.ads_paid, 0) - coalesce(k.spend, 0) else coalesce(a.spend, 0) end as spend,
    case
      when c.sku = '(account)' then coalesce(s.ads_paid_tax, 0) - coalesce(k.tax, 0)
      when a.sku is null then 0
      else a.tax
    end as tax,
    p.unit_cost,
    p.currency as cost_currency
  from cells as c
  left join sums as s
    on
      c.marketplace_id = s.marketplace_id and c.business_date = s.business_date and c.sku = s.sku
      and c.currency = s.currency
  left join units as u
    on
      c.marketplace_id = u.marketplace_id and c.business_date = u.business_date and c.sku = u.sku
      and c.currency = u.currency
  left join ads as a
    on
      c.marketplace_id = a.marketplace_id and c.business_date = a.business_date and c.sku = a.sku
      and c.currency = a.currency
  left join known_ads as k
    on c.marketplace_id = k.marketplace_id and c.business_date = k.business_date and c.currency = k.currency
  left join economics_days as e on c.marketplace_id = e.marketplace_id and c.business_date = e.business_date
  left join lateral (
    select
      o.unit_cost,
      o.currency
    from product_costs as o
    where
      o.seller_id = %(seller_id)s and o.sku = c.sku
      and (o.marketplace_id = c.marketplace_id or o.marketplace_id is null)
      and c.business_date between o.valid_from and coalesce(o.valid_to, 'infinity')
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
