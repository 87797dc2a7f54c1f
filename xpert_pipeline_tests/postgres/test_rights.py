"""What each role can do with what the migrations make, on a server with Supabase's default privileges.

On Supabase the roles of the API and readers could call `setval` on the sequence of `dirty_keys`: the default privileges
of the schema public give rights on sequences and functions, too, and the migrations took back only those on tables.
"""

import psycopg
import pytest

from xpert_pipeline.assets.registry import TABLES
from xpert_pipeline.postgres.migrations import migrate
from xpert_pipeline.postgres.sql_files import migrations_directory

API_ROLES = ("anon", "authenticated", "service_role")
DEFAULTS = "alter default privileges in schema public grant all on {} to anon, authenticated, service_role"
ON_TABLES = ("select", "insert", "update", "delete", "truncate", "references", "trigger")
ON_SEQUENCES = ("select", "usage", "update")
RIGHTS = """
with wanted as (
  select
    case when c.relnamespace = 'public'::regnamespace then '' else 'xpert_views.' end || c.relname as name,
    c.oid, right_name, 'table' as kind
  from pg_class as c cross join unnest(%(on_tables)s::text[]) as r (right_name)
  where c.relnamespace in ('public'::regnamespace, to_regnamespace('xpert_views'))
    and c.relkind in ('r', 'v', 'p', 'm')
  union all
  select c.relname, c.oid, right_name, 'sequence'
  from pg_class as c cross join unnest(%(on_sequences)s::text[]) as r (right_name)
  where c.relnamespace = 'public'::regnamespace and c.relkind = 'S'
  union all
  select p.proname, p.oid, 'execute', 'function' from pg_proc as p
  where p.pronamespace in ('public'::regnamespace, to_regnamespace('xpert_views'))
  union all
  select 'schema xpert_views', n.oid, right_name, 'schema'
  from pg_namespace as n cross join unnest(array['usage', 'create']) as r (right_name) where n.nspname = 'xpert_views'
)
select name, array_agg(right_name order by right_name) from wanted
where case kind
  when 'table' then has_table_privilege(%(role)s, oid, right_name)
  when 'sequence' then has_sequence_privilege(%(role)s, oid, right_name)
  when 'schema' then has_schema_privilege(%(role)s, oid, right_name)
  else has_function_privilege(%(role)s, oid, right_name)
end
group by name order by name
"""
ALL = ["delete", "insert", "select", "update"]


def rights(conn, role):
    """What a role may do in our schemas: rights by the name of the table, sequence, function or schema."""
    values = {"role": role, "on_tables": list(ON_TABLES), "on_sequences": list(ON_SEQUENCES)}
    return dict(conn.execute(RIGHTS, values).fetchall())


def tables_of_sellers(conn):
    """The tables that row level security divides by seller."""
    found = {
        name for (name,) in conn.execute("select polrelid::regclass::text from pg_policy where polname = 'tenant'")
    }
    assert {"loads", "rejected_records", *(table.name for table in TABLES)} <= found
    return found


def views_of_sellers(conn):
    """The views over these tables, which show nobody more rows than the tables do."""
    views = """
    select case when relnamespace = 'public'::regnamespace then '' else 'xpert_views.' end || relname, reloptions
    from pg_class where relkind = 'v' and relnamespace in ('public'::regnamespace, 'xpert_views'::regnamespace)
    """
    found = dict(conn.execute(views).fetchall())
    assert {
        "seller_names",
        "financial_accrual",
        "financial_cash",
        "financial_cash_amounts",
        "xpert_views.month_close",
    } <= found.keys()
    assert {name: options for name, options in found.items() if options != ["security_invoker=true"]} == {}
    return found.keys() - {"seller_names"}


def prepare(conn):
    for role in (*API_ROLES, "nobody"):
        conn.execute(f"create role {role} nologin")
    for kind in ("tables", "sequences", "functions"):
        conn.execute(DEFAULTS.format(kind))


@pytest.fixture
def on_supabase(embedded_server):
    """An empty database whose owner gives its API roles every right on what it makes."""
    with psycopg.connect(embedded_server.admin_dsn, autocommit=True) as conn:
        conn.execute("create role supa login createrole bypassrls")
        conn.execute("create database supa owner supa")
        dsn = embedded_server.dsn("supa", "supa")
        try:
            with psycopg.connect(dsn, autocommit=True) as owner:
                prepare(owner)
            yield dsn
        finally:
            conn.execute("drop database supa with (force)")
            conn.execute(f"drop role supa, nobody, {', '.join(API_ROLES)}")


@pytest.fixture
def migrated(on_supabase):
    migrate(on_supabase)
    with psycopg.connect(on_supabase) as conn:
        yield conn


@pytest.mark.parametrize("role", [*API_ROLES, "nobody"])
def test_the_roles_of_the_api_and_strangers_can_do_nothing_at_all(migrated, role):
    assert rights(migrated, role) == {}


def test_the_list_of_rights_would_show_what_the_default_privileges_give(on_supabase):
    with psycopg.connect(on_supabase) as conn:
        conn.execute("create table orders (id bigint generated always as identity)")
        conn.execute("create function f() returns int language sql as 'select 1'")
        found = rights(conn, "anon")
    assert found == {"orders": sorted(ON_TABLES), "orders_id_seq": sorted(ON_SEQUENCES), "f": ["execute"]}


def test_readers_and_viewers_read_and_do_nothing_else(migrated):
    read = {table: ["select"] for table in {*tables_of_sellers(migrated), *views_of_sellers(migrated)}}
    read["schema xpert_views"] = ["usage"]
    assert rights(migrated, "xpert_reader") == {**read, "xpert_reader": ["execute"]}
    viewer = {"viewer_sellers": ["select"], "seller_names": ["select"], "xpert_readable": ["execute"]}
    assert rights(migrated, "xpert_viewer") == {**read, **viewer}


def test_the_pipeline_writes_its_tables_calls_its_functions_and_sets_no_sequence(migrated):
    found = rights(migrated, "xpert_pipeline")
    functions = {name for name, allowed in found.items() if allowed == ["execute"]}
    assert {name for name in functions if not name.startswith("quota_")} == {
        "xpert_tenant", "xpert_refresh_statistics", "xpert_loaded_spans", "xpert_loaded_days", "xpert_days_in_a_row",
    }  # fmt: skip
    assert found.pop("schema xpert_views") == ["usage"]
    assert len(functions) > 5
    tables = {name: allowed for name, allowed in found.items() if name not in functions}
    assert {name for name in tables if name.endswith("_seq")} == set()
    assert tables["loads"] == ["delete", "insert", "select"]
    others = {name: allowed for name, allowed in tables.items() if name != "loads"}
    assert all(allowed in (ALL, ["insert", "select"], ["select"]) for allowed in others.values()), others
    assert tables.keys() >= tables_of_sellers(migrated)


def test_a_jwt_reader_reads_tables_and_reaches_no_sequence(migrated, embedded_server):
    """`grant xpert_reader to authenticated` is how Supabase's users read: it opens rows and nothing more."""
    with psycopg.connect(embedded_server.admin_dsn, autocommit=True) as admin:
        admin.execute("grant xpert_reader to authenticated")
        admin.execute("grant authenticated to supa with set true")
    found = rights(migrated, "authenticated")
    assert {name for name, allowed in found.items() if allowed == ["select"]} == {
        *tables_of_sellers(migrated), *views_of_sellers(migrated),
    }  # fmt: skip
    others = found.keys() - tables_of_sellers(migrated) - views_of_sellers(migrated)
    assert {name: found[name] for name in others} == {"xpert_reader": ["execute"], "schema xpert_views": ["usage"]}
    migrated.execute("set local role authenticated")
    assert migrated.execute("select count(*) from orders").fetchone() == (0,)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        migrated.execute("select setval('public.dirty_keys_id_seq', 1)")


def test_a_database_that_was_migrated_before_is_closed_by_the_next_migration(on_supabase, tmp_path):
    (closing,) = migrations_directory().glob("*_rights.sql")
    for path in sorted(migrations_directory().glob("*.sql")):
        if path.stem < closing.stem:
            (tmp_path / path.name).write_text(path.read_text())
    migrate(on_supabase, tmp_path)
    with psycopg.connect(on_supabase, autocommit=True) as conn:
        before = rights(conn, "anon")
        assert before["dirty_keys_id_seq"] == sorted(ON_SEQUENCES)
        migrate(on_supabase)
        assert {role: rights(conn, role) for role in API_ROLES} == {role: {} for role in API_ROLES}
