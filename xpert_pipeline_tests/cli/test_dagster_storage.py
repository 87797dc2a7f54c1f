"""Dagster's storage is complete after each start, whatever an earlier start left out.

Dagster creates its tables one by one and looks only for one of each kind. A kill in between left a data directory where
every later start failed: "dynamic partitions table does not exist. Run `dagster instance migrate`".
"""

import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from dagster_postgres import DagsterPostgresStorage
from psycopg import sql

from xpert_pipeline.cli.dagster_storage import KINDS, main, prepare_storage
from xpert_pipeline.cli.instance import STORAGE, DagsterStorageFailed, ensure_schema, storage_url, write_config

EVERYTHING = """
select 'index', tablename, indexname, replace(indexdef, schemaname || '.', '') from pg_indexes where schemaname = %(schema)s
union all select 'column', table_name, column_name, data_type from information_schema.columns where table_schema = %(schema)s
"""


@pytest.fixture
def url(admin_dsn):
    ensure_schema(admin_dsn)
    return storage_url(admin_dsn)


def structure(admin, schema="dagster"):
    marks = admin.execute(sql.SQL("select name from {}.secondary_indexes").format(sql.Identifier(schema))).fetchall()
    stamp = admin.execute(
        sql.SQL("select version_num from {}.alembic_version").format(sql.Identifier(schema))
    ).fetchone()
    return sorted(admin.execute(EVERYTHING, {"schema": schema}).fetchall()), sorted(marks), stamp


def test_a_schema_that_another_start_creates_at_the_same_time_is_no_failure(admin_dsn, admin):
    """The second of two first starts ended with "duplicate key value violates unique constraint"."""
    admin.execute("drop schema if exists dagster cascade")
    with ThreadPoolExecutor() as threads, psycopg.connect(admin_dsn) as other:
        other.execute("create schema dagster")
        waiting = threads.submit(ensure_schema, admin_dsn)
        held = (
            "select count(*) from pg_stat_activity where query = 'create schema dagster' and wait_event_type = 'Lock'"
        )
        while admin.execute(held).fetchone() == (0,) and not waiting.done():
            time.sleep(0.05)
        other.commit()
        waiting.result(30)


def test_the_settings_of_dagster_are_never_read_in_part(tmp_path):
    """A command that started meanwhile found an empty file, and Dagster then took a storage of its own."""
    write_config(tmp_path)
    file = tmp_path / "dagster.yaml"
    whole = file.read_text()
    with ThreadPoolExecutor() as threads:
        writing = threads.submit(lambda: [write_config(tmp_path) for _ in range(100)])
        while not writing.done():
            assert file.read_text() == whole
        writing.result()
    assert [path.name for path in tmp_path.iterdir()] == ["dagster.yaml"]


def test_a_new_storage_is_the_one_that_dagster_would_create(url, admin):
    prepare_storage(url)
    admin.execute("create schema theirs")
    DagsterPostgresStorage(url.replace("search_path%3Ddagster", "search_path%3Dtheirs"))
    assert structure(admin)[0]
    assert structure(admin) == structure(admin, "theirs")


def test_whatever_is_missing_is_added_and_the_rest_is_kept(url, admin):
    prepare_storage(url)
    whole = structure(admin)
    admin.execute("insert into dagster.kvs (key, value) values ('kept', 'yes')")
    admin.execute("drop table dagster.dynamic_partitions, dagster.alembic_version, dagster.jobs")
    admin.execute("drop index dagster.idx_run_partitions, dagster.idx_tick_selector_timestamp")
    admin.execute("delete from dagster.secondary_indexes where name like 'run%' or name like 'asset%'")
    assert structure_without_stamp(admin) != whole[0]
    prepare_storage(url)
    assert structure(admin) == whole
    assert admin.execute("select value from dagster.kvs where key = 'kept'").fetchone() == ("yes",)


def structure_without_stamp(admin):
    return sorted(admin.execute(EVERYTHING, {"schema": "dagster"}).fetchall())


def test_every_subset_that_a_kill_can_leave_is_completed(url, admin):
    """Dagster commits table by table: the first so many are there, then nothing, and no stamp."""
    prepare_storage(url)
    whole = structure(admin)
    tables = list(dict.fromkeys(table.name for kind in KINDS for table in kind.sorted_tables))
    for count in range(0, len(tables), 4):
        for name in ("alembic_version", *reversed(tables[count:])):
            admin.execute(sql.SQL("drop table dagster.{}").format(sql.Identifier(name)))
        prepare_storage(url)
        assert structure(admin) == whole, tables[:count]


def test_a_role_without_rights_is_told_what_to_do(url, admin, pipeline_dsn):
    admin.execute("revoke all on schema dagster from xpert_pipeline")
    with pytest.raises(
        DagsterStorageFailed, match=r"SQLSTATE (42501|3F000).*may create and write tables in the schema dagster"
    ):
        prepare_storage(storage_url(pipeline_dsn))


def test_a_container_prepares_the_storage_of_its_environment(url, admin, monkeypatch, capsys, pipeline_dsn):
    monkeypatch.setenv(STORAGE, url)
    assert main() == 0
    assert structure(admin)[2] is not None
    admin.execute("drop schema dagster cascade")
    assert main() == 3
    assert "could not be prepared" in capsys.readouterr().err


def test_two_starts_at_once_create_it_once(url, admin):
    with ThreadPoolExecutor() as threads:
        list(threads.map(prepare_storage, [url] * 3))
    assert structure(admin)[0]
