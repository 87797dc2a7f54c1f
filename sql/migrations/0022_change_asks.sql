-- Between two runs the pipeline asks Amazon whether a seller's records changed. This table keeps only the last answer.

create table if not exists public.change_asks (
  seller_id uuid primary key references public.sellers on delete cascade,
  asked_at timestamptz not null,
  answered_at timestamptz,
  run_requested_at timestamptz,
  followed_until timestamptz,
  failures integer not null default 0,
  failing_since timestamptz,
  error text
);
comment on table public.change_asks is 'One row per seller: when Amazon was last asked for changes, and what came of it.';
comment on column public.change_asks.seller_id is 'The seller.';
comment on column public.change_asks.asked_at is 'When Amazon was last asked.';
comment on column public.change_asks.answered_at is 'When Amazon last answered.';
comment on column public.change_asks.run_requested_at is 'When an answer last led to a run.';
comment on column public.change_asks.followed_until is
'Up to where changes were loaded when that run was requested; if it stays there, the run did not load them.';
comment on column public.change_asks.failures is 'Failures in a row; each one makes the pause before the next question longer.';
comment on column public.change_asks.failing_since is 'When the first failure in the row happened; NULL if the last question succeeded.';
comment on column public.change_asks.error is 'The reason of the last failure; NULL if the last question succeeded.';
select public.xpert_protect_operator_table('public.change_asks');

insert into public.schema_migrations (name) values ('0022_change_asks') on conflict do nothing;
