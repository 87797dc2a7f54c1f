"""Finds, for `xpert doctor`, what would make loads fail or bypass row level security.

Each function checks one thing as the connected role and yields a sentence per problem, with what to do.
"""

from collections.abc import Iterator, Sequence

from psycopg import Connection

from xpert_pipeline.postgres.sql_files import migration_of
from xpert_pipeline.tables.contract import Table

STANDARD_COLUMNS = ("id", "seller_id", "source", "load_id", "created_at", "updated_at")
RIGHTS = ("select", "insert", "update", "delete")


def column_problems(conn: Connection, tables: Sequence[Table]) -> Iterator[str]:
    """Report columns that are in a contract but not in the database; a table without any column is missing."""
    for table in tables:
        rows = conn.execute(
            "select attname from pg_attribute where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped",
            [f"public.{table.name}"],
        ).fetchall()
        columns = {name for (name,) in rows}
        migration = f"run `xpert db migrate` (sql/migrations/{migration_of(table.name)}.sql creates it)"
        if not columns:
            yield f"table {table.name} is missing: {migration}"
        elif missing := [name for name in (*STANDARD_COLUMNS, *table.columns) if name not in columns]:
            yield f"table {table.name} lacks {', '.join(missing)}: {migration}"


def key_problems(conn: Connection, tables: Sequence[Table]) -> Iterator[str]:
    """Report tables without the unique index that their contract's key needs: seller_id first, then the key."""
    for table in tables:
        row = conn.execute(
            """
            select to_regclass(%s) is null or exists (
              select from pg_index as i
              where i.indrelid = to_regclass(%s) and i.indisunique and i.indpred is null and i.indisvalid
                and (select array_agg(a.attname::text order by k.place)
                     from unnest(i.indkey) with ordinality as k (number, place)
                     join pg_attribute as a on a.attrelid = i.indrelid and a.attnum = k.number) = %s)
            """,
            [f"public.{table.name}", f"public.{table.name}", ["seller_id", *table.key]],
        ).fetchone()
        if row is None or not row[0]:
            key = ", ".join(table.key)
            yield f"table {table.name} has no unique index on seller_id, {key}: restore it from its migration"


def right_problems(conn: Connection, tables: Sequence[Table]) -> Iterator[str]:
    """Report rights that a load needs but the role lacks."""
    for table in tables:
        rows = conn.execute(
            "select needed from unnest(%s::text[]) as needed where not coalesce("
            "has_table_privilege(to_regclass(%s), needed), true)",
            [list(RIGHTS), f"public.{table.name}"],
        ).fetchall()
        if rows:
            lacking = ", ".join(right for (right,) in rows)
            yield f"the role may not {lacking} on {table.name}: connect as xpert_pipeline"
    row = conn.execute("select has_database_privilege(current_database(), 'temp')").fetchone()
    if row is None or not row[0]:
        yield "the role may not create temporary tables: `grant temporary on database ... to xpert_pipeline`"


def guard_problems(conn: Connection, tables: Sequence[Table]) -> Iterator[str]:
    """Report tables where row level security would not hide other sellers' rows from this role."""
    row = conn.execute(
        "select current_user, rolsuper, rolbypassrls from pg_roles where rolname = current_user"
    ).fetchone()
    if row is not None and (row[1] or row[2]):
        yield f"{row[0]} bypasses row level security: connect as xpert_pipeline"
    for table in tables:
        row = conn.execute(
            "select relrowsecurity and relforcerowsecurity, pg_has_role(relowner, 'usage') from pg_class"
            " where oid = to_regclass(%s)",
            [f"public.{table.name}"],
        ).fetchone()
        if row is not None and not row[0]:
            yield f"row level security of {table.name} is off: run sql/migrations/{migration_of(table.name)}.sql again"
        elif row is not None and row[1]:
            yield f"the role owns {table.name}, so it could switch row level security off: connect as xpert_pipeline"
