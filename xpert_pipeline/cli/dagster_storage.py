"""Prepares Dagster's storage: all tables and indexes, the version stamp and the data migrations, at each start.

Dagster itself creates them one by one, without a transaction, and looks only at one table of each kind to see whether
they are there. If it is killed in between, what is missing stays missing. Here the tables are created in one
transaction, and what an earlier start left out is added.

`python -m xpert_pipeline.cli.dagster_storage` does so for the storage in XPERT_DAGSTER_STORAGE, as containers need it.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from dagster._core.storage.event_log.migration import ASSET_DATA_MIGRATIONS, EVENT_LOG_DATA_MIGRATIONS
from dagster._core.storage.event_log.schema import SqlEventLogStorageMetadata
from dagster._core.storage.runs import migration as run_migrations
from dagster._core.storage.runs.schema import RunStorageSqlMetadata
from dagster._core.storage.schedules import migration as schedule_migrations
from dagster._core.storage.schedules.schema import ScheduleStorageSqlMetadata
from dagster._core.storage.sql import check_alembic_revision, run_alembic_upgrade, stamp_alembic_rev
from dagster_postgres import DagsterPostgresStorage
from dagster_postgres.event_log import event_log
from dagster_postgres.utils import pg_alembic_config
from sqlalchemy import Connection, create_engine, inspect, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from xpert_pipeline.cli.instance import STORAGE, storage_failure
from xpert_pipeline.postgres.errors import DatabaseError

LOCK = 7_299_360_171_043  # any number that no other program locks
STAMPS = "alembic_version"
"""The table with the version of Dagster's tables; only this module writes it."""
KINDS = (RunStorageSqlMetadata, SqlEventLogStorageMetadata, ScheduleStorageSqlMetadata)
DATA_MIGRATIONS = {
    *run_migrations.REQUIRED_DATA_MIGRATIONS,
    *run_migrations.OPTIONAL_DATA_MIGRATIONS,
    *EVENT_LOG_DATA_MIGRATIONS,
    *ASSET_DATA_MIGRATIONS,
    *schedule_migrations.REQUIRED_SCHEDULE_DATA_MIGRATIONS,
    *schedule_migrations.OPTIONAL_SCHEDULE_DATA_MIGRATIONS,
}


def prepare_storage(url: str) -> None:
    """Create or complete Dagster's tables in a database, and migrate those of an older Dagster.

    Args:
        url: SQLAlchemy's address of the storage, with Dagster's schema as its search path.

    Raises:
        DagsterStorageFailed: The database refused it.
    """
    engine = create_engine(url, poolclass=NullPool)
    with _explained():
        with engine.begin() as connection:
            _lock(connection)
            _complete(connection)
            missing = DATA_MIGRATIONS - _migrated(connection)
        if missing:
            _migrate_data(url)


def _lock(connection: Connection) -> None:
    """Let one start at a time prepare the storage; as for migrations, readers must not be able to hold the lock."""
    connection.execute(text("select set_config('lock_timeout', '60s', true)"))
    if not inspect(connection).has_table(STAMPS):
        connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    if inspect(connection).has_table(STAMPS):
        connection.execute(text(f"lock table {STAMPS} in share row exclusive mode"))


def _complete(connection: Connection) -> None:
    """Migrate the tables of an older Dagster, create those that are missing, and stamp the version."""
    config = pg_alembic_config(event_log.__file__)
    found, head = check_alembic_revision(config, connection)
    if found is not None and found != head:
        run_alembic_upgrade(config, connection)
    seen = inspect(connection)
    tables = set(seen.get_table_names())
    indexes = {index["name"] for listed in seen.get_multi_indexes().values() for index in listed}
    for kind in KINDS:
        kind.create_all(connection, [table for table in kind.sorted_tables if table.name not in tables])
        for index in (index for table in kind.sorted_tables if table.name in tables for index in table.indexes):
            if index.name not in indexes:
                index.create(connection)
        tables.update(table.name for table in kind.sorted_tables)
    if found is None:
        stamp_alembic_rev(config, connection)


def _migrated(connection: Connection) -> set[str]:
    rows = connection.execute(text("select name from secondary_indexes where migration_completed is not null"))
    return {name for (name,) in rows}


def _migrate_data(url: str) -> None:
    """Apply the data migrations that are not marked as done; in new tables they only set the marks."""
    storage = DagsterPostgresStorage(url)
    runs, events, schedules = storage.run_storage, storage.event_log_storage, storage.schedule_storage
    for migrate in (runs.migrate, runs.optimize, events.reindex_events, events.reindex_assets):
        migrate()
    schedules.migrate()
    schedules.optimize()


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        raise storage_failure(error, "prepared") from None


def main() -> int:
    """Prepare the storage in XPERT_DAGSTER_STORAGE."""
    try:
        prepare_storage(os.environ[STORAGE])
    except DatabaseError as error:
        sys.stderr.write(f"{error}\n")
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
