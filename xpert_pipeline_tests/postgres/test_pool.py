"""Connections and their errors: messages say what to do and never contain a password or a row."""

import socket
import threading
import traceback

import psycopg
import pytest

from xpert_pipeline.postgres.errors import (
    DatabaseAddressMalformed,
    DatabaseBusy,
    DatabaseError,
    DatabaseUnreachable,
    DataRefused,
    MigrationNeeded,
)
from xpert_pipeline.postgres.migrations import pending
from xpert_pipeline.postgres.pool import open_pool, operator, tenant

SECRET = "pa:ss@w0rd"


@pytest.fixture
def closed_port():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        yield server.getsockname()[1]


@pytest.mark.parametrize(
    "dsn",
    [
        "",
        f"postgresql://user:{SECRET}:@@/db?x",
        f"host=h password={SECRET} nonsense",
        f"postgres://u:{SECRET}@h:1/d?no=1",
    ],
)
def test_a_malformed_address_is_refused_without_showing_its_password(dsn):
    for use in (open_pool, pending):
        with pytest.raises(DatabaseAddressMalformed, match="percent-encode") as caught:
            use(dsn)
        shown = "".join(traceback.format_exception(caught.value))
        assert SECRET not in shown
        assert "w0rd" not in shown.replace("def test", "")


def test_a_database_that_is_down_is_reported_with_what_to_do(closed_port, monkeypatch):
    dsn = f"postgresql://user:secret-word@127.0.0.1:{closed_port}/db"
    with open_pool(dsn) as pool:
        monkeypatch.setattr(pool, "timeout", 1)
        with pytest.raises(DatabaseUnreachable, match=r"127.0.0.1:\d+: check that it runs .*xpert db start") as caught:
            operator(pool).__enter__()
    assert "secret-word" not in str(caught.value)
    with pytest.raises(DatabaseUnreachable, match="check that it runs"):
        pending(dsn)


@pytest.mark.parametrize(
    ("change", "advice"),
    [
        ({"user": "nobody_known"}, "check user and password"),
        ({"dbname": "no_such_db"}, "check the database name"),
        ({"host": "no-such-host.invalid"}, "check the host name"),
    ],
)
def test_each_reason_of_a_refused_connection_has_its_advice(pipeline_dsn, change, advice):
    with pytest.raises(DatabaseUnreachable, match=advice):
        pending(psycopg.conninfo.make_conninfo(pipeline_dsn, **change))


def test_a_pool_in_full_use_is_not_reported_as_a_database_that_is_down(pipeline_dsn, monkeypatch):
    with open_pool(pipeline_dsn, max_size=1) as pool:
        monkeypatch.setattr(pool, "timeout", 0.3)
        with operator(pool), pytest.raises(DatabaseBusy, match="all 1 connections were in use"), operator(pool):
            pytest.fail("more connections than allowed")


def test_creating_a_pool_connects_to_nothing(closed_port):
    before = threading.active_count()
    open_pool(f"postgresql://u@127.0.0.1:{closed_port}/db")
    assert threading.active_count() == before


def test_a_closed_pool_is_reported(pipeline_dsn):
    with open_pool(pipeline_dsn) as pool, operator(pool):
        pass
    with pytest.raises(DatabaseError, match="connection pool is closed"), operator(pool):
        pytest.fail("a closed pool gave a connection")


def test_nothing_of_a_failed_transaction_is_kept(pool, seller):
    class OurError(Exception):
        pass

    with pytest.raises(OurError), operator(pool) as conn:
        conn.execute("update sellers set name = 'changed'")
        raise OurError
    with operator(pool) as conn:
        assert conn.execute("select name from sellers").fetchone() == ("Test Books",)


def test_no_statement_is_prepared_however_often_it_runs(pool):
    with operator(pool) as conn:
        for _ in range(10):
            conn.execute("select %s::int", [1])
        assert conn.execute("select count(*) from pg_prepared_statements").fetchone() == (0,)


def test_an_error_names_constraint_and_state_and_no_value(pool, seller, sellers):
    with pytest.raises(DataRefused) as caught, operator(pool) as conn:
        conn.execute(
            "insert into sellers (amazon_seller_id, name, region, marketplace_ids, timezone)"
            " select amazon_seller_id, 'Jane Buyer', region, marketplace_ids, timezone from sellers"
        )
    assert "SQLSTATE 23505 UniqueViolation, table sellers, constraint sellers_amazon_seller_id_key" in str(caught.value)
    shown = "".join(traceback.format_exception(caught.value))
    assert "A1TESTSELLER" not in shown
    assert caught.value.sqlstate == "23505"


def test_a_missing_function_names_its_migration(pool, admin):
    admin.execute("drop function quota_throttled")
    message = "function quota_throttled is missing: migration 0006_api_quota"
    with pytest.raises(MigrationNeeded, match=message), operator(pool) as conn:
        conn.execute("select quota_throttled('a', 'b', 'c', 'd')")


def test_a_broken_connection_is_replaced_for_the_next_transaction(pool, seller, admin):
    with pytest.raises(DatabaseUnreachable) as caught, tenant(pool, seller.id) as conn:
        admin.execute("select pg_terminate_backend(%s)", [conn.info.backend_pid])
        conn.execute("select 1")
    assert caught.value.retryable
    with tenant(pool, seller.id) as conn:
        assert conn.execute("select 1").fetchone() == (1,)
