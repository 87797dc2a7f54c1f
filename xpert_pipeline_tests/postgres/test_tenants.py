"""Row level security: only a seller's own transactions read and write its rows."""

import uuid
from contextlib import contextmanager

import psycopg
import pytest

from xpert_pipeline.assets.registry import TABLES
from xpert_pipeline.postgres.errors import NotPermitted, TenantNotSet
from xpert_pipeline.postgres.pool import operator, tenant
from xpert_pipeline_tests.postgres.rows import item, order, orders_and_items, product, products, run_load

TENANT_TABLES = (*(table.name for table in TABLES), "loads", "rejected_records", "fact_stream", "product_costs")
OPERATOR_TABLES = (
    "sellers",
    "seller_leases",
    "api_quota",
    "quota_waiters",
    "dirty_keys",
    "fact_cursor",
    "change_asks",
    "check_results",
)


@pytest.fixture
def both(pool, seller, other_seller):
    for who in (seller, other_seller):
        run_load(pool, who, orders_and_items([order("1")], [item("1")]))
        run_load(pool, who, products(product("A")))
    return seller, other_seller


@contextmanager
def as_reader(admin):
    with admin.transaction():
        admin.execute("set local role xpert_reader")
        yield


def count(conn, table):
    return conn.execute(psycopg.sql.SQL("select count(*) from {}").format(psycopg.sql.Identifier(table))).fetchone()[0]


def test_each_seller_has_the_same_order_and_sees_its_own(pool, both):
    for who in both:
        with tenant(pool, who.id) as conn:
            assert conn.execute("select distinct seller_id from orders").fetchall() == [(who.id,)]
            assert count(conn, "order_items") == count(conn, "products") == 1


def test_another_sellers_rows_cannot_be_changed_or_written(pool, both):
    mine, other = both
    with tenant(pool, mine.id) as conn:
        assert conn.execute("update orders set units_ordered = 9 where seller_id = %s", [other.id]).rowcount == 0
        assert conn.execute("delete from orders where seller_id = %s", [other.id]).rowcount == 0
    with pytest.raises(NotPermitted), tenant(pool, mine.id) as conn:
        conn.execute(
            "insert into products (seller_id, marketplace_id, sku, source, load_id) values (%s, 'm', 'x', 's', %s)",
            [other.id, uuid.uuid4()],
        )
    with pytest.raises(NotPermitted), tenant(pool, mine.id) as conn:
        conn.execute("update products set seller_id = %s", [other.id])


@pytest.mark.parametrize("table", TENANT_TABLES)
def test_without_a_tenant_there_are_no_rows_even_after_one_was_set(pool, both, table):
    with tenant(pool, both[0].id) as conn:
        count(conn, table)
    with operator(pool) as conn:
        assert conn.execute("select current_setting('app.seller_id', true)").fetchone() == ("",)
        assert count(conn, table) == 0


@pytest.mark.parametrize("nobody", [None, "", "a-seller"])
def test_a_transaction_without_a_tenant_is_refused(pool, nobody):
    with pytest.raises(TenantNotSet, match="no row was read or written"), tenant(pool, nobody):
        pytest.fail("a transaction without a tenant was opened")


def test_the_ledger_can_only_grow_until_it_is_old(pool, both, admin):
    """Joining old loads needs to delete them; no load can be changed, and none of today can go."""
    with pytest.raises(NotPermitted), tenant(pool, both[0].id) as conn:
        conn.execute("update loads set inserted = 0")
    for ago in ("2 hours", "2 days"):
        admin.execute(
            "insert into loads (load_id, table_name, seller_id, marketplace_id, source, window_kind, window_start,"
            " window_end, run_id, fetched, inserted, updated, unchanged, deleted, rejected, started_at, finished_at)"
            " values (gen_random_uuid(), 'orders', %s, 'A21TJRUUN4KGV', 's', 'created', now(), now(), 'r',"
            " 0, 0, 0, 0, 0, 0, now(), now() - %s::interval)",
            [both[0].id, ago],
        )
    with tenant(pool, both[0].id) as conn:
        before = conn.execute("select count(*) from loads").fetchone()[0]
        assert conn.execute("delete from loads").rowcount == 1
        assert conn.execute("select count(*) from loads").fetchone() == (before - 1,)


def test_a_reader_sees_the_seller_that_its_jwt_names_and_writes_nothing(admin, both):
    claims = f'{{"role": "authenticated", "seller_id": "{both[1].id}"}}'
    with as_reader(admin):
        assert count(admin, "orders") == 0
        admin.execute("select set_config('request.jwt.claims', %s, true)", [claims])
        assert admin.execute("select distinct seller_id from orders").fetchall() == [(both[1].id,)]
    for claim in ("", "{}", '{"seller_id": ""}'):
        with as_reader(admin):
            admin.execute("select set_config('request.jwt.claims', %s, true)", [claim])
            assert count(admin, "orders") == 0
    with pytest.raises(psycopg.errors.InsufficientPrivilege), as_reader(admin):
        admin.execute("delete from orders")


@pytest.mark.parametrize("table", OPERATOR_TABLES)
def test_the_pipelines_own_records_are_closed_to_readers(admin, table):
    with pytest.raises(psycopg.errors.InsufficientPrivilege), as_reader(admin):
        count(admin, table)


@pytest.mark.parametrize("table", [*TENANT_TABLES, *OPERATOR_TABLES])
def test_row_level_security_applies_to_the_owner_too(admin, table):
    row = admin.execute("select relrowsecurity, relforcerowsecurity from pg_class where oid = %s::regclass", [table])
    assert row.fetchone() == (True, True)


def test_purging_a_seller_deletes_all_its_rows_and_none_of_the_others(pool, both, admin):
    gone, stays = both
    with operator(pool) as conn:
        conn.execute("delete from sellers where id = %s", [gone.id])
    for table in (*TENANT_TABLES, "dirty_keys", "seller_leases"):
        left = admin.execute(f"select distinct seller_id from {table}").fetchall()
        assert (gone.id,) not in left
    with tenant(pool, stays.id) as conn:
        assert count(conn, "orders") == 1


def test_the_transaction_is_read_committed_utc_and_gives_up_waiting(pool, seller):
    with tenant(pool, seller.id) as conn:
        settings = [
            conn.execute("select current_setting(%s)", [name]).fetchone()[0]
            for name in ("transaction_isolation", "TimeZone", "lock_timeout", "idle_in_transaction_session_timeout")
        ]
    assert settings == ["read committed", "UTC", "20s", "15s"]
    with pool.connection() as conn:
        assert conn.execute("select current_setting('lock_timeout')").fetchone() == ("0",)
