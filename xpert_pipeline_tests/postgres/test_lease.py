"""The lease: one holder; taken over only after it has expired; whoever lost it commits nothing."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from xpert_pipeline.postgres.lease import LeaseHeld, LeaseLost, hold
from xpert_pipeline.postgres.pool import open_pool, operator, tenant
from xpert_pipeline_tests.postgres.rows import order, orders_and_items, run_load


def expire(admin):
    admin.execute("update seller_leases set expires_at = clock_timestamp() - interval '1 second'")


def test_of_many_simultaneous_starters_one_holds_the_lease(pipeline_dsn, seller):
    def start(_):
        try:
            with hold(pool, seller.id, "orders"):
                time.sleep(2)
                return "held"
        except LeaseHeld:
            return "refused"

    with open_pool(pipeline_dsn, max_size=20) as pool, ThreadPoolExecutor(20) as threads:
        assert sorted(threads.map(start, range(20))) == ["held"] + ["refused"] * 19


def test_a_refusal_names_the_holder_and_until_when_it_holds_the_lease(pool, seller):
    with (
        hold(pool, seller.id, "orders", name="worker-7 run 12"),
        pytest.raises(LeaseHeld, match=r"orders of this seller is being written by worker-7 run 12 \(lease until 20"),
        hold(pool, seller.id, "orders"),
    ):
        pytest.fail("two holders")


def test_another_stream_or_seller_is_free(pool, seller, other_seller):
    with (
        hold(pool, seller.id, "orders"),
        hold(pool, seller.id, "products") as products,
        hold(pool, other_seller.id, "orders") as others,
    ):
        products.check()
        others.check()


def test_it_is_free_at_once_after_the_end_and_the_token_grows(pool, seller):
    tokens = []
    for _ in range(3):
        with hold(pool, seller.id, "orders") as lease:
            tokens.append(lease.token)
    assert tokens == [1, 2, 3]


def test_a_second_writer_waits_for_the_end_of_a_short_window(pool, seller):
    with ThreadPoolExecutor(1) as threads:
        with hold(pool, seller.id, "orders"):
            waiting = threads.submit(lambda: hold(pool, seller.id, "orders", wait=20).__enter__())
            time.sleep(0.5)
            assert not waiting.done()
        lease = waiting.result(timeout=20)
    assert lease.token == 2
    lease._done.set()


def test_a_held_lease_is_renewed_in_the_background(pool, seller):
    with hold(pool, seller.id, "orders", ttl=1) as lease:
        time.sleep(2.5)
        lease.check()
        with pytest.raises(LeaseHeld), hold(pool, seller.id, "orders"):
            pytest.fail("two holders")


def test_a_lease_that_expired_but_was_not_taken_over_still_commits(pool, seller, admin):
    with hold(pool, seller.id, "orders") as lease:
        expire(admin)
        run_load(pool, seller, orders_and_items([order("1")], []), lease=lease)


def test_who_lost_the_lease_commits_nothing(pool, seller, admin):
    with hold(pool, seller.id, "orders") as lost:
        expire(admin)
        with hold(pool, seller.id, "orders") as lease:
            with pytest.raises(LeaseLost, match="Nothing from this load was kept"):
                run_load(pool, seller, orders_and_items([order("1")], []), lease=lost)
            with pytest.raises(LeaseLost):
                lost.check()
            run_load(pool, seller, orders_and_items([order("2")], []), lease=lease)
    with tenant(pool, seller.id) as conn:
        assert conn.execute("select order_id from orders").fetchall() == [("2",)]


def test_renewing_a_lost_lease_fails(pool, seller, admin):
    with hold(pool, seller.id, "orders") as lost:
        expire(admin)
        with hold(pool, seller.id, "orders"), pytest.raises(LeaseLost):
            lost.renew()


ZOMBIE = """
import sys
from xpert_pipeline.postgres.lease import hold
from xpert_pipeline.postgres.pool import open_pool
from xpert_pipeline.postgres.sellers import SellerBook
from xpert_pipeline_tests.postgres.rows import order, orders_and_items, run_load

with open_pool(sys.argv[1]) as pool:
    [seller] = SellerBook(pool).all()
    with hold(pool, seller.id, "orders", ttl=1, name="the zombie") as lease:
        print("holding", flush=True)
        sys.stdin.readline()
        try:
            run_load(pool, seller, orders_and_items([order("1", units_ordered=666)], []), lease=lease)
        except Exception as error:
            print(type(error).__name__, flush=True)
"""


def test_a_process_frozen_while_its_lease_is_taken_over_commits_nothing(pool, pipeline_dsn, seller):
    zombie = subprocess.Popen(
        [sys.executable, "-c", ZOMBIE, pipeline_dsn], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert zombie.stdout.readline() == "holding\n"
        os.kill(zombie.pid, signal.SIGSTOP)
        with hold(pool, seller.id, "orders", wait=30) as lease:
            run_load(pool, seller, orders_and_items([order("1")], []), lease=lease)
        os.kill(zombie.pid, signal.SIGCONT)
        output, _ = zombie.communicate("go\n", timeout=30)
    finally:
        zombie.kill()
        zombie.wait()
    assert output == "LeaseLost\n"
    with tenant(pool, seller.id) as conn:
        assert conn.execute("select units_ordered from orders").fetchall() == [(1,)]


def test_leases_of_a_removed_seller_are_gone(pool, seller):
    with hold(pool, seller.id, "orders"):
        pass
    with operator(pool) as conn:
        conn.execute("delete from sellers")
        assert conn.execute("select count(*) from seller_leases").fetchone() == (0,)
