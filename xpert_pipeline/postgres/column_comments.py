"""The comments of a table's columns, as a live database has them or as the migrations write them."""

import re
from collections import defaultdict
from collections.abc import Mapping
from functools import cache

from psycopg import Connection

from xpert_pipeline.postgres.sql_files import migrations_directory

COMMENTS = """
select a.attname, d.description
from pg_attribute as a
left join pg_description as d
  on d.objoid = a.attrelid and d.classoid = 'pg_class'::regclass and d.objsubid = a.attnum
where a.attrelid = %s::regclass and a.attnum > 0 and not a.attisdropped
"""
TEXT = r"'((?:[^']|'')*)'"
OF_A_TABLE = re.compile(rf"^comment on column public\.(\w+)\.(\w+) is\s+{TEXT};", re.MULTILINE)
OF_ALL_TABLES = re.compile(rf"'comment on column %s\.(\w+) is %L', _table, {TEXT}")
"""In `xpert_describe_standard_columns`, which every table calls."""


def column_comments(connection: Connection, table: str) -> dict[str, str | None]:
    """Return the comment of every column of a table in the database, None for a column without one."""
    return dict(connection.execute(COMMENTS, [f"public.{table}"]).fetchall())


@cache
def comments_in_migrations(table: str) -> Mapping[str, str]:
    """Return the comment of every column as a fully migrated database has it, read from the migration files."""
    standard, own = _all()
    return {**standard, **own[table]}


@cache
def _all() -> tuple[Mapping[str, str], Mapping[str, Mapping[str, str]]]:
    standard: dict[str, str] = {}
    own: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for path in sorted(migrations_directory().glob("*.sql")):  # a later file's comment replaces an earlier one
        sql = path.read_text(encoding="utf-8")
        standard.update({column: _unquoted(text) for column, text in OF_ALL_TABLES.findall(sql)})
        for table, column, text in OF_A_TABLE.findall(sql):
            own[table][column] = _unquoted(text)
    return standard, own


def _unquoted(text: str) -> str:
    return text.replace("''", "'")
