"""Dumps a database with the pipeline's tables and views and Dagster's history, and restores it.

All schemas are in one dump, because `fact_stream` refers to ids of Dagster's events.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from xpert_pipeline.postgres.address import check_address, unreachable
from xpert_pipeline.postgres.client_programs import listed, restore_script, run
from xpert_pipeline.postgres.embedded import DATABASE, EmbeddedServer
from xpert_pipeline.postgres.embedded_cluster import ADMIN
from xpert_pipeline.postgres.errors import explained
from xpert_pipeline.postgres.locks import naming_holders
from xpert_pipeline.postgres.migrations import made_by_migrations, migrate

SCHEMAS = ("public", "xpert_views", "dagster")
RESTORED, REPLACED = f"{DATABASE}_restored", f"{DATABASE}_replaced"
OF_SCHEMA_PUBLIC = re.compile(r"^\d+; .* (SCHEMA - public|(ACL|COMMENT) - SCHEMA public)\b")
"""Entries of a dump that a target's own schema `public` replaces."""
MADE_HERE = """
select n.nspname, c.relname, case c.relkind when 'v' then 'view' else 'table' end
from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
where c.relkind in ('r', 'p', 'v')
  and (n.nspname = 'dagster' or n.nspname in ('public', 'xpert_views') and c.relname = any(%(names)s))
"""
SELLERS_TABLE = """
select pg_has_role(relowner, 'usage') and row_security_active(oid)
from pg_class where oid = to_regclass('public.sellers')
"""


def dump(dsn: str, file: Path) -> None:
    """Write a consistent dump of the schemas to a file; the pipeline may go on working.

    Args:
        dsn: Address of the database as the owner of its tables, who may bypass row level security.
        file: The file, in pg_dump's custom format; it is written for its owner only.

    Raises:
        DumpFailed: The database refused it.
    """
    os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    schemas = [f"--schema={name}" for name in SCHEMAS if _has_schema(dsn, name)]
    advice = "connect as the owner of the tables (Supabase: postgres), who may bypass row level security"
    options = ["--format=custom", "--no-owner", "--lock-wait-timeout=60s", *schemas, f"--file={file}"]
    run("pg_dump", dsn, options, advice, file.parent)


def restore(dsn: str, file: Path) -> None:
    """Restore a dump into a database in one transaction, replacing everything that the pipeline has made there.

    That includes tables and views that are newer than the dump: they would hold on to what it replaces.

    Args:
        dsn: Address of the database as the owner of its tables.
        file: A dump of `dump`.

    Raises:
        DumpFailed: The database refused it; it has the same content as before.
    """
    contents = file.with_name(f"{file.name}.list")
    contents.write_text("\n".join(entry for entry in listed(file) if not OF_SCHEMA_PUBLIC.search(entry)) + "\n")
    options = ["--clean", "--if-exists", "--no-owner", "--exit-on-error", f"--use-list={contents}"]
    advice = "connect as the owner of the tables to a server that is at least as new as that of the backup"
    try:
        restore_script(dsn, _drops(dsn), options, file, advice)
    finally:
        contents.unlink(missing_ok=True)


def _drops(dsn: str) -> str:
    """The statements that drop all tables and views of the pipeline and of Dagster, but nothing built on them."""
    with _connect(dsn) as conn:
        found = conn.execute(MADE_HERE, {"names": sorted(made_by_migrations())}).fetchall()
        statements = []
        for kind in ("view", "table"):  # one statement drops those that need each other
            names = [sql.Identifier(schema, name) for schema, name, its_kind in found if its_kind == kind]
            if names:
                statements.append(sql.SQL("drop {} {};").format(sql.SQL(kind), sql.SQL(", ").join(names)))
        return "\n".join(statement.as_string(conn) for statement in statements)


def prepare_roles(dsn: str) -> None:
    """Create the pipeline's roles, which belong to a server and not to a dump, with the tables of an empty database."""
    with _connect(dsn) as conn:
        found = conn.execute("select to_regclass('public.schema_migrations') is not null").fetchone()
    if not (found and found[0]):
        migrate(dsn)


def count_sellers(dsn: str) -> int | None:
    """Return the number of sellers in a database; None if it has no table for them.

    An owner who may not bypass row level security would see none, so it is lifted for the owner while this counts.

    Raises:
        DatabaseError: The database failed, or a program keeps the table locked.
    """
    with explained(), naming_holders(lambda: _connect(dsn), readers=True), _connect(dsn) as conn:
        conn.execute("select set_config('lock_timeout', '20s', true)")
        table = conn.execute(SELLERS_TABLE).fetchone()
        if table is None:
            return None
        if table[0]:
            conn.execute("alter table public.sellers no force row level security")
        row = conn.execute("select count(*) from public.sellers").fetchone()
        conn.rollback()
    return int(row[0]) if row else 0


def key_ids(dsn: str) -> set[str]:
    """Return the fingerprints of the keys that encrypted the stored refresh tokens."""
    with _connect(dsn) as conn:
        rows = conn.execute("select distinct encryption_key_id from sellers where refresh_token_encrypted is not null")
        return {str(key) for (key,) in rows.fetchall()}


@contextmanager
def replacing_embedded(server: EmbeddedServer) -> Iterator[str]:
    """Yield the address of a new, empty database; it takes the place of the embedded one if the block succeeds.

    Both change their names in one transaction, so that a kill or Ctrl-C at any time leaves one of them in place.
    """
    with _connect(server.dsn(ADMIN, "postgres")) as conn:
        conn.autocommit = True
        for name in (RESTORED, REPLACED):
            _drop(conn, name)
        conn.execute(sql.SQL("create database {}").format(sql.Identifier(RESTORED)))
        try:
            yield server.dsn(ADMIN, RESTORED)
            with conn.transaction():
                _rename(conn, DATABASE, REPLACED)
                _rename(conn, RESTORED, DATABASE)
            _drop(conn, REPLACED)
        finally:
            _drop(conn, RESTORED)


def _drop(conn: psycopg.Connection, name: str) -> None:
    conn.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))


def _rename(conn: psycopg.Connection, name: str, new: str) -> None:
    """Rename a database; end the sessions in it, which would prevent that."""
    conn.execute("select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = %s", [name])
    conn.execute(sql.SQL("alter database {} rename to {}").format(sql.Identifier(name), sql.Identifier(new)))


def _has_schema(dsn: str, name: str) -> bool:
    with _connect(dsn) as conn:
        return conn.execute("select to_regnamespace(%s) is not null", [name]).fetchone() == (True,)


def _connect(dsn: str) -> psycopg.Connection:
    check_address(dsn)
    try:
        return psycopg.connect(dsn, connect_timeout=10, application_name="xpert_backup")
    except psycopg.OperationalError as error:
        raise unreachable(dsn, error) from None
