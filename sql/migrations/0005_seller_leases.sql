-- One writer per seller and stream. The row stays after release, so that the token never goes back.

create table if not exists public.seller_leases (
  seller_id uuid not null references public.sellers on delete cascade,
  stream text not null,
  token bigint not null default 1,
  holder uuid not null,
  holder_name text not null,
  expires_at timestamptz not null,
  constraint seller_leases_pkey primary key (seller_id, stream)
);
comment on table public.seller_leases is 'Who may write a seller''s stream now; a load commits only if its token is still the newest.';
comment on column public.seller_leases.seller_id is 'The seller.';
comment on column public.seller_leases.stream is 'What is written: a table or a source shared by several.';
comment on column public.seller_leases.token is 'Grows with every new holder: the fence of the loads.';
comment on column public.seller_leases.holder is 'Random id of the holder.';
comment on column public.seller_leases.holder_name is 'Host, process and run of the holder, for people.';
comment on column public.seller_leases.expires_at is 'Free for others after this, by the database''s clock.';
select public.xpert_protect_operator_table('public.seller_leases');

insert into public.schema_migrations (name) values ('0005_seller_leases') on conflict do nothing;
