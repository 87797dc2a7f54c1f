-- pricing_history: the rows to write now. A state that differs from the open row of its listing closes that row and opens
-- another one; a listing that is gone, or has no price any more, only closes its row. Everything else stays as it is.
-- The state is that of products and of the newest offers that Amazon could list; the moment is this transaction's.
with pages as materialized (
  select distinct on (s.marketplace_id, s.sku)
    s.marketplace_id,
    s.sku,
    s.captured_date,
    s.featured_listing_price,
    s.featured_landed_price,
    s.is_featured_own,
    s.competitive_price_threshold,
    s.currency
  from offer_summaries as s
  where s.seller_id = %(seller_id)s and s.status in ('Success', 'NoBuyableOffers')
  order by s.marketplace_id asc, s.sku asc, s.captured_date desc
),

own_offers as materialized (
  select distinct on (c.marketplace_id, c.sku)
    c.marketplace_id,
    c.sku,
    c.shipping_price,
    c.points_value,
    c.currency
  from competitor_data as c
  inner join pages as g
    on c.marketplace_id = g.marketplace_id and c.sku = g.sku and c.captured_date = g.captured_date
  where c.seller_id = %(seller_id)s and c.is_own_offer
  order by c.marketplace_id, c.sku, c.offer_rank
),

present as materialized (
  select
    p.marketplace_id,
    p.sku,
    'B2C' as offer_type,
    case split_part(lower(p.condition_type), '_', 1)
      when 'used' then 'Used' when 'collectible' then 'Collectible' when 'refurbished' then 'Refurbished'
      when 'club' then 'Club' else 'New'
    end as item_condition,
    p.asin,
    'BUYABLE' = any(p.status) as is_buyable,
    p.price as listing_price,
    p.regular_price,
    o.shipping_price,
    o.points_value,
    p.price + o.shipping_price - coalesce(o.points_value, 0) as landed_price,
    case when g.currency = p.currency then g.featured_listing_price end as featured_listing_price,
    case when g.currency = p.currency then g.featured_landed_price end as featured_landed_price,
    g.is_featured_own,
    case when g.currency = p.currency then g.competitive_price_threshold end as competitive_price_threshold,
    p.currency
  from products as p
  left join pages as g on p.marketplace_id = g.marketplace_id and p.sku = g.sku and 'BUYABLE' = any(p.status)
  left join own_offers as o on g.marketplace_id = o.marketplace_id and g.sku = o.sku and p.currency = o.currency
  where p.seller_id = %(seller_id)s and p.price is not null and p.currency is not null
),

open_rows as materialized (
  select h.*
  from pricing_history as h
  where h.seller_id = %(seller_id)s and h.valid_to is null
),

unchanged as materialized (
  select h.id
  from open_rows as h
  inner join present as n
    on
      h.marketplace_id = n.marketplace_id and h.sku = n.sku and h.offer_type = n.offer_type
      and h.item_condition = n.item_condition
  where
    (
      h.asin, h.is_buyable, h.listing_price, h.regular_price, h.shipping_price, h.points_value, h.landed_price,
      h.featured_listing_price, h.featured_landed_price, h.is_featured_own, h.competitive_price_threshold, h.currency
    ) is not distinct from (
      n.asin, n.is_buyable, n.listing_price, n.regular_price, n.shipping_price, n.points_value, n.landed_price,
      n.featured_listing_price, n.featured_landed_price, n.is_featured_own, n.competitive_price_threshold, n.currency
    )
)

select
  h.marketplace_id,
  h.sku,
  h.offer_type,
  h.item_condition,
  h.valid_from,
  now() as valid_to,
  h.asin,
  h.is_buyable,
  h.listing_price,
  h.regular_price,
  h.shipping_price,
  h.points_value,
  h.landed_price,
  h.featured_listing_price,
  h.featured_landed_price,
  h.is_featured_own,
  h.competitive_price_threshold,
  h.currency
from open_rows as h
where h.id not in (select u.id from unchanged as u)
union all
select
  n.marketplace_id,
  n.sku,
  n.offer_type,
  n.item_condition,
  now() as valid_from,
  null as valid_to,
  n.asin,
  n.is_buyable,
  n.listing_price,
  n.regular_price,
  n.shipping_price,
  n.points_value,
  n.landed_price,
  n.featured_listing_price,
  n.featured_landed_price,
  n.is_featured_own,
  n.competitive_price_threshold,
  n.currency
from present as n
where
  not exists (
    select
    from open_rows as h
    inner join unchanged as u on h.id = u.id
    where
      h.marketplace_id = n.marketplace_id and h.sku = n.sku and h.offer_type = n.offer_type
      and h.item_condition = n.item_condition
  )
