"""Tables that exist for one test: made in the test's database as a migration would make them."""

from psycopg import sql

from xpert_pipeline.postgres.sql_files import migration_of
from xpert_pipeline.sources import declarations
from xpert_pipeline.tables.columns import columns_of

STANDARD = """
id uuid primary key default gen_random_uuid(),
seller_id uuid not null references public.sellers (id) on delete cascade,
source text not null,
load_id uuid not null,
created_at timestamptz not null default now(),
updated_at timestamptz not null default now()
"""


def make_table(admin, monkeypatch, table):
    """Create a table with its key and its row level security, and let it count as migrated."""
    columns = [
        sql.SQL("{} {} {}").format(
            sql.Identifier(column.name), sql.SQL(column.sql_type), sql.SQL("null" if column.is_nullable else "not null")
        )
        for column in columns_of(table.row)
    ]
    admin.execute(
        sql.SQL("create table public.{} ({}, {}, unique (seller_id, {}))").format(
            sql.Identifier(table.name),
            sql.SQL(STANDARD),
            sql.SQL(", ").join(columns),
            sql.SQL(", ").join(map(sql.Identifier, table.key)),
        )
    )
    admin.execute("select public.xpert_protect_tenant_table(%s::regclass)", [f"public.{table.name}"])
    monkeypatch.setattr(declarations, "migration_of", lambda name: name if name == table.name else migration_of(name))
