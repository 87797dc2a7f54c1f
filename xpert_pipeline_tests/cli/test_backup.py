"""`xpert db backup` and `xpert db restore`: what was destroyed comes back, and the next sync changes nothing."""

import base64
import json
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from xpert_pipeline.postgres.client_programs import DumpFailed, remedy
from xpert_pipeline.postgres.dumps import dump, restore
from xpert_pipeline.postgres.encryption import new_key
from xpert_pipeline.postgres.migrations import migrate, pending
from xpert_pipeline.postgres.private_folders import private_folder
from xpert_pipeline.postgres.sql_files import migrations_directory
from xpert_pipeline_tests.conftest import KEY

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]
XPERT = Path(sys.executable).with_name("xpert")
WORLD = ("--days", "2", "--orders-per-day", "60", "--skus", "9", "--rate-scale", "0", "--select", "products,orders")


def environment(**more):
    skipped = ("AMAZON_", "DATABASE_", "DAGSTER_", "XPERT_", "SP_API")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(skipped)}
    return {**kept, **more}


def xpert(home, *arguments, code=0, **environ):
    done = subprocess.run(
        [XPERT, *arguments, "--data-dir", str(home)], env=environment(**environ), capture_output=True, text=True
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done


def changed(done):
    """Rows that a sync wrote, by table."""
    tables = json.loads(done.stdout)["tables"]
    rows = tables.values() if isinstance(tables, dict) else tables
    return sum(row.get(name) or 0 for row in rows for name in ("inserted", "updated", "deleted"))


def test_a_destroyed_data_directory_comes_back_and_the_next_sync_changes_nothing(new_home, tmp_path):
    """There was no way back from a lost disk but to load everything again."""
    home, file = new_home() / "home", tmp_path / "books.backup"
    first = xpert(home, "--json", "up", "--no-ui", *WORLD)
    assert changed(first) > 20
    said = xpert(home, "db", "backup", str(file)).stdout
    assert "The encryption key is not in it" in said
    assert file.stat().st_mode & 0o077 == 0
    assert b"Atzr|" not in file.read_bytes()
    with tarfile.open(file) as archive:
        assert set(archive.getnames()) == {"backup.json", "database.dump", "state.json", "world.json"}
    xpert(home, "db", "backup", str(file), code=3)  # it never overwrites
    key = (home / "encryption.key").read_text()
    xpert(home, "db", "reset", "--yes")
    assert not home.exists()

    said = xpert(home, "db", "restore", str(file)).stdout
    assert "restored 1 seller" in said
    assert "need the encryption key with the fingerprint" in said
    refused = xpert(home, "up", "--no-ui", *WORLD, code=3)
    assert "encryption.key is gone" in refused.stderr
    (home / "encryption.key").write_text(key)
    again = xpert(home, "--json", "up", "--no-ui", *WORLD)
    assert changed(again) == 0
    refused = xpert(home, "db", "restore", str(file), code=3)
    assert "Use --replace" in refused.stderr
    assert "restored 1 seller" in xpert(home, "db", "restore", "--replace", str(file)).stdout
    assert changed(xpert(home, "--json", "up", "--no-ui", *WORLD)) == 0
    xpert(home, "db", "reset", "--yes")


def test_with_the_key_a_backup_is_complete(new_home, tmp_path):
    home, other, file = new_home() / "home", new_home() / "other", tmp_path / "all.backup"
    xpert(home, "up", "--no-ui", *WORLD)
    assert "contains the encryption key" in xpert(home, "db", "backup", "--with-key", str(file)).stdout
    said = xpert(other, "db", "restore", str(file)).stdout
    assert "encryption key" not in said
    assert (other / "encryption.key").read_text() == (home / "encryption.key").read_text()
    assert (other / "encryption.key").stat().st_mode & 0o077 == 0
    for place in (home, other):
        xpert(place, "db", "reset", "--yes")


@pytest.fixture
def owner(embedded_server):
    """Addresses of empty databases, as the owner of their tables."""
    made = []

    def make(name):
        with psycopg.connect(embedded_server.admin_dsn, autocommit=True) as conn:
            conn.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))
            conn.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        made.append(name)
        return embedded_server.dsn("postgres", name)

    yield make
    with psycopg.connect(embedded_server.admin_dsn, autocommit=True) as conn:
        for name in made:
            conn.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


def test_an_external_database_is_backed_up_and_restored_by_its_owner(admin_dsn, seller, admin, owner, tmp_path):
    file = tmp_path / "external.backup"
    admin.execute(
        "insert into loads (load_id, table_name, seller_id, marketplace_id, source, window_kind, window_start, window_end,"
        " run_id, fetched, inserted, updated, unchanged, deleted, rejected, started_at)"
        " values (gen_random_uuid(), 'orders', %s, 'A21TJRUUN4KGV', 's', 'created', now(), now(), 'r', 7, 7, 0, 0, 0, 0, now())",
        [seller.id],
    )
    said = xpert(tmp_path / "home", "--json", "db", "backup", str(file), DATABASE_URL=admin_dsn)
    assert json.loads(said.stdout)["sellers"] == 1
    target = owner("restored")
    xpert(tmp_path / "home", "db", "restore", str(file), DATABASE_URL=target)
    for _ in range(2):  # the second time into a database that has it all
        with psycopg.connect(target) as conn:
            assert conn.execute("select amazon_seller_id from sellers").fetchall() == [("A1TESTSELLER",)]
            assert conn.execute("select sum(fetched) from loads").fetchone() == (7,)
            policies = "select count(*) from pg_policies where tablename = 'loads'"
            assert conn.execute(policies).fetchone() == admin.execute(policies).fetchone()
            assert conn.execute("select count(*) from xpert_views.month_close").fetchone() == (0,)
            rights = "select has_schema_privilege('xpert_viewer', 'xpert_views', 'usage'), has_table_privilege("
            rights += "'xpert_viewer', 'xpert_views.daily_business', 'select')"
            assert conn.execute(rights).fetchone() == (True, True)
        refused = xpert(tmp_path / "home", "db", "restore", str(file), DATABASE_URL=target, code=3)
        assert "Use --replace" in refused.stderr
        xpert(tmp_path / "home", "db", "restore", "--replace", str(file), DATABASE_URL=target)
    assert "nothing to apply" in xpert(tmp_path / "home", "db", "migrate", DATABASE_URL=target).stdout


def test_the_key_in_a_backup_is_the_one_that_the_tokens_need(admin_dsn, sellers, owner, tmp_path):
    """Beside a real server, the key of an embedded database of earlier days was put into the file and called the key."""
    sellers.add(
        "A0SHOP", name="Books", region="eu", marketplace_ids=["A21TJRUUN4KGV"], timezone="UTC", refresh_token="Atzr|x"
    )
    needed, home, file = base64.b64encode(KEY).decode(), tmp_path / "home", tmp_path / "all.backup"
    home.mkdir()
    (home / "encryption.key").write_text(f"{new_key()}\n")
    said = xpert(home, "db", "backup", "--with-key", str(file), DATABASE_URL=admin_dsn, XPERT_ENCRYPTION_KEY=needed)
    assert "contains the encryption key" in said.stdout
    with tarfile.open(file) as archive:
        assert archive.extractfile("encryption.key").read().decode() == f"{needed}\n"
        assert archive.getmember("encryption.key").mode == 0o600
    other = tmp_path / "other.backup"
    said = xpert(home, "db", "backup", "--with-key", str(other), DATABASE_URL=admin_dsn)
    assert "The encryption key is not in it" in said.stdout
    with tarfile.open(other) as archive:
        assert "encryption.key" not in archive.getnames()
    (home / "encryption.key").write_text(f"{needed}\n")
    said = xpert(home, "db", "restore", str(file), DATABASE_URL=owner("restored"))
    assert "not here: put it into XPERT_ENCRYPTION_KEY" in said.stdout, "a real server's tokens are read with it alone"


def test_an_older_backup_replaces_a_newer_database_and_only_what_is_not_the_pipelines_stands_in_its_way(
    owner, tmp_path
):
    """Tables and views that the backup did not know held on to its tables: "cannot drop constraint sellers_pkey"."""
    old_files, file = tmp_path / "old", tmp_path / "old.dump"
    old_files.mkdir()
    for path in sorted(migrations_directory().glob("00[0-2]*.sql")):
        shutil.copy(path, old_files)
    old, new = owner("older"), owner("newer")
    migrate(old, old_files)
    migrate(new)
    known = "select set_config('lock_timeout', '5s', false), to_regclass('public.coverage') is not null"
    with psycopg.connect(old, autocommit=True) as conn:
        conn.execute("create table dagster.runs (id int)")
        conn.execute("insert into dagster.runs values (7)")
    dump(old, file)
    with psycopg.connect(new, autocommit=True) as conn:
        conn.execute("create table dagster.newer (id int)")
        conn.execute("create view public.books as select seller_id, amount from public.financial_event_amounts")
        with pytest.raises(DumpFailed, match="create it again afterwards: view books depends on table"):
            restore(new, file)
        assert conn.execute(known).fetchone()[1], "it is as it was"
        conn.execute("drop view public.books")
        conn.execute("create table public.of_another_program (id int)")
    restore(new, file)
    with psycopg.connect(new, autocommit=True) as conn:
        assert not conn.execute(known).fetchone()[1]
        tables = conn.execute("select tablename from pg_tables where schemaname = 'dagster'").fetchall()
        assert tables == [("runs",)]
        assert conn.execute("select id from dagster.runs").fetchone() == (7,)
        assert conn.execute("select count(*) from public.of_another_program").fetchone() == (0,)
    migrate(new)
    assert pending(new) == []


def test_the_pipelines_role_cannot_make_a_backup_that_lacks_rows(pipeline_dsn, seller, tmp_path):
    """Row level security hides rows from it: a dump must fail and not be empty."""
    file = tmp_path / "never.backup"
    refused = xpert(tmp_path / "home", "db", "backup", str(file), DATABASE_URL=pipeline_dsn, code=3)
    assert "connect as the owner of the tables" in refused.stderr
    assert not file.exists()


@pytest.mark.parametrize("content", [None, b"", b"no archive", "a tar of something else"])
def test_a_file_that_is_no_backup_is_refused_before_anything_is_touched(content, admin_dsn, tmp_path):
    file = tmp_path / "x"
    if isinstance(content, bytes):
        file.write_bytes(content)
    elif content:
        shutil.make_archive(str(tmp_path / "y"), "tar", tmp_path)
        (tmp_path / "y.tar").rename(file)
    refused = xpert(tmp_path / "home", "db", "restore", "--replace", str(file), DATABASE_URL=admin_dsn, code=3)
    assert "backup" in refused.stderr
    with psycopg.connect(admin_dsn) as conn:
        assert conn.execute("select count(*) from schema_migrations").fetchone()[0] > 20


def test_a_damaged_dump_leaves_the_database_as_it_was(admin_dsn, seller, tmp_path):
    good, bad = tmp_path / "good", tmp_path / "bad"
    xpert(tmp_path / "home", "db", "backup", str(good), DATABASE_URL=admin_dsn)
    with tarfile.open(good) as archive:
        archive.extractall(tmp_path / "parts", filter="data")
    dump = tmp_path / "parts" / "database.dump"
    dump.write_bytes(dump.read_bytes()[: dump.stat().st_size // 2])
    with tarfile.open(bad, "w") as archive:
        for part in sorted((tmp_path / "parts").iterdir()):
            archive.add(part, part.name)
    refused = xpert(tmp_path / "home", "db", "restore", "--replace", str(bad), DATABASE_URL=admin_dsn, code=3)
    assert "pg_restore" in refused.stderr
    with psycopg.connect(admin_dsn) as conn:
        assert conn.execute("select amazon_seller_id from sellers").fetchall() == [("A1TESTSELLER",)]


@pytest.fixture
def small_disk(tmp_path):
    """A disk with room for less than a backup."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64k,mode=777", "tmpfs", str(place)]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("a small disk needs the right to mount one")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_backup_to_a_place_that_takes_no_file_is_refused_in_one_line(admin_dsn, tmp_path):
    """A traceback of tempfile was all that was said."""
    file = "/proc/books.backup"  # not even root can create a file there
    said = " ".join(xpert(tmp_path / "home", "db", "backup", file, DATABASE_URL=admin_dsn, code=3).stderr.split())
    assert "Traceback" not in said
    assert said.startswith("Error: /proc cannot be written (No such file or directory): check that it is there")


def test_a_backup_that_fills_its_disk_says_where_space_is_missing(admin_dsn, small_disk, tmp_path):
    """The advice was to connect as the owner of the tables."""
    file = small_disk / "books.backup"
    said = " ".join(xpert(tmp_path / "home", "db", "backup", str(file), DATABASE_URL=admin_dsn, code=3).stderr.split())
    assert "No space left on device" in said
    assert f"free space on the disk of {small_disk}" in said
    assert "owner" not in said
    assert list(small_disk.iterdir()) == []


def test_a_restore_without_room_to_unpack_says_where_space_is_missing(admin_dsn, small_disk, tmp_path):
    file = tmp_path / "books.backup"
    xpert(tmp_path / "home", "db", "backup", str(file), DATABASE_URL=admin_dsn)
    refused = xpert(
        tmp_path / "home", "db", "restore", str(file), DATABASE_URL=admin_dsn, TMPDIR=str(small_disk), code=3
    )
    said = " ".join(refused.stderr.split())
    assert f"{small_disk} cannot be written (No space left on device): free space on its disk, or set TMPDIR" in said
    assert list(small_disk.iterdir()) == []


def test_a_server_whose_disk_is_full_is_told_from_a_full_disk_here():
    servers = (
        'pg_restore: error: COPY failed for table "orders": ERROR:  could not extend file: No space left on device'
    )
    assert "on the disk of the database's server" in remedy(servers, Path("/here"))
    ours = "pg_dump: error: could not write to file: No space left on device"
    assert "on the disk of /here" in remedy(ours, Path("/here"))
    lost = "pg_restore: error: could not execute query: server closed the connection unexpectedly"
    assert "see the server's log" in remedy(lost, Path("/here"))
    assert remedy("pg_dump: error: permission denied for table orders", Path("/here")) is None


def test_what_a_killed_backup_left_goes_with_the_next_one_into_that_folder(admin_dsn, tmp_path):
    place = tmp_path / "backups"
    place.mkdir()
    left = place / ".xpert-backup-killed"
    left.mkdir()
    (left / "database.dump").write_bytes(b"half")
    with private_folder(place, ".xpert-backup-") as of_another:
        xpert(tmp_path / "home", "db", "backup", str(place / "new"), DATABASE_URL=admin_dsn)
        assert sorted(place.iterdir()) == sorted([of_another, place / "new"])
