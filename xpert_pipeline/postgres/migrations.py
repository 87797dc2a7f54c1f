"""Applies all pending migration files in one transaction, and each only once, even if two processes migrate.

It then restores what a file that ran twice has reset (`watches`), and applies the comments of the pipeline's tables,
which are generated from their row contracts.

The files are plain SQL and record themselves in `schema_migrations`, so people can also run them by hand. We wrote
our own runner because the usual libraries need other drivers or an ORM, or take locks that outlive a crash.
"""

import hashlib
import re
from pathlib import Path

import psycopg
from psycopg import Connection
from psycopg.rows import TupleRow

from xpert_pipeline.postgres.address import connect
from xpert_pipeline.postgres.errors import DatabaseError
from xpert_pipeline.postgres.locks import naming_holders
from xpert_pipeline.postgres.sql_files import comments, migrations_directory
from xpert_pipeline.postgres.watches import keep_watches

CREATED = re.compile(r"^create table if not exists public\.(\w+)", re.MULTILINE)
MADE = re.compile(r"^create (?:table if not exists|or replace view) (?:public|xpert_views)\.(\w+)", re.MULTILINE)
LOCK = 7_299_360_171_042  # any number that no other program locks


class MigrationFailed(DatabaseError):
    """The database refused a migration; nothing from it was kept."""


class MigrationEdited(DatabaseError):
    """An applied file was changed later, or the database is newer than this code."""


def migrate(dsn: str, directory: Path | None = None) -> list[str]:
    """Apply the pending files, in the order of their names.

    Args:
        dsn: Address of the database as the role that owns its tables (not xpert_pipeline).
        directory: Directory of the files; default: the files of this code.

    Returns:
        Names of the files that were applied now.

    Raises:
        MigrationFailed: The database refused a file; nothing was changed.
        MigrationEdited: An applied file has changed since it was applied.
    """
    files = _files(directory)
    with naming_holders(lambda: connect(dsn), readers=True), connect(dsn) as conn:
        conn.execute(
            "select set_config('lock_timeout', '60s', true), set_config('client_min_messages', 'warning', true)"
        )
        _lock(conn)
        applied = _applied(conn)
        _check_unedited(files, applied)
        if not applied:
            _check_free(conn, files)
        names = [name for name in files if name not in applied]
        for name in names:
            _apply(conn, name, files[name])
        by_hand = [name for name, checksum in applied.items() if checksum is None and name in files]
        for name in [*names, *by_hand]:
            conn.execute(
                "update public.schema_migrations set checksum = %s where name = %s", [_checksum(files[name]), name]
            )
        if directory is None:
            keep_watches(conn, files.values())
            conn.execute(comments())
    return names


def pending(dsn: str, directory: Path | None = None) -> list[str]:
    """Return the names of the files that are not applied yet."""
    files = _files(directory)
    with connect(dsn) as conn:
        applied = _applied(conn)
    return [name for name in files if name not in applied]


def made_by_migrations() -> set[str]:
    """Return the names of all tables and views that the migrations of this code create."""
    return {name for text in _files(None).values() for name in MADE.findall(text)}


def _lock(conn: Connection[TupleRow]) -> None:
    """Let one migration at a time run. An advisory lock would do, but any reader can hold that for ever.

    An empty database has no readers yet, and no table to lock.
    """
    if not _has_records(conn):
        conn.execute("select pg_advisory_xact_lock(%s)", [LOCK])
    may_write = "select has_table_privilege('public.schema_migrations', 'update')"
    if _has_records(conn) and conn.execute(may_write).fetchone() == (True,):  # others are refused later
        conn.execute("lock table public.schema_migrations in share row exclusive mode")


def _has_records(conn: Connection[TupleRow]) -> bool:
    return conn.execute("select to_regclass('public.schema_migrations') is not null").fetchone() == (True,)


def _files(directory: Path | None) -> dict[str, str]:
    paths = sorted((directory or migrations_directory()).glob("[0-9][0-9][0-9][0-9]_*.sql"))
    return {path.stem: path.read_text(encoding="utf-8") for path in paths}


def _checksum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()  # read_text has unified the line ends


def _applied(conn: Connection[TupleRow]) -> dict[str, str | None]:
    if not _has_records(conn):
        return {}
    return dict(conn.execute("select name, checksum from public.schema_migrations order by name").fetchall())


def _check_unedited(files: dict[str, str], applied: dict[str, str | None]) -> None:
    for name, checksum in applied.items():
        if name not in files:
            raise MigrationEdited(f"the database has migration {name}, which this code does not know: update the code")
        if checksum not in (None, _checksum(files[name])):
            raise MigrationEdited(
                f"migration {name} was edited after it was applied: restore the file and write a new one for the change"
            )


def _check_free(conn: Connection[TupleRow], files: dict[str, str]) -> None:
    """Refuse a database that has other tables of our names: the migrations would take them for ours."""
    names = [name for text in files.values() for name in CREATED.findall(text)]
    rows = conn.execute(
        "select name from unnest(%s::text[]) as name where to_regclass('public.' || quote_ident(name)) is not null",
        [names],
    ).fetchall()
    if rows:
        raise MigrationFailed(
            "this database has tables that the pipeline did not create but whose names it needs "
            f"({', '.join(sorted({name for (name,) in rows}))}), and no record of a migration: they are another "
            "program's. Nothing was changed. Use a database of the pipeline's own"
        )


def _apply(conn: Connection[TupleRow], name: str, text: str) -> None:
    try:
        conn.execute(text)
    except psycopg.Error as error:
        advice = " Connect as the owner of the tables (Supabase: postgres)." if error.sqlstate == "42501" else ""
        raise MigrationFailed(
            f"migration {name} was refused (SQLSTATE {error.sqlstate}: {error.diag.message_primary}); "
            f"nothing was changed.{advice}",
            error.sqlstate,
        ) from None
    if _applied(conn).get(name, "") is not None:
        raise MigrationFailed(
            f"migration {name} does not record itself in schema_migrations at its end; nothing was changed"
        )
