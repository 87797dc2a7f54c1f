"""Commands that write, prune or delete, killed with -9 at random moments: nothing is lost, and the next one is whole."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress

import pytest

from xpert_pipeline.cli.db.archive import opened_archive
from xpert_pipeline.postgres.compaction import FINGERPRINT
from xpert_pipeline_tests.commands import bare_environment
from xpert_pipeline_tests.sources.conftest import INDIA

FEW = "orders,order_items"
KILLS = 2
OLD = """
update loads set finished_at = finished_at - interval '200 days';
update fact_stream set timestamp = timestamp - interval '200 days';
update dagster.runs set update_timestamp = update_timestamp - interval '200 days'
"""
COPY = """
insert into {0} select (jsonb_populate_record(t, jsonb_build_object('id', gen_random_uuid(), 'seller_id', %s::text))).*
from {0} as t where seller_id = %s
"""


class Killed:
    """Runs commands, of which some are killed."""

    def __init__(self, process):
        self._process = process
        self.seconds = 0.0

    def run(self, *arguments, **environ):
        """Run a command to its end; `seconds` is then how long it took."""
        began = time.monotonic()
        self._start(arguments, environ)
        code = int(self._process.stdout.readline())
        self.seconds = time.monotonic() - began
        return code

    def kill(self, *arguments, **environ):
        """Kill a command and all that it has started at a random moment of that time."""
        group = self._start(arguments, environ)
        time.sleep(random.uniform(0, self.seconds))
        with suppress(ProcessLookupError):  # it was quicker
            os.killpg(group, signal.SIGKILL)
        return int(self._process.stdout.readline())

    def _start(self, *said):
        self._process.stdin.write(json.dumps(said) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


@pytest.fixture
def environ(amazon):
    return amazon()


@pytest.fixture
def command(environ, tmp_path):
    nameless = {name: value for name, value in environ.items() if not name.endswith(("_TOKEN", "_SELLER_ID", "_IDS"))}
    process = subprocess.Popen(
        [sys.executable, "-m", "xpert_pipeline_tests.faults.forking"],
        env={**bare_environment(), **nameless, "XPERT_DATA_DIR": str(tmp_path / "home")},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        yield Killed(process)


def state_of(admin, seller):
    """What must not change: the seller's orders, and what the ledger covers and counts."""
    orders = admin.execute("select * from orders where seller_id = %s order by order_id", [seller.id]).fetchall()
    assert orders
    load_ids = [load_id for (load_id,) in admin.execute("select load_id from loads where seller_id = %s", [seller.id])]
    return orders, admin.execute(FINGERPRINT, {"seller_id": seller.id, "load_ids": load_ids}).fetchall()


def rows_of(admin, seller):
    return [
        admin.execute(f"select count(*) from {table} where seller_id = %s", [seller.id]).fetchone()[0]
        for table in ("orders", "order_items")
    ]


def test_backup_prune_and_purge_that_are_killed_at_any_moment_lose_nothing(
    xpert, environ, command, admin, admin_dsn, sellers, tmp_path
):
    assert xpert("sync", "--select", FEW, **environ).exit_code == 0
    (seller,) = sellers.all()
    admin.execute(OLD)
    before = state_of(admin, seller)
    place = tmp_path / "backups"
    place.mkdir()

    assert command.run("db", "backup", str(place / "first"), DATABASE_URL=admin_dsn) == 0
    for number in range(KILLS):
        command.kill("db", "backup", str(place / f"killed{number}"), DATABASE_URL=admin_dsn)
    assert command.run("db", "backup", str(place / "last"), DATABASE_URL=admin_dsn) == 0
    for file in place.iterdir():
        with opened_archive(file) as (about, _):
            assert about.sellers == 1, "no file, or a whole one"
    assert state_of(admin, seller) == before

    assert command.run("prune", "--dry-run") == 0
    for _ in range(KILLS):
        command.kill("prune")
        assert state_of(admin, seller) == before
    assert command.run("prune") == 0
    assert state_of(admin, seller) == before
    assert admin.execute("select count(*) from fact_stream").fetchone() == (0,)
    assert admin.execute("select count(*) from dagster.runs").fetchone() == (0,)

    leaving = [
        sellers.add(f"A{number}", name="Leaves", region="eu", marketplace_ids=[INDIA], timezone="Asia/Kolkata")
        for number in range(KILLS + 1)
    ]
    for one in leaving:
        for table in ("orders", "order_items"):
            admin.execute(COPY.format(table), [one.id, seller.id])
    full = rows_of(admin, seller)
    assert command.run("sellers", "purge", leaving[0].amazon_seller_id, "--yes") == 0
    for one in leaving[1:]:
        command.kill("sellers", "purge", one.amazon_seller_id, "--yes")
        is_known = one.amazon_seller_id in {known.amazon_seller_id for known in sellers.all()}
        assert rows_of(admin, one) == (full if is_known else [0, 0]), "all of it, or nothing"
        assert command.run("sellers", "purge", one.amazon_seller_id, "--yes") == (0 if is_known else 3)
        assert rows_of(admin, one) == [0, 0]
    assert state_of(admin, seller) == before
