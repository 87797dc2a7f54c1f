"""The cluster and its server: complete or absent, durable, without rows in its log, with a socket for any path."""

import os
import stat
import time

import psycopg
import pytest

from xpert_pipeline.postgres.embedded import find_embedded, start_embedded
from xpert_pipeline.postgres.embedded_place import EmbeddedServerFailed
from xpert_pipeline_tests.postgres.embedded_servers import answer


def test_a_stale_pid_that_belongs_to_another_process_now_is_not_taken_for_a_server(data_dir):
    server = start_embedded(data_dir)
    pid_file = server.place.cluster / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    server.stop()
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    assert find_embedded(data_dir) is None
    assert answer(start_embedded(data_dir)) == ("xpert_pipeline", "xpert")


def test_an_interrupted_initdb_leaves_no_half_cluster(data_dir):
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


def test_it_is_durable_has_no_network_address_and_writes_no_rows_into_its_log(data_dir):
    server = start_embedded(data_dir)
    settings = {
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
        assert {name: conn.execute(f"show {name}").fetchone()[0] for name in settings} == settings
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


def test_a_failed_start_reports_the_servers_own_message(data_dir):
    server = start_embedded(data_dir)
    server.stop()
    with (server.place.cluster / "postgresql.auto.conf").open("a") as settings:
        settings.write("no_such_setting = 1\n")
    with pytest.raises(EmbeddedServerFailed, match="no_such_setting"):
        start_embedded(data_dir)
