"""A full disk, an odd environment, another database: a message that says what to do, no traceback, and nothing lost."""

import subprocess
import sys
import time

import psycopg
import pytest

from xpert_pipeline.postgres.embedded import remove_embedded, start_embedded
from xpert_pipeline.postgres.migrations import MigrationFailed, migrate
from xpert_pipeline_tests.commands import bare_environment

pytestmark = [pytest.mark.long, pytest.mark.timeout(400)]
SMALL = ("--rate-scale", "0", "--skus", "5", "--orders-per-day", "5")
COUNTS = "select coalesce(sum(fetched), 0), coalesce(sum(inserted), 0) from loads"
LOGGED = (
    "select coalesce(sum((data ->> 'fetched')::int), 0), coalesce(sum((data ->> 'inserted')::int), 0) from fact_stream"
)

HELD = """
create function public.hold() returns trigger language plpgsql as $$
begin
  perform pg_advisory_xact_lock(77);
  return null;
end $$;
create trigger held before insert on orders for each statement execute function public.hold();
select pg_advisory_lock(77);
"""
"""Makes every insert of orders wait until this session ends."""


def begin(home, *arguments, **environ):
    """Start `xpert up --no-ui` with nothing in its environment but what is given."""
    return subprocess.Popen(
        [sys.executable, "-m", "xpert_pipeline.cli.main", "up", "--no-ui", *SMALL, *arguments, "--data-dir", str(home)],
        env=bare_environment() | environ,
        cwd="/",
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def end(process):
    out, err = process.communicate(timeout=300)
    assert "Traceback" not in err, err
    return process.returncode, " ".join(err.split()), out


@pytest.fixture
def small_disk(tmp_path):
    """A disk on which the database and a sync have room, and a function that fills the rest."""
    place = tmp_path / "disk"
    place.mkdir()
    options = "size=260m,mode=755"
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)], check=False, capture_output=True
    ).returncode:
        pytest.skip("a small disk needs the right to mount one")
    for parent in (tmp_path, *tmp_path.parents):
        if parent.name.startswith("pytest"):
            parent.chmod(0o755)  # as root, the server runs as another user
    yield place
    remove_embedded(place)
    subprocess.run(["umount", "-l", str(place)], check=True)


def fill(disk):
    for size in (65_536, 1_024, 1):
        with (disk / f"filler-{size}").open("wb", buffering=0) as filler:
            try:
                while filler.write(b"x" * size):
                    pass
            except OSError:
                continue


def test_a_disk_that_fills_up_during_a_sync_loses_nothing(small_disk):
    """The command ended with a hundred lines of Dagster's and SQLAlchemy's traceback."""
    assert end(begin(small_disk, "--days", "2", "--select", "products"))[0] == 0
    more = ("--days", "20", "--skus", "40", "--orders-per-day", "60", "--select", "products,orders,order_items")
    with psycopg.connect(start_embedded(small_disk).admin_dsn, autocommit=True) as holder:
        holder.execute(HELD)  # no order is loaded until the disk is full
        process = begin(small_disk, *more)
        marker = time.monotonic() + 120
        while not list((small_disk / "spool").iterdir()):
            assert process.poll() is None, end(process)
            assert time.monotonic() < marker
            time.sleep(0.02)
        fill(small_disk)
    code, said, _ = end(process)
    assert code in (1, 3), said
    assert "pace" in said, said  # disk space, free space, No space left
    for filler in small_disk.glob("filler-*"):
        filler.unlink()
    with psycopg.connect(start_embedded(small_disk).admin_dsn, autocommit=True) as owner:
        owner.execute("drop trigger held on orders")
    code, said, _ = end(begin(small_disk, *more))
    assert code == 0, said
    with psycopg.connect(start_embedded(small_disk).admin_dsn) as connection:
        loaded = connection.execute(COUNTS).fetchone()
        assert loaded == connection.execute(LOGGED).fetchone()
        assert connection.execute("select count(*) from orders").fetchone()[0] > 0


def test_a_disk_that_is_too_small_for_the_database_is_named(small_disk):
    fill(small_disk)
    code, said, _ = end(begin(small_disk))
    assert code == 3
    assert str(small_disk) in said
    assert "No space left on device" in said


@pytest.mark.parametrize("timezone", ["Nowhere/Atlantis", ":", "Asia/Kathmandu"])
def test_a_bare_environment_without_home_in_any_language_and_time_zone_is_enough(new_home, timezone):
    home = new_home()
    code, said, _ = end(begin(home, "--days", "2", "--select", "products", LANG="C", LC_ALL="C", TZ=timezone))
    assert code == 0, said
    remove_embedded(home)


def test_tables_of_another_program_are_not_taken_for_the_pipelines(embedded_server):
    """`create table if not exists` passed over a foreign table of the same name."""
    with psycopg.connect(embedded_server.admin_dsn, autocommit=True) as connection:
        connection.execute("drop database if exists foreign_one")
        connection.execute("create database foreign_one")
    dsn = embedded_server.dsn("postgres", "foreign_one")
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("create table orders (id int); insert into orders values (7)")
    with pytest.raises(MigrationFailed, match=r"did not create .*\(orders\).*another program's. Nothing was changed"):
        migrate(dsn)
    with psycopg.connect(dsn) as connection:
        assert connection.execute("select id from orders").fetchall() == [(7,)]
        tables = connection.execute("select tablename from pg_tables where schemaname = 'public'").fetchall()
        assert tables == [("orders",)]
