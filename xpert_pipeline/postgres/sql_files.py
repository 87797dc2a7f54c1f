"""Finds the SQL files: beside the package in a clone, inside it when installed."""

import re
from functools import cache
from pathlib import Path
from typing import LiteralString

PACKAGE = Path(__file__).resolve().parent.parent


def sql_directory() -> Path:
    """Return the `sql` directory that belongs to this code.

    Raises:
        FileNotFoundError: The installation is incomplete.
    """
    for candidate in (PACKAGE.parent / "sql", PACKAGE / "sql"):
        if (candidate / "migrations").is_dir():
            return candidate
    msg = f"no SQL files beside {PACKAGE}: the installation is incomplete, install xpert-pipeline again"
    raise FileNotFoundError(msg)


def migrations_directory() -> Path:
    """Return the directory of the migration files."""
    return sql_directory() / "migrations"


def comments() -> LiteralString:
    """Return the SQL that comments the pipeline's tables and columns; it is generated from the row contracts."""
    return (sql_directory() / "comments.sql").read_text(encoding="utf-8")


def transform(table: str) -> LiteralString:
    """Return the statement that computes a derived table."""
    return (sql_directory() / "transforms" / f"{table}.sql").read_text(encoding="utf-8")


def more_days(table: str) -> LiteralString | None:
    """Return the statement that adds to the days of a derived table that are computed; None if none are added."""
    file = sql_directory() / "transforms" / f"{table}.days.sql"
    return file.read_text(encoding="utf-8") if file.is_file() else None


def picture_rows(table: str) -> LiteralString:
    """Return the statement that selects what a table's picture shows."""
    return (sql_directory() / "pictures" / f"{table}.sql").read_text(encoding="utf-8")


@cache
def migration_of(name: str) -> str | None:
    """Return the migration that creates a table or function, None if there is none."""
    creation = re.compile(
        rf"create (table if not exists|or replace function) public\.{re.escape(name)}\b", re.IGNORECASE
    )
    for path in sorted(migrations_directory().glob("*.sql")):
        if creation.search(path.read_text(encoding="utf-8")):
            return path.stem
    return None
