-- Refunds become rows of returns_refunds, which is computed again for the days of transactions.

select public.xpert_watch('public.financial_events', 'posted_date', 'returns_refunds');
insert into public.dirty_keys (consumer, seller_id, business_date)
select distinct
  'returns_refunds' as consumer,
  seller_id,
  posted_date
from public.financial_events
where lower(transaction_type) = 'refund';

insert into public.schema_migrations (name) values ('0043_refunds') on conflict do nothing;
