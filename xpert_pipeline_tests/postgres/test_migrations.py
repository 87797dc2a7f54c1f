"""Migrations: each file once, all or nothing, by the runner or by hand, with ordinary rights."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import psycopg
import pytest
from psycopg import sql

from xpert_pipeline.postgres.coverage import covered_days
from xpert_pipeline.postgres.migrations import MigrationEdited, MigrationFailed, migrate, pending
from xpert_pipeline.postgres.pool import open_pool, tenant
from xpert_pipeline.postgres.scope import Scope
from xpert_pipeline.postgres.sql_files import migration_of, migrations_directory, sql_directory, transform
from xpert_pipeline.postgres.watches import watches

FILES = sorted(migrations_directory().glob("*.sql"))
NAMES = [path.stem for path in FILES]


@pytest.fixture
def empty_dsn(embedded_server):
    name = f"empty_{id(object())}"
    with psycopg.connect(embedded_server.admin_dsn, autocommit=True) as conn:
        conn.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        yield embedded_server.dsn("postgres", name)
        conn.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


def applied(dsn):
    with psycopg.connect(dsn) as conn:
        return conn.execute("select name, checksum is not null from schema_migrations order by name").fetchall()


def write(directory, name, statement, *, records=True):
    end = f"\ninsert into public.schema_migrations (name) values ('{name}') on conflict do nothing;\n"
    (directory / f"{name}.sql").write_text(statement + (end if records else ""))


@pytest.fixture
def directory(tmp_path):
    write(
        tmp_path,
        "0001_first",
        "create table public.schema_migrations"
        " (name text primary key, checksum text, applied_at timestamptz default now());",
    )
    return tmp_path


def test_an_empty_database_gets_every_file_once(empty_dsn):
    assert pending(empty_dsn) == NAMES
    assert migrate(empty_dsn) == NAMES
    assert pending(empty_dsn) == []
    assert migrate(empty_dsn) == []


def test_new_ids_are_in_order_of_time_where_the_server_can_make_them(empty_dsn):
    migrate(empty_dsn)
    with psycopg.connect(empty_dsn) as conn:
        can_order = conn.info.server_version >= 180000
        defaults = dict(
            conn.execute(
                "select table_name, column_default from information_schema.columns"
                " where table_schema = 'public' and column_default in ('gen_random_uuid()', 'uuidv7()')"
            ).fetchall()
        )
    assert {"sellers", "orders", "settlement_rows"} <= defaults.keys()
    assert set(defaults.values()) == {"uuidv7()" if can_order else "gen_random_uuid()"}


def test_of_several_migrators_at_once_one_does_the_work(empty_dsn):
    with ThreadPoolExecutor() as threads:
        done = list(threads.map(lambda _: migrate(empty_dsn), range(4)))
    assert sorted(len(names) for names in done) == [0, 0, 0, len(NAMES)]


def test_a_refused_file_leaves_nothing_of_any_file_behind(empty_dsn, directory):
    write(directory, "0002_good", "create table good ();")
    write(directory, "0003_bad", "create table half (); create table good ();")
    with pytest.raises(MigrationFailed, match=r"0003_bad was refused .SQLSTATE 42P07.*nothing was changed"):
        migrate(empty_dsn, directory)
    assert pending(empty_dsn, directory) == ["0001_first", "0002_good", "0003_bad"]


def test_a_file_edited_after_it_was_applied_is_refused(empty_dsn, directory):
    migrate(empty_dsn, directory)
    (directory / "0001_first.sql").write_text((directory / "0001_first.sql").read_text() + "-- more\n")
    with pytest.raises(MigrationEdited, match="0001_first was edited after it was applied"):
        migrate(empty_dsn, directory)


def test_line_ends_of_another_system_do_not_count_as_an_edit(empty_dsn, directory):
    migrate(empty_dsn, directory)
    text = (directory / "0001_first.sql").read_bytes()
    (directory / "0001_first.sql").write_bytes(text.replace(b"\n", b"\r\n"))
    assert migrate(empty_dsn, directory) == []


def test_older_code_does_not_touch_a_newer_database(empty_dsn, directory):
    write(directory, "0002_newer", "create table newer ();")
    migrate(empty_dsn, directory)
    (directory / "0002_newer.sql").unlink()
    with pytest.raises(MigrationEdited, match="0002_newer, which this code does not know"):
        migrate(empty_dsn, directory)


def test_a_file_that_does_not_record_itself_is_refused(empty_dsn, directory):
    write(directory, "0002_silent", "create table silent ();", records=False)
    with pytest.raises(MigrationFailed, match="0002_silent does not record itself"):
        migrate(empty_dsn, directory)


def test_the_unprivileged_role_is_refused_and_sent_to_the_owner(pipeline_dsn, directory):
    write(directory, "0002_more", "create table public.more ();")
    for path in FILES:
        (directory / path.name).write_text(path.read_text())
    (directory / "0001_first.sql").unlink()
    with pytest.raises(MigrationFailed, match=r"0002_more was refused .SQLSTATE 42501.*Connect as the owner"):
        migrate(pipeline_dsn, directory)


def test_files_run_by_hand_are_adopted_and_may_be_run_again(empty_dsn):
    for path in FILES:  # a later file may drop what an earlier one describes, so each is run again at once
        for _ in range(2):
            with psycopg.connect(empty_dsn, autocommit=True) as conn:
                conn.execute(path.read_text())
    assert applied(empty_dsn) == [(name, False) for name in NAMES]
    assert migrate(empty_dsn) == []
    assert applied(empty_dsn) == [(name, True) for name in NAMES]


def test_a_dropped_table_comes_back_by_running_its_file_again(admin, pool, seller):
    admin.execute("drop table orders cascade")
    admin.execute((migrations_directory() / f"{migration_of('orders')}.sql").read_text())
    with tenant(pool, seller.id) as conn:
        assert conn.execute("select count(*) from orders").fetchone() == (0,)


def consumers(conn, table):
    """Who is marked dirty when a table changes."""
    query = "select tgargs from pg_trigger where tgrelid = to_regclass(%s) and tgname = 'mark_dirty_insert'"
    (arguments,) = conn.execute(query, [table]).fetchone()
    return [argument.decode() for argument in arguments.split(b"\0")[1:-1]]


def test_a_file_that_runs_again_takes_nobody_from_those_who_derive_from_its_table(empty_dsn):
    """A table that came back by its file marked no days dirty for tables that later files had added: they stood still."""
    migrate(empty_dsn)
    with psycopg.connect(empty_dsn, autocommit=True) as conn:
        before = consumers(conn, "financial_events")
        conn.execute("drop table financial_events cascade")
        for table in ("financial_events", "traffic_daily"):
            conn.execute((migrations_directory() / f"{migration_of(table)}.sql").read_text())
            assert consumers(conn, table) == []
        assert migrate(empty_dsn) == []
        assert (
            consumers(conn, "financial_events") == before == ["returns_refunds", "advertising_spend", "profit_margins"]
        )
        assert consumers(conn, "traffic_daily") == ["market_share", "sales_performance"]
        for table, expected in watches(path.read_text() for path in FILES).items():
            assert consumers(conn, table) == expected


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_each_file_is_plain_sql_that_records_itself(path):
    text = path.read_text()
    assert text.rstrip().endswith(
        f"insert into public.schema_migrations (name) values ('{path.stem}') on conflict do nothing;"
    )
    assert not re.search(r"^\\|concurrently|^(begin|commit|rollback)\s*;", text, re.IGNORECASE | re.MULTILINE)
    assert path.stem.startswith(f"{FILES.index(path) + 1:04d}_")


@pytest.fixture
def like_supabase(embedded_server):
    """An owner that is not a superuser, and API roles that get every right by default."""
    with psycopg.connect(embedded_server.admin_dsn, autocommit=True) as conn:
        conn.execute("create role supa login createrole createdb bypassrls")
        conn.execute("create role anon nologin")
        conn.execute("create role authenticated nologin")
        conn.execute("create database supa owner supa")
        dsn = embedded_server.dsn("supa", "supa")
        with psycopg.connect(dsn, autocommit=True) as owner:
            owner.execute("alter default privileges grant all on tables to anon, authenticated")
            owner.execute("alter default privileges grant all on functions to anon, authenticated")
        yield dsn
        conn.execute("drop database supa with (force)")
        conn.execute("drop role supa, anon, authenticated")


def test_an_owner_without_superuser_rights_migrates_and_the_api_roles_get_nothing(like_supabase, embedded_server):
    assert migrate(like_supabase) == NAMES
    with psycopg.connect(like_supabase) as conn:
        open_tables = conn.execute(
            "select r.rolname, c.relname from pg_class as c, pg_roles as r"
            " where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and r.rolname in ('anon', 'authenticated')"
            " and has_table_privilege(r.oid, c.oid, 'select, insert, update, delete, truncate')"
        ).fetchall()
        open_functions = conn.execute(
            "select p.proname from pg_proc as p where p.pronamespace = 'public'::regnamespace"
            " and p.provolatile = 'v' and has_function_privilege('anon', p.oid, 'execute')"
        ).fetchall()
    assert open_tables == []
    assert open_functions == []
    with open_pool(embedded_server.dsn("xpert_pipeline", "supa")) as pool, pool.connection() as conn:
        conn.execute("create table dagster.runs ()")


def test_quantities_of_charges_that_were_stored_as_text_become_numbers(like_supabase, embedded_server):
    """Fees contained "3" where Amazon returns 3, so sums over the list needed a cast.

    The migration must also correct the rows that are there. The owner who migrates is subject to row level security.
    """
    migrate(like_supabase)
    fees = '[{"type": "F \\"quantity\\": \\"1\\"", "total": "1.00", "quantity": "3"}, {"quantity": "2.5"}, {"quantity": null}]'
    text = (migrations_directory() / "0016_charge_quantities.sql").read_text()
    with psycopg.connect(embedded_server.dsn("postgres", "supa"), autocommit=True) as admin:
        (seller,) = admin.execute(
            "insert into sellers (amazon_seller_id, name, region, marketplace_ids, timezone)"
            " values ('A1TESTSELLER', 'Test Books', 'eu', '{A2}', 'Asia/Kolkata') returning id"
        ).fetchone()
        for number, (old_fees, old_ads) in enumerate([(fees, "[]"), (None, None)], 1):
            admin.execute(
                "insert into economics_daily (seller_id, marketplace_id, business_date, sku, fees, ads, source, load_id)"
                " values (%s, 'A2', %s, 'S', %s, %s, 'a test', gen_random_uuid())",
                (seller, f"2026-01-0{number}", old_fees, old_ads),
            )
        admin.execute("alter role supa nobypassrls")
        with psycopg.connect(like_supabase, autocommit=True) as owner:
            for _ in range(2):
                owner.execute(text)
        (first, empty), second = admin.execute("select fees, ads from economics_daily order by sku, business_date")
        (forced,) = admin.execute(
            "select relforcerowsecurity from pg_class where relname = 'economics_daily'"
        ).fetchone()
    assert [fee.get("quantity") for fee in first] == [3, 2.5, None]
    assert (first[0]["type"], first[0]["total"], empty) == ('F "quantity": "1"', "1.00", [])
    assert second == (None, None)
    assert forced


LOAD = (
    "insert into loads (load_id, table_name, seller_id, source, window_kind, window_start, window_end, run_id,"
    " fetched, inserted, updated, unchanged, deleted, rejected, started_at)"
    " values (gen_random_uuid(), %s, %s, 's', 'created', '2026-03-09T18:30Z', '2026-03-10T18:30Z', 'r',"
    " 1, 1, 0, 0, 0, 0, now())"
)
REJECTED = (
    "insert into rejected_records (seller_id, table_name, content_hash, reason, record, source, load_id, run_id)"
    " values (%s, 'orders', 'hash', 'no date', '{}', 's', gen_random_uuid(), 'r')"
)


def test_loads_from_before_marketplaces_were_kept_apart_get_the_first_marketplace(
    like_supabase, embedded_server, tmp_path
):
    """Days that were loaded stay covered. The owner who migrates is subject to row level security."""
    for path in FILES:
        if path.stem < "0017":
            (tmp_path / path.name).write_text(path.read_text())
    migrate(like_supabase, tmp_path)
    with psycopg.connect(embedded_server.dsn("postgres", "supa"), autocommit=True) as admin:
        sellers = {}
        for name, marketplaces in (("A1", "{IN,UK}"), ("A2", "{DE}")):
            (sellers[name],) = admin.execute(
                "insert into sellers (amazon_seller_id, name, region, marketplace_ids, timezone)"
                " values (%s, 'Books', 'eu', %s, 'Asia/Kolkata') returning id",
                (name, marketplaces),
            ).fetchone()
            for table in ("orders", "order_items"):
                admin.execute(LOAD, (table, sellers[name]))
            admin.execute(REJECTED, (sellers[name],))
        before = admin.execute("select load_id, to_jsonb(l) from loads as l order by 1").fetchall()
        admin.execute("alter role supa nobypassrls")
        assert migrate(like_supabase) == [name for name in NAMES if name >= "0017"]
        after = admin.execute("select load_id, to_jsonb(l) - 'marketplace_id' from loads as l order by 1").fetchall()
        loads = admin.execute("select seller_id, table_name, marketplace_id from loads order by 2, 3").fetchall()
        rejected = admin.execute("select seller_id, marketplace_id from rejected_records order by 2").fetchall()
        forced = admin.execute(
            "select count(*) from pg_class where relname in ('sellers', 'loads', 'rejected_records')"
            " and relrowsecurity and relforcerowsecurity"
        ).fetchone()
    assert after == before
    assert loads == [
        (sellers[who], table, m) for table in ("order_items", "orders") for who, m in (("A2", "DE"), ("A1", "IN"))
    ]
    assert rejected == [(sellers["A2"], "DE"), (sellers["A1"], "IN")]
    assert forced == (3,)
    with open_pool(embedded_server.dsn("xpert_pipeline", "supa")) as pool:
        days = [date(2026, 3, 10)]
        for marketplace_id, covered in (("IN", set(days)), ("UK", set())):
            scope = Scope(sellers["A1"], marketplace_id, "Asia/Kolkata")
            assert covered_days(pool, scope, "orders", days) == covered


def test_a_rejected_record_without_a_marketplace_gets_none_when_the_file_is_run_again(admin, pool, seller):
    admin.execute(REJECTED, (seller.id,))
    admin.execute((migrations_directory() / "0017_loads_by_marketplace.sql").read_text())
    with tenant(pool, seller.id) as conn:
        assert conn.execute("select marketplace_id from rejected_records").fetchone() == (None,)


def test_sql_files_are_found_by_what_they_create():
    assert (sql_directory() / "transforms").is_dir()
    assert "from sums" in transform("sales_data")
    assert migration_of("sellers") == "0002_sellers"
    assert migration_of("quota_take") == "0006_api_quota"
    assert migration_of("no_such_table") is None


def test_orders_get_one_word_for_their_sales_channel_and_their_days_are_computed_again(like_supabase, embedded_server):
    """Orders of other shops that came by the API (NON_AMAZON) counted as sales, so their days were wrong, too.

    The owner who migrates is subject to row level security.
    """
    migrate(like_supabase)
    (path,) = [path for path in FILES if path.stem.endswith("_order_words")]
    old = [("Amazon.in", "SECONDDAY"), ("Non-Amazon IN", "STANDARD"), ("NON_AMAZON", None), ("AMAZON", "NEXTDAY")]
    with psycopg.connect(embedded_server.dsn("postgres", "supa"), autocommit=True) as admin:
        (seller,) = admin.execute(
            "insert into sellers (amazon_seller_id, name, region, marketplace_ids, timezone)"
            " values ('A1TESTSELLER', 'Test Books', 'eu', '{A2}', 'Asia/Kolkata') returning id"
        ).fetchone()
        for number, (channel, level) in enumerate(old, 1):
            admin.execute(
                "insert into orders (seller_id, marketplace_id, order_id, purchase_date, order_date, last_updated_at,"
                " fulfillment_status, service_level, sales_channel, item_count, units_ordered, source, load_id)"
                " values (%s, 'A2', %s, now(), %s, now(), 'SHIPPED', %s, %s, 1, 1, 'a test', gen_random_uuid())",
                (seller, str(number), f"2026-01-0{number}", level, channel),
            )
        admin.execute("delete from dirty_keys")
        admin.execute("alter role supa nobypassrls")
        with psycopg.connect(like_supabase, autocommit=True) as owner:
            for _ in range(2):
                owner.execute(path.read_text())
        rows = admin.execute("select sales_channel, service_level from orders order by order_id").fetchall()
        dirty = admin.execute(
            "select distinct consumer, extract(day from business_date) from dirty_keys"
            " where consumer = 'sales_data' order by 2"
        )
        forced = admin.execute(
            "select count(*) from pg_class where relname in ('orders', 'dirty_keys', 'sellers') and relforcerowsecurity"
        ).fetchone()
        assert rows == [
            ("AMAZON", "SECOND_DAY"),
            ("NON_AMAZON", "STANDARD"),
            ("NON_AMAZON", None),
            ("AMAZON", "NEXT_DAY"),
        ]
        assert dirty.fetchall() == [("sales_data", day) for day in (1, 2, 3, 4)]
        assert forced == (3,)
