-- What customers think: topics of reviews, ratings of the seller, and both side by side.

create table if not exists public.review_topics (
  id uuid primary key default gen_random_uuid(),
  seller_id uuid not null references public.sellers on delete cascade,
  marketplace_id text not null,
  asin text not null,
  sentiment text not null,
  topic text not null,
  period_start date not null,
  period_end date not null,
  mentions integer,
  occurrence_pct numeric,
  star_rating_impact numeric,
  parent_occurrence_pct numeric,
  browse_node_occurrence_pct numeric,
  source text not null,
  load_id uuid not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint review_topics_key unique (seller_id, marketplace_id, asin, sentiment, topic)
);
create index if not exists review_topics_asin_idx on public.review_topics (seller_id, asin);
create index if not exists review_topics_updated_idx on public.review_topics (seller_id, updated_at desc);
select public.xpert_describe_standard_columns('public.review_topics');
select public.xpert_protect_tenant_table('public.review_topics');
select public.xpert_watch('public.review_topics', 'period_start', 'reviews_ratings');

create table if not exists public.review_trends (
  id uuid primary key default gen_random_uuid(),
  seller_id uuid not null references public.sellers on delete cascade,
  marketplace_id text not null,
  asin text not null,
  sentiment text not null,
  topic text not null,
  period_start date not null,
  period_end date not null,
  occurrence_pct numeric,
  parent_occurrence_pct numeric,
  browse_node_occurrence_pct numeric,
  source text not null,
  load_id uuid not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint review_trends_key unique (seller_id, marketplace_id, asin, sentiment, topic, period_start)
);
create index if not exists review_trends_asin_idx on public.review_trends (seller_id, asin);
create index if not exists review_trends_updated_idx on public.review_trends (seller_id, updated_at desc);
select public.xpert_describe_standard_columns('public.review_trends');
select public.xpert_protect_tenant_table('public.review_trends');
select public.xpert_watch('public.review_trends', 'period_start', 'reviews_ratings');

create table if not exists public.seller_feedback (
  id uuid primary key default gen_random_uuid(),
  seller_id uuid not null references public.sellers on delete cascade,
  marketplace_id text not null,
  order_id text not null,
  feedback_date date not null,
  rating integer not null,
  source text not null,
  load_id uuid not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint seller_feedback_key unique (seller_id, marketplace_id, order_id)
);
create index if not exists seller_feedback_day_idx on public.seller_feedback (seller_id, feedback_date desc);
create index if not exists seller_feedback_order_idx on public.seller_feedback (seller_id, order_id);
create index if not exists seller_feedback_updated_idx on public.seller_feedback (seller_id, updated_at desc);
select public.xpert_describe_standard_columns('public.seller_feedback');
select public.xpert_protect_tenant_table('public.seller_feedback');
select public.xpert_watch('public.seller_feedback', 'feedback_date', 'reviews_ratings');

create table if not exists public.reviews_ratings (
  id uuid primary key default gen_random_uuid(),
  seller_id uuid not null references public.sellers on delete cascade,
  marketplace_id text not null,
  record_type text not null,
  subject_id text not null,
  topic text not null,
  sentiment text not null,
  period_start date not null,
  period_end date not null,
  mentions integer,
  occurrence_pct numeric,
  star_rating_impact numeric,
  rating integer,
  asin text,
  order_id text,
  source_table text not null,
  source text not null,
  load_id uuid not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint reviews_ratings_key unique (seller_id, marketplace_id, record_type, subject_id, topic, sentiment, period_start)
);
create index if not exists reviews_ratings_day_idx on public.reviews_ratings (seller_id, period_start desc);
create index if not exists reviews_ratings_order_idx on public.reviews_ratings (seller_id, order_id);
create index if not exists reviews_ratings_asin_idx on public.reviews_ratings (seller_id, asin);
create index if not exists reviews_ratings_updated_idx on public.reviews_ratings (seller_id, updated_at desc);
select public.xpert_describe_standard_columns('public.reviews_ratings');
select public.xpert_protect_tenant_table('public.reviews_ratings');
select public.xpert_watch('public.reviews_ratings', 'period_start');

insert into public.schema_migrations (name) values ('0045_reviews') on conflict do nothing;
