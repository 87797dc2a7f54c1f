"""Reads the comments of a table's columns from the database."""

from psycopg import Connection

COMMENTS = """
select a.attname, d.description
from pg_attribute as a
left join pg_description as d
  on d.objoid = a.attrelid and d.classoid = 'pg_class'::regclass and d.objsubid = a.attnum
where a.attrelid = %s::regclass and a.attnum > 0 and not a.attisdropped
"""


def column_comments(connection: Connection, table: str) -> dict[str, str | None]:
    """Return the comment of every column of a table in the database, None for a column without one."""
    return dict(connection.execute(COMMENTS, [f"public.{table}"]).fetchall())
