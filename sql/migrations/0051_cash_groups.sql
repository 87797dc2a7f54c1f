-- What a financial event group is, told where its money is shown.

comment on view public.financial_cash is
'Money by financial event group: all that one settlement pays with one deposit. Deferred money is in the group that released it.';
comment on column public.financial_cash.financial_event_group_id is
'FINANCIAL_EVENT_GROUP_ID of its transactions. Amazon has one open group for each kind of account. NULL: it names none.';
comment on column public.financial_cash.collected_amount is
'Sum of all transactions but transfers: the deposit (settlements.total_amount) if the whole group is loaded.';

insert into public.schema_migrations (name) values ('0051_cash_groups') on conflict do nothing;
