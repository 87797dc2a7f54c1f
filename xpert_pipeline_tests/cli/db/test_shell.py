"""`xpert db shell` shows rows, on the embedded database and on another one.

On an external database it showed 0 rows: the pipeline's role sees only the rows of a seller that was named.
"""

import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from xpert_pipeline_tests.cli.db.conftest import environment
from xpert_pipeline_tests.postgres.pgbouncer import NEEDED, pgbouncer
from xpert_pipeline_tests.postgres.rows import item, order, orders_and_items, run_load

XPERT = Path(sys.executable).with_name("xpert")
COUNT = "\\pset format unaligned\n\\pset tuples_only on\nselect 'orders ' || count(*) from orders;\n"


@pytest.fixture
def shell(tmp_path, embedded_server):
    """Runs the shell with what is typed; psql comes from the embedded server's programs."""
    programs = str(embedded_server.place.programs)

    def run(dsn, *options, typed=COUNT, **more):
        environ = environment(DATABASE_URL=dsn, XPERT_DATA_DIR=str(tmp_path / "home"), **more)
        environ["PATH"] = f"{programs}:{environ['PATH']}"
        command = [XPERT, "db", "shell", *options]
        return subprocess.run(command, env=environ, cwd=tmp_path, input=typed, capture_output=True, text=True)

    return run


@pytest.fixture
def two_orders(pool, seller):
    run_load(pool, seller, orders_and_items([order("1"), order("2")], [item("1"), item("2")]))
    return seller


def test_the_only_seller_is_chosen_and_named(shell, pipeline_dsn, two_orders):
    done = shell(pipeline_dsn)
    assert (done.returncode, done.stderr) == (0, f"rows of seller {two_orders.amazon_seller_id}\n")
    assert "orders 2" in done.stdout.splitlines()


def test_with_several_sellers_one_must_be_named(shell, pipeline_dsn, two_orders, other_seller):
    done = shell(pipeline_dsn)
    assert done.returncode == 3
    assert "choose it with --seller (A1TESTSELLER, A2OTHERSELLER)" in " ".join(done.stderr.split())
    for seller, rows in ((two_orders, 2), (other_seller, 0)):
        done = shell(pipeline_dsn, "--seller", seller.amazon_seller_id)
        assert f"orders {rows}" in done.stdout.splitlines()
    assert "seller A0NOBODY is not known" in shell(pipeline_dsn, "--seller", "A0NOBODY").stderr


def test_a_role_that_sees_everything_needs_no_seller_and_cannot_be_restricted(shell, admin_dsn, two_orders):
    assert "orders 2" in shell(admin_dsn).stdout.splitlines()
    done = shell(admin_dsn, "--seller", two_orders.amazon_seller_id)
    assert done.returncode == 3
    assert "sees all sellers, so --seller cannot restrict it" in " ".join(done.stderr.split())


@NEEDED
def test_behind_a_pooler_the_session_connection_of_dagster_is_used(shell, embedded_server, pipeline_dsn, two_orders):
    with pgbouncer(embedded_server, pipeline_dsn) as address:
        done = shell(address, DAGSTER_DATABASE_URL=pipeline_dsn)
        assert "orders 2" in done.stdout.splitlines()
        done = shell(address)
        assert done.returncode == 3
        assert "it is a transaction pooler: use a direct or session connection" in " ".join(done.stderr.split())


def test_the_list_of_processes_shows_no_password(tmp_path, embedded_server, pipeline_dsn, two_orders):
    dsn = pipeline_dsn.replace("xpert_pipeline@", "xpert_pipeline:canary%40word@")
    environ = environment(DATABASE_URL=dsn, XPERT_DATA_DIR=str(tmp_path / "home"))
    environ["PATH"] = f"{embedded_server.place.programs}:{environ['PATH']}"
    command = [XPERT, "db", "shell"]
    shell = subprocess.Popen(
        command, env=environ, cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    )
    try:
        deadline = time.monotonic() + 120
        shown = []
        while not any("psql" in word for word in shown) and time.monotonic() < deadline:
            children = psutil.Process(shell.pid).children(recursive=True)
            shown = [word for child in children for word in child.cmdline()]
            time.sleep(0.05)
        assert any("psql" in word for word in shown)
        assert "app.seller_id" in " ".join(shown)
        assert "canary" not in " ".join(shown)
    finally:
        shell.communicate("\\q\n", timeout=60)


def test_the_address_is_printed_without_its_password_unless_asked(db, pipeline_dsn):
    dsn = pipeline_dsn.replace("xpert_pipeline@", "xpert_pipeline:canary%40word@")
    shown = db("url", DATABASE_URL=dsn).stdout
    assert "canary" not in shown
    assert "user=xpert_pipeline" in shown
    assert db("url", "--with-password", DATABASE_URL=dsn).stdout == f"{dsn}\n"
    assert "canary" not in db("url", DATABASE_URL=f"{dsn}&sslpassword=canary").stdout
    assert db("url", DATABASE_URL=pipeline_dsn).stdout == f"{pipeline_dsn}\n"
