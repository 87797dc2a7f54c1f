"""Everything works through a transaction pooler, where each transaction may use another session."""

import threading
import time
import uuid

import pytest

from xpert_pipeline.postgres.lease import hold
from xpert_pipeline.postgres.pool import open_pool, tenant
from xpert_pipeline.postgres.quota import PostgresQuota
from xpert_pipeline.postgres.sellers import SellerBook
from xpert_pipeline_tests.postgres.pgbouncer import NEEDED, pgbouncer
from xpert_pipeline_tests.postgres.rows import item, order, orders_and_items, run_load

pytestmark = NEEDED


@pytest.fixture
def pooled(pipeline_dsn, embedded_server):
    """A pool through pgbouncer in transaction mode with two server connections."""
    with pgbouncer(embedded_server, pipeline_dsn) as address, open_pool(address) as pool:
        yield pool


def test_parallel_loads_of_two_sellers_do_not_mix(pooled, seller, other_seller):
    def work(who):
        for version in range(5):
            rows = [order(str(number), version=version) for number in range(50)]
            with hold(pooled, who.id, "orders", wait=30) as lease:
                items = [item(str(number), version=version) for number in range(50)]
                run_load(pooled, who, orders_and_items(rows, items), lease=lease)

    threads = [threading.Thread(target=work, args=(who,)) for who in (seller, other_seller)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for who in (seller, other_seller):
        with tenant(pooled, who.id) as conn:
            counts = conn.execute("select count(*), count(distinct seller_id) from order_items").fetchone()
            assert counts == (50, 1)
            assert conn.execute("select sum(inserted), sum(updated) from loads").fetchone() == (100, 400)


def test_quota_lease_and_sellers_leave_nothing_in_the_session(pooled, seller, pipeline_dsn):
    quota = PostgresQuota(pooled)
    granted = [quota.take("a", "s", "eu", "o", 0.1, 4.0, uuid.uuid4(), 0)[0] == 0 for _ in range(6)]
    assert granted.count(True) in (3, 4)
    quota.throttled("a", "s", "eu", "o")
    quota.observed_rate("a", "s", "eu", "o", 5.0)
    with hold(pooled, seller.id, "orders", ttl=0.6) as lease:
        time.sleep(1)
        lease.check()
    assert SellerBook(pooled).all() == [seller]
    with pooled.connection() as conn:
        left = conn.execute(
            "select current_setting('app.seller_id', true), current_setting('lock_timeout'),"
            " current_setting('synchronous_commit'), (select count(*) from pg_locks where locktype = 'advisory')"
        ).fetchone()
    assert left in (("", "0", "on", 0), (None, "0", "on", 0))
