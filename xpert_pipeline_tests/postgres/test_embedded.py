"""The embedded server: private, found again by later processes, and able to start after any crash."""

import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from xpert_pipeline.postgres.embedded import find_embedded, remove_embedded, start_embedded
from xpert_pipeline.postgres.embedded_place import EmbeddedServerFailed
from xpert_pipeline_tests.postgres.embedded_servers import answer, postmaster


def test_a_first_start_creates_a_server_with_both_roles_and_a_second_finds_it(data_dir):
    server = start_embedded(data_dir)
    assert answer(server, "admin") == ("postgres", "xpert")
    assert answer(server) == ("xpert_pipeline", "xpert")
    first = postmaster(server)
    assert postmaster(start_embedded(data_dir)) == first
    assert find_embedded(data_dir).pipeline_dsn == server.pipeline_dsn


def test_it_keeps_its_rows_over_a_stop_and_is_not_found_while_stopped(data_dir):
    server = start_embedded(data_dir)
    with psycopg.connect(server.admin_dsn) as conn:
        conn.execute("create table kept as select 7 as number")
    server.stop()
    server.stop()
    assert find_embedded(data_dir) is None
    with psycopg.connect(start_embedded(data_dir).admin_dsn) as conn:
        assert conn.execute("select number from kept").fetchone() == (7,)


def test_it_keeps_running_after_the_process_that_started_it(data_dir):
    code = "import sys, pathlib; from xpert_pipeline.postgres.embedded import start_embedded as s; "
    code += "s(pathlib.Path(sys.argv[1]))"
    subprocess.run([sys.executable, "-c", code, str(data_dir)], check=True)
    assert answer(find_embedded(data_dir)) == ("xpert_pipeline", "xpert")


def test_it_starts_again_after_kill_9_with_everything_that_was_committed(data_dir):
    server = start_embedded(data_dir)
    with psycopg.connect(server.admin_dsn) as conn:
        conn.execute("create table kept as select 7 as number")
    postmaster(server).send_signal(signal.SIGKILL)
    with psycopg.connect(start_embedded(data_dir).admin_dsn) as conn:
        assert conn.execute("select number from kept").fetchone() == (7,)


def test_two_starters_at_once_start_one_server(data_dir):
    with ThreadPoolExecutor() as threads:
        servers = list(threads.map(lambda _: start_embedded(data_dir), range(4)))
    assert len({server.pipeline_dsn for server in servers}) == 1
    assert [answer(server)[0] for server in servers] == ["xpert_pipeline"] * 4


def test_libpq_settings_of_the_environment_are_ignored(data_dir, monkeypatch):
    monkeypatch.setenv("PGPORT", "1")
    monkeypatch.setenv("PGHOST", "nowhere.invalid")
    monkeypatch.setenv("PGSSLMODE", "verify-full")
    assert answer(start_embedded(data_dir)) == ("xpert_pipeline", "xpert")


def test_a_directory_that_cannot_be_used_is_refused_with_what_to_do(home):
    (home / "file").touch()
    with pytest.raises(EmbeddedServerFailed, match=r"cannot use .*file.*--data-dir or XPERT_DATA_DIR"):
        start_embedded(home / "file" / "data")


def test_a_start_finishes_what_a_killed_one_left_out(data_dir):
    """A server that a killed start had left running was taken for a finished one: 'database "xpert" does not exist'."""
    server = start_embedded(data_dir)
    with psycopg.connect(server.dsn("postgres", "postgres"), autocommit=True) as conn:
        conn.execute("drop database xpert")
        conn.execute("drop role xpert_pipeline")
    again = start_embedded(data_dir)
    assert (server.is_new, again.is_new) == (True, False)
    assert answer(again) == ("xpert_pipeline", "xpert")


def test_an_initdb_that_outlives_its_killed_start_is_waited_for(data_dir):
    code = "import sys, pathlib; from xpert_pipeline.postgres.embedded import start_embedded as s; "
    code += "s(pathlib.Path(sys.argv[1]))"
    first = subprocess.Popen([sys.executable, "-c", code, str(data_dir)])
    while not (data_dir / "postgres.new").exists():
        assert first.poll() is None
        time.sleep(0.01)
    first.send_signal(signal.SIGKILL)  # only the starter, not initdb
    first.wait()
    assert answer(start_embedded(data_dir)) == ("xpert_pipeline", "xpert")


def test_a_cluster_that_is_gone_is_not_replaced_by_an_empty_one(data_dir):
    server = start_embedded(data_dir)
    server.stop()
    cluster = server.place.cluster
    cluster.rename(cluster.with_name("elsewhere"))
    with pytest.raises(EmbeddedServerFailed, match=r"is gone: .*is not mounted. Put it back.*delete .*postgres.id"):
        start_embedded(data_dir)
    assert not cluster.exists()
    cluster.with_name("elsewhere").rename(cluster)
    assert answer(start_embedded(data_dir)) == ("xpert_pipeline", "xpert")


def test_the_cluster_of_another_data_directory_is_refused_until_it_is_meant(data_dir, home):
    server, other = start_embedded(data_dir), start_embedded(home / "other")
    server.stop()
    other.stop()
    server.place.cluster.rename(home / "put away")
    other.place.cluster.rename(server.place.cluster)
    with pytest.raises(EmbeddedServerFailed, match="is not the database that .* has used so far"):
        start_embedded(data_dir)
    (data_dir / "postgres.id").unlink()
    assert answer(start_embedded(data_dir)) == ("xpert_pipeline", "xpert")


def test_files_that_are_no_cluster_are_left_alone(data_dir):
    (data_dir / "postgres").mkdir(parents=True)
    (data_dir / "postgres" / "mine").write_text("keep me")
    with pytest.raises(EmbeddedServerFailed, match="is no database of PostgreSQL, its file PG_VERSION is missing"):
        start_embedded(data_dir)
    assert (data_dir / "postgres" / "mine").read_text() == "keep me"


def test_removing_deletes_the_cluster_and_the_next_start_is_fresh(data_dir):
    server = start_embedded(data_dir)
    with psycopg.connect(server.admin_dsn) as conn:
        conn.execute("create table gone ()")
    remove_embedded(data_dir)
    assert not server.place.cluster.exists()
    with psycopg.connect(start_embedded(data_dir).admin_dsn) as conn:
        assert conn.execute("select to_regclass('gone')").fetchone() == (None,)
