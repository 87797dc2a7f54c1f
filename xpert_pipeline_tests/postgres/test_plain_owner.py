"""The owner of the tables is an ordinary role: no superuser, and under row level security like everybody (RDS)."""

import psycopg
import pytest

from xpert_pipeline.postgres.dumps import count_sellers
from xpert_pipeline.postgres.embedded import start_embedded
from xpert_pipeline.postgres.errors import DatabaseBusy
from xpert_pipeline.postgres.locks import lock_of_seller
from xpert_pipeline.postgres.migrations import LOCK, migrate
from xpert_pipeline.postgres.pool import BEGIN, open_pool, tenant
from xpert_pipeline.postgres.sellers import SellerBook
from xpert_pipeline.postgres.viewers import RoleTaken, grant_viewer, revoke_viewer, viewers
from xpert_pipeline_tests.postgres.rows import item, order, orders_and_items, run_load

ADD = (
    "insert into sellers (amazon_seller_id, name, region, marketplace_ids, timezone)"
    " values ('A1', 'Books', 'eu', '{A21TJRUUN4KGV}', 'Asia/Kolkata')"
)


@pytest.fixture
def server(data_dir):
    """A server of its own, because roles belong to a server."""
    running = start_embedded(data_dir)
    with psycopg.connect(running.admin_dsn, autocommit=True) as conn:
        conn.execute("create role plain login createrole")
        conn.execute("create database plain owner plain")
    migrate(running.dsn("plain", "plain"))
    with psycopg.connect(running.dsn("postgres", "plain"), autocommit=True) as admin:
        admin.execute(ADD)
    return running


def test_the_owner_counts_hidden_sellers_and_revokes_readers_that_are_connected(server):
    """`db restore` saw no seller and replaced a full database without --replace; PostgreSQL 16 makes whoever creates a
    role a member of it, so the owner passed for a reader, and could not end the sessions of one."""
    owner = server.dsn("plain", "plain")
    assert count_sellers(owner) == 1
    with psycopg.connect(owner) as conn:
        assert conn.execute("select count(*) from sellers").fetchone() == (0,), "row level security is in force again"

    with pytest.raises(RoleTaken):
        grant_viewer(owner, "plain")
    assert grant_viewer(owner, "metabase", ["A1"]).password
    with psycopg.connect(server.dsn("metabase", "plain"), autocommit=True) as tool:
        assert tool.execute("select name from seller_names").fetchall() == [("Books",)]
        assert revoke_viewer(owner, "metabase")
        with pytest.raises(psycopg.OperationalError):
            tool.execute("select 1")
    assert viewers(owner) == []


def test_a_reader_can_stop_neither_loads_nor_its_own_end(server, monkeypatch):
    """It held the advisory lock of loads, and an open transaction on sellers, for ever; revoking it hung as well."""
    monkeypatch.setattr("xpert_pipeline.postgres.viewers.LOCK_WAIT", "500ms")
    owner = server.dsn("plain", "plain")
    grant_viewer(owner, "rogue")
    with (
        open_pool(server.dsn("xpert_pipeline", "plain")) as pool,
        psycopg.connect(server.dsn("rogue", "plain"), application_name="a tool") as rogue,
    ):
        (seller,) = SellerBook(pool).all()
        rogue.execute("set idle_in_transaction_session_timeout = 0; set default_transaction_read_only = off")
        for key in (f"xpert load orders {seller.id}", f"xpert load order_items {seller.id}"):
            rogue.execute("select pg_advisory_lock(hashtextextended(%s, 0))", [key])
        rogue.execute(f"select pg_advisory_lock({LOCK})")
        rogue.commit()
        rogue.execute("lock table orders, order_items, loads in access share mode")
        rogue.execute("select name from seller_names")
        with pytest.raises(psycopg.errors.InsufficientPrivilege), rogue.transaction():
            rogue.execute("select 1 from seller_leases for share")
        counts = run_load(pool, seller, orders_and_items([order("1")], [item("1")]))
        assert counts["orders"].inserted == 1
        migrate(owner)
        with pytest.raises(DatabaseBusy, match=r"session \d+ \(role rogue, program a tool\) on .*sellers"):
            viewers(owner)
        assert revoke_viewer(owner, "rogue")
        rogue.close()
    assert viewers(owner) == []


def test_a_wait_for_a_lock_ends_and_names_who_holds_it(server, monkeypatch):
    monkeypatch.setattr("xpert_pipeline.postgres.pool.BEGIN", BEGIN.replace("20s", "300ms"))
    with (
        open_pool(server.dsn("xpert_pipeline", "plain")) as pool,
        psycopg.connect(server.dsn("xpert_pipeline", "plain"), application_name="another run") as holder,
    ):
        (seller,) = SellerBook(pool).all()
        lock_of_seller(holder, seller.id, "load orders")
        with (
            pytest.raises(DatabaseBusy, match=rf"session {holder.info.backend_pid} \(role xpert_pipeline, program ano"),
            tenant(pool, seller.id) as conn,
        ):
            lock_of_seller(conn, seller.id, "load orders")
        holder.rollback()
        with tenant(pool, seller.id) as conn:
            lock_of_seller(conn, seller.id, "load orders")
