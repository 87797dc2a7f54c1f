-- Repeat customers in customer_metrics, by sql/transforms/customer_metrics.sql. The next run computes all rows again.

alter table public.customer_metrics
add column if not exists repeat_state text not null default 'NOT_REPORTED'
check (repeat_state in ('KNOWN', 'FEW', 'SUPPRESSED', 'OTHER_GRAIN', 'NOT_REPORTED')),
add column if not exists unique_customers integer,
add column if not exists repeat_customer_pct numeric,
add column if not exists repeat_revenue numeric(18, 4);
select public.xpert_watch_also('public.repeat_purchases', 'customer_metrics');

insert into public.schema_migrations (name) values ('0074_repeat_customers') on conflict do nothing;
