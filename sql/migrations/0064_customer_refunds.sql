-- Refunds and returns in customer_metrics, by sql/transforms/customer_metrics.sql. The next run computes all rows again.

alter table public.customer_metrics
add column if not exists refund_days integer not null default 0,
add column if not exists return_days integer not null default 0,
add column if not exists refund_state text not null default 'NOT_LOADED'
check (refund_state in ('KNOWN', 'FEW', 'NOT_LOADED', 'SUPPRESSED')),
add column if not exists refunded_orders integer,
add column if not exists units_refunded integer,
add column if not exists refund_pct numeric,
add column if not exists return_state text not null default 'NOT_LOADED'
check (return_state in ('KNOWN', 'FEW', 'NOT_LOADED', 'SUPPRESSED')),
add column if not exists returned_orders integer,
add column if not exists units_returned integer,
add column if not exists return_pct numeric;
select public.xpert_watch_also('public.returns_refunds', 'customer_metrics');

insert into public.schema_migrations (name) values ('0064_customer_refunds') on conflict do nothing;
