"""Loads while the database is busy or breaks: they happen once and completely, or not at all."""

import contextlib
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import psycopg
import pytest

from xpert_pipeline.assets.orders.orders import ORDERS
from xpert_pipeline.postgres.errors import DatabaseBusy, DatabaseUnreachable
from xpert_pipeline.postgres.loading import ATTEMPTS, TableLoad, load, repeat
from xpert_pipeline.postgres.pool import open_pool, tenant
from xpert_pipeline_tests.postgres.rows import DAY, IN, T0, WINDOW, leased, order, orders_and_items, part, run_load


@pytest.fixture(autouse=True)
def no_pause(monkeypatch):
    monkeypatch.setattr("xpert_pipeline.postgres.loading.time.sleep", lambda _: None)


def number_of(pool, seller, table="orders"):
    with tenant(pool, seller.id) as conn:
        query = psycopg.sql.SQL("select count(*) from {}").format(psycopg.sql.Identifier(table))
        return conn.execute(query).fetchone()[0]


class Cut:
    """Rows whose first reading kills its own connection in the middle of the COPY."""

    def __init__(self, rows, admin):
        self.rows, self.admin, self.readings = rows, admin, 0

    def __iter__(self):
        self.readings += 1
        for place, row in enumerate(self.rows):
            if place == 500 and self.readings == 1:
                self.admin.execute(
                    "select pg_terminate_backend(pid, 5000) from pg_stat_activity"
                    " where datname = current_database() and state = 'active' and query like 'copy%'"
                )
            yield row


def test_a_load_whose_connection_breaks_in_the_middle_of_copy_is_repeated(pool, seller, admin):
    whole = part(ORDERS, [order(str(number)) for number in range(20_000)])
    rows = Cut(whole.rows, admin)
    result = run_load(pool, seller, [TableLoad(ORDERS, whole.columns, rows, 20_000)])
    assert (result["orders"].inserted, rows.readings) == (20_000, 2)
    assert number_of(pool, seller) == 20_000
    assert number_of(pool, seller, "loads") == 1


@pytest.mark.parametrize("state", ["40001", "40P01", "55P03", "57P01"])
def test_a_busy_database_is_tried_again(pool, seller, state):
    attempts = []

    def work(conn):
        attempts.append(1)
        if len(attempts) < ATTEMPTS:
            conn.execute(f"do $$ begin raise exception 'busy' using errcode = '{state}'; end $$")
        return {}

    repeat(pool, seller.id, uuid4(), work)
    assert len(attempts) == ATTEMPTS


def test_a_load_is_not_repeated_for_ever(pool, seller):
    def work(conn):
        conn.execute("do $$ begin raise exception 'busy' using errcode = '40001'; end $$")

    with pytest.raises(DatabaseBusy, match="40001"):
        repeat(pool, seller.id, uuid4(), work)


class LossyProxy:
    """Forwards connections, but drops the answer to the first COMMIT of a load."""

    def __init__(self, target, directory):
        self.target, self.dropped = target, 0
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(directory / ".s.PGSQL.5432"))
        self.listener.listen()
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(self.target)
                lose = threading.Event()
                threading.Thread(target=self.upward, args=(client, server, lose), daemon=True).start()
                threading.Thread(target=self.downward, args=(client, server, lose), daemon=True).start()

    def upward(self, client, server, lose):
        loading = False
        with contextlib.suppress(OSError):
            while data := client.recv(65536):
                loading = loading or b"insert into loads" in data
                if loading and b"COMMIT" in data and not self.dropped:
                    self.dropped += 1
                    lose.set()
                server.sendall(data)
        server.close()

    def downward(self, client, server, lose):
        with contextlib.suppress(OSError):
            while data := server.recv(65536):
                if lose.is_set():
                    break
                client.sendall(data)
            client.shutdown(socket.SHUT_RDWR)
        client.close()


def test_a_commit_whose_answer_was_lost_is_not_done_twice(
    pool, seller, embedded_server, pipeline_dsn, tmp_path_factory
):
    directory = tmp_path_factory.mktemp("p")
    proxy = LossyProxy(str(embedded_server.socket_directory / ".s.PGSQL.5432"), directory)
    through = psycopg.conninfo.make_conninfo(pipeline_dsn, host=str(directory))
    with open_pool(through) as lossy, leased(pool, seller) as lease:
        result = load(
            lossy,
            lease=lease,
            seller_id=seller.id,
            marketplace_ids=[IN],
            run_id="r",
            source="s",
            window=WINDOW,
            parts=orders_and_items([order("1")], []),
            partitions=[DAY],
            waits={},
            started_at=T0,
        )
    proxy.listener.close()
    assert proxy.dropped == 1
    assert (result["orders"].inserted, result["orders"].unchanged) == (1, 0)
    assert number_of(pool, seller) == 1
    assert number_of(pool, seller, "loads") == 2


def test_parallel_loads_of_overlapping_orders_end_in_the_newest_state(pool, seller):
    def one(version):
        rows = [order(str(n), version=version, units_ordered=version) for n in range(300)]
        if version % 2:
            rows.reverse()
        with leased(pool, seller, f"stream-{version}") as lease:
            run_load(pool, seller, [part(ORDERS, rows)], lease=lease)

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(one, [3, 1, 6, 2, 5, 4]))
    with tenant(pool, seller.id) as conn:
        assert conn.execute("select units_ordered, count(*) from orders group by 1").fetchall() == [(6, 300)]


def test_a_server_that_does_not_come_back_is_reported(seller, pipeline_dsn, tmp_path, monkeypatch):
    monkeypatch.setattr("xpert_pipeline.postgres.pool.LatePool.timeout", 0.2, raising=False)
    with open_pool(psycopg.conninfo.make_conninfo(pipeline_dsn, host=str(tmp_path))) as nowhere:
        nowhere.timeout = 0.2
        with pytest.raises(DatabaseUnreachable, match="check that it runs"):
            repeat(nowhere, seller.id, uuid4(), lambda _: {})
