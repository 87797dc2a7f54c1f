"""A restored database takes the place of the embedded one in one step.

The old one was dropped before the new one got its name: Ctrl-C between the two deleted both.
"""

import psycopg
import pytest

from xpert_pipeline.postgres.client_programs import DumpFailed, restore_script, run
from xpert_pipeline.postgres.dumps import replacing_embedded
from xpert_pipeline.postgres.embedded import start_embedded

pytestmark = pytest.mark.timeout(240)


@pytest.fixture
def server(data_dir):
    started = start_embedded(data_dir)
    _run(started.admin_dsn, "create table kept ()")
    return started


def _run(dsn, statement):
    with psycopg.connect(dsn, autocommit=True) as conn:
        return conn.execute(statement)


def _tables(server):
    return [name for (name,) in _run(server.admin_dsn, "select tablename from pg_tables where schemaname = 'public'")]


def _databases(server):
    found = _run(server.dsn("postgres", "postgres"), "select datname from pg_database where not datistemplate")
    return sorted(name for (name,) in found)


def test_a_failure_at_the_last_step_leaves_the_old_database(server):
    with pytest.raises(psycopg.Error), replacing_embedded(server) as dsn:
        _run(server.dsn("postgres", "postgres"), f'drop database "{dsn.split("@/")[1].split("?")[0]}"')
    assert _tables(server) == ["kept"]
    assert _databases(server) == ["postgres", "xpert"]


def test_ctrl_c_leaves_the_old_database_and_nothing_else(server):
    with pytest.raises(KeyboardInterrupt), replacing_embedded(server):
        raise KeyboardInterrupt
    assert _tables(server) == ["kept"]
    assert _databases(server) == ["postgres", "xpert"]


def test_open_sessions_in_either_database_do_not_keep_the_new_one_from_its_place(server):
    open_sessions = [psycopg.connect(server.admin_dsn)]
    with replacing_embedded(server) as dsn:
        _run(dsn, "create table restored ()")
        open_sessions.append(psycopg.connect(dsn))
    for session in open_sessions:
        session.close()
    assert _tables(server) == ["restored"]
    assert _databases(server) == ["postgres", "xpert"]


def test_what_a_killed_restore_left_is_removed_by_the_next(server):
    for name in ("xpert_restored", "xpert_replaced"):
        _run(server.dsn("postgres", "postgres"), f"create database {name}")
        # a kill in the middle of `drop database` leaves it like this
        _run(server.dsn("postgres", "postgres"), f"update pg_database set datconnlimit = -2 where datname = '{name}'")
    with replacing_embedded(server) as dsn:
        _run(dsn, "create table restored ()")
    assert _tables(server) == ["restored"]
    assert _databases(server) == ["postgres", "xpert"]


@pytest.mark.parametrize("secret", ["sslpassword", "oauth_client_secret"])
def test_a_secret_that_the_list_of_processes_would_show_is_refused(secret, tmp_path):
    """The password of a client's key was in the arguments of pg_dump, where every user of the machine could read it."""
    dsn = f"host=localhost dbname=books password=secret {secret}=canary"
    with pytest.raises(DumpFailed, match=f"would show {secret}") as refused:
        run("pg_dump", dsn, [], "", tmp_path)
    assert "canary" not in str(refused.value)
    with pytest.raises(DumpFailed, match=f"would show {secret}"):
        restore_script(dsn, "", [], tmp_path / "dump", "")
