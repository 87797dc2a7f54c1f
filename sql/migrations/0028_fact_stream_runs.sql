-- fact_stream by run: each new row is compared with the rows that its run already has, so that the sums stay those of the ledger.

create index if not exists fact_stream_run_idx on public.fact_stream (seller_id, (data ->> 'run_id'));

insert into public.schema_migrations (name) values ('0028_fact_stream_runs') on conflict do nothing;
