-- What each SKU is expected to sell, and what to order, with plain names for analysts and BI tools.

create or replace view xpert_views.expected_demand with (security_invoker = true) as
with newest as (
  select
    seller_id,
    marketplace_id,
    sku,
    max(forecast_date) as forecast_date
  from public.forecasting_data
  where scope = 'SKU'
  group by seller_id, marketplace_id, sku
)

select
  f.seller_id,
  f.marketplace_id,
  m.marketplace,
  f.sku,
  p.item_name as title,
  f.asin,
  f.origin_date as known_until,
  case when f.is_sufficient then f.forecast_date end as expected_until,
  f.total_mean as expected_units,
  f.total_p10 as low_units,
  f.total_p50 as middle_units,
  f.total_p90 as high_units,
  f.stock_quantity,
  f.inbound_quantity,
  f.reorder_quantity as order_now_quantity,
  f.wape_pct as error_pct,
  f.bias_pct,
  case f.reason
    when 'SHORT_HISTORY' then 'fewer than 14 days in a row are loaded'
    when 'NO_RECENT_SALES' then 'no sale in 56 days'
    when 'OUT_OF_STOCK' then 'out of stock on all of the last 28 days'
    else f.reason
  end as no_forecast_because
from public.forecasting_data as f
inner join newest as n
  on
    f.seller_id = n.seller_id and f.marketplace_id = n.marketplace_id and f.sku = n.sku
    and f.forecast_date = n.forecast_date
left join xpert_views.marketplaces as m on f.marketplace_id = m.marketplace_id
left join public.products as p on f.seller_id = p.seller_id and f.marketplace_id = p.marketplace_id and f.sku = p.sku
where f.scope = 'SKU';
comment on view xpert_views.expected_demand is
'What each SKU is expected to sell in the 28 days after known_until, beside its stock, and what to order now.';
comment on column xpert_views.expected_demand.seller_id is 'The seller.';
comment on column xpert_views.expected_demand.marketplace_id is 'Amazon''s id of the marketplace.';
comment on column xpert_views.expected_demand.marketplace is 'Amazon''s name of the store.';
comment on column xpert_views.expected_demand.sku is 'The seller''s own SKU.';
comment on column xpert_views.expected_demand.title is 'Title of the listing. NULL: it is not in products.';
comment on column xpert_views.expected_demand.asin is 'ASIN.';
comment on column xpert_views.expected_demand.known_until is 'Last day whose sales the forecast knows.';
comment on column xpert_views.expected_demand.expected_until is 'Last day of the forecast. NULL: there is none.';
comment on column xpert_views.expected_demand.expected_units is 'Expected units until then, if the SKU is in stock.';
comment on column xpert_views.expected_demand.low_units is 'With a chance of 10 %, demand is not above this.';
comment on column xpert_views.expected_demand.middle_units is 'Demand is as often below as above this.';
comment on column xpert_views.expected_demand.high_units is 'With a chance of 90 %, demand is not above this.';
comment on column xpert_views.expected_demand.stock_quantity is 'Stock. NULL: not known.';
comment on column xpert_views.expected_demand.inbound_quantity is 'Units on their way to Amazon. NULL: not known.';
comment on column xpert_views.expected_demand.order_now_quantity is
'Units to order now: forecasting_data.reorder_quantity. NULL: no forecast, or the stock is not known.';
comment on column xpert_views.expected_demand.error_pct is
'How far earlier forecasts were off, in percent of what was sold. NULL: not tested.';
comment on column xpert_views.expected_demand.bias_pct is 'By how much they were too high (above 0) or too low. NULL: not tested.';
comment on column xpert_views.expected_demand.no_forecast_because is 'Why there is no forecast. NULL: there is one.';
select public.xpert_show_view('xpert_views.expected_demand');

insert into public.schema_migrations (name) values ('0062_demand_view') on conflict do nothing;
