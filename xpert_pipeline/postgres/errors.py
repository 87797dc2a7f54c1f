"""Database errors, named by what to do next; their messages never contain a row's data.

PostgreSQL's own messages quote values ("invalid input syntax", DETAIL: whole rows). Ours use only the SQLSTATE and the
names of tables, columns and constraints from them.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
from psycopg_pool import PoolClosed, PoolTimeout

from xpert_pipeline.postgres.sql_files import migration_of


class DatabaseError(Exception):
    """The database refused a statement, or failed.

    Attributes:
        sqlstate: PostgreSQL's code, if there is one.
        retryable: Whether the same transaction may succeed when run again.
    """

    retryable = False

    def __init__(self, message: str, sqlstate: str | None = None) -> None:
        super().__init__(message)
        self.sqlstate = sqlstate


class DatabaseAddressMalformed(DatabaseError):
    """The connection string cannot be parsed: correct it."""


class DatabaseUnreachable(DatabaseError):
    """There is no connection, or it broke: check that the database runs and is reachable."""

    retryable = True


class DatabaseBusy(DatabaseError):
    """Deadlock, lock timeout, read-only failover or no free connection: another attempt may succeed."""

    retryable = True


class MigrationNeeded(DatabaseError):
    """A table, column or function is missing: apply the migration that creates it."""


class NotPermitted(DatabaseError):
    """The role lacks a right: connect as xpert_pipeline on a migrated database."""


class DataRefused(DatabaseError):
    """A value does not fit its column or constraint: the row contract accepts it and must be corrected."""


class TenantNotSet(DatabaseError):
    """The transaction has no tenant, so row level security would hide every row."""


BROKEN = ("08", "57P01", "57P02", "57P03", "25P03")
BUSY = ("40", "55P03", "25006", "53300", "57014")
MISSING = {"42P01": "table", "42703": "column", "42883": "function", "3F000": "schema"}

# By SQLSTATE prefix, the longest match counts: kind of error, what happened, what to do.
KINDS: dict[str, tuple[type[DatabaseError], str, str]] = {
    **dict.fromkeys(BROKEN, (DatabaseUnreachable, "ended the connection", "see its log")),
    **dict.fromkeys(BUSY, (DatabaseBusy, "was busy", "try again")),
    "42501": (
        NotPermitted,
        "does not permit this",
        "connect as xpert_pipeline to a migrated database, and check that the row's seller is the transaction's tenant",
    ),
    **dict.fromkeys(
        ("21", "22", "23"),
        (DataRefused, "refused a value", "its row contract accepts the value: correct the contract"),
    ),
    "53100": (DatabaseError, "has no space left on its disk", "free space on the disk of its server, then run again"),
    "53": (DatabaseError, "is out of disk, memory or connections", "make room, then run again"),
    "": (DatabaseError, "refused a statement", "see its log"),
}


def explain(error: psycopg.Error) -> DatabaseError:
    """Turn a PostgreSQL error into one of ours, without its data."""
    state = error.sqlstate
    if state is None:
        return _without_state(error)
    if state in MISSING:
        return _missing(error, state)
    kind, happened, advice = KINDS[max((prefix for prefix in KINDS if state.startswith(prefix)), key=len)]
    return kind(f"the database {happened} (SQLSTATE {state} {type(error).__name__}{_where(error)}): {advice}", state)


@contextmanager
def explained(cause: Callable[[PoolTimeout], DatabaseError] | None = None) -> Iterator[None]:
    """Turn every error of the database inside the block into one of ours.

    Args:
        cause: Finds out why the pool had no connection.
    """
    try:
        yield
    except PoolTimeout as error:
        raise (cause(error) if cause else explain(error)) from None
    except psycopg.Error as error:
        raise explain(error) from None


def _without_state(error: psycopg.Error) -> DatabaseError:
    if isinstance(error, PoolClosed):
        return DatabaseError("the connection pool is closed: nothing may use the database after the run's end")
    if isinstance(error, psycopg.OperationalError):
        return DatabaseUnreachable("the connection to the database was lost or could not be made")
    if isinstance(error, psycopg.DataError):
        return DataRefused("a value cannot be sent to PostgreSQL (NUL in text, or a number out of range)")
    return DatabaseError(f"the database driver failed ({type(error).__name__})")


def _missing(error: psycopg.Error, state: str) -> MigrationNeeded:
    names = re.findall(r'"([^"]+)"|function ([\w.]+)\(', error.diag.message_primary or "")
    words = [part for pair in names for part in pair if part]
    migrations = (migration_of(word.split(".")[-1]) for word in reversed(words))
    migration = next(filter(None, migrations), None)
    what = f"{MISSING[state]} {' of '.join(words) or '?'}"
    creator = f"migration {migration} creates it" if migration else "a newer migration creates it"
    return MigrationNeeded(
        f"{what} is missing: {creator}. Run `xpert db migrate`; if nothing is pending, the {MISSING[state]} was "
        f"dropped by hand: run sql/migrations/{migration or 'NNNN_...'}.sql again (psql or SQL editor), then "
        "`xpert db migrate`",
        state,
    )


def _where(error: psycopg.Error) -> str:
    parts = ((word, getattr(error.diag, f"{word}_name")) for word in ("table", "column", "constraint"))
    return "".join(f", {word} {name}" for word, name in parts if name)
