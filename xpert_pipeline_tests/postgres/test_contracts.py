"""The migrated database keeps what the row contracts promise, for every table of the registry."""

import re
from datetime import date, datetime
from decimal import Decimal
from types import NoneType
from typing import Annotated, Any, get_args, get_type_hints

import psycopg
import pytest
from typing_extensions import TypedDict

from xpert_pipeline.postgres.column_comments import column_comments, comments_in_migrations
from xpert_pipeline.postgres.pool import operator
from xpert_pipeline.postgres.problems import column_problems, guard_problems, key_problems, right_problems
from xpert_pipeline.tables.contract import Table
from xpert_pipeline.tables.fields import Id, Quantity
from xpert_pipeline.tables.registry import TABLES

BY_NAME = {table.name: table for table in TABLES}
CHECKS = (column_problems, key_problems, right_problems, guard_problems)
STANDARD_COLUMNS = {"id", "seller_id", "source", "load_id", "created_at", "updated_at"}
SQL_TYPES = {
    str: "text",
    int: "integer",
    bool: "boolean",
    Decimal: "numeric",
    date: "date",
    datetime: "timestamp with time zone",
    list[str]: "text[]",
    Any: "jsonb",
}
COLUMNS = """
select attname, format_type(atttypid, null), not attnotnull from pg_attribute
where attrelid = %s::regclass and attnum > 0 and not attisdropped
"""


def problems(pool, tables=TABLES):
    with operator(pool) as conn:
        return [problem for check in CHECKS for problem in check(conn, tables)]


def test_every_contract_has_its_columns_key_rights_and_guard(pool):
    assert problems(pool) == []


def contract_columns(table):
    """The SQL type of each column, and whether it may be NULL."""
    columns = {}
    for name, hint in get_type_hints(table.row).items():
        types = [kind for kind in get_args(hint) if kind is not NoneType] if NoneType in get_args(hint) else [hint]
        columns[name] = (SQL_TYPES[types[0]], hint is Any or NoneType in get_args(hint))
    return columns


@pytest.mark.parametrize("table", TABLES, ids=BY_NAME)
def test_columns_types_and_nulls_are_those_of_the_contract_and_no_more(admin, table):
    rows = admin.execute(COLUMNS, [table.name]).fetchall()
    columns = {name: (kind, nullable) for name, kind, nullable in rows}
    assert set(columns) >= STANDARD_COLUMNS
    own = {name: column for name, column in columns.items() if name not in STANDARD_COLUMNS}
    assert own == contract_columns(table), "NULL is for what may be unknown"


@pytest.mark.parametrize("table", TABLES, ids=BY_NAME)
def test_the_key_of_each_contract_is_not_null_and_unique(admin, table):
    keys = admin.execute(
        "select array_agg(a.attname::text order by a.attname), bool_and(a.attnotnull)"
        " from pg_constraint as c cross join unnest(c.conkey) as k (number)"
        " join pg_attribute as a on a.attrelid = c.conrelid and a.attnum = k.number"
        " where c.conrelid = %s::regclass and c.contype = 'u' group by c.oid",
        [table.name],
    ).fetchall()
    assert keys == [(sorted(["seller_id", *table.key]), True)]


def comment_problems(conn, table):
    """Sentences about columns whose meaning in the contract and comment in the database are not the same text."""
    comments = column_comments(conn, table.name)
    for column, meaning in table.meanings.items():
        place, comment = f"{table.name}.{column}", comments.get(column)
        if not meaning:
            yield f"{place} has no meaning in the contract; the database says: {comment}"
        elif meaning != comment:
            yield f"{place} means {meaning!r} in the contract and {comment!r} in the database"


def test_the_contract_and_the_database_describe_each_column_in_the_same_words(admin):
    described = [table for table in TABLES if any(table.meanings.values())]
    assert [problem for table in described for problem in comment_problems(admin, table)] == []


def test_each_difference_of_descriptions_is_reported_with_table_and_column(admin):
    class Row(TypedDict):
        marketplace_id: Annotated[Id, "Amazon's id of the marketplace."]
        sku: Annotated[Id, object(), "Something else.", "A second text."]
        quantity: Quantity | None
        invented: Annotated[Quantity | None, "A column that the database lacks."]

    assert list(comment_problems(admin, Table("products", Row, key=("marketplace_id", "sku"), day=None))) == [
        "products.sku means 'Something else.' in the contract and 'Seller SKU.' in the database",
        f"products.quantity has no meaning in the contract; the database says: {column_comments(admin, 'products')['quantity']}",
        "products.invented means 'A column that the database lacks.' in the contract and None in the database",
    ]


@pytest.mark.parametrize("table", TABLES, ids=BY_NAME)
def test_each_table_is_indexed_by_seller_and_newest_change(admin, table):
    indexes = admin.execute("select indexdef from pg_indexes where tablename = %s", [table.name]).fetchall()
    assert any(text.endswith("(seller_id, updated_at DESC)") for (text,) in indexes)


def test_every_table_and_column_in_the_database_has_a_comment(admin):
    bare = admin.execute(
        "select c.relname, a.attname from pg_class as c join pg_attribute as a on a.attrelid = c.oid"
        " where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped"
        " and (col_description(c.oid, a.attnum) is null or obj_description(c.oid) is null)"
    ).fetchall()
    assert bare == []


@pytest.mark.parametrize("table", TABLES, ids=BY_NAME)
def test_the_comments_read_from_the_migrations_are_those_of_the_database(admin, table):
    assert comments_in_migrations(table.name) == column_comments(admin, table.name)


def test_every_row_of_a_seller_goes_with_the_seller(admin):
    loose = admin.execute(
        "select c.relname from pg_class as c join pg_attribute as a on a.attrelid = c.oid and a.attname = 'seller_id'"
        " where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and not exists ("
        " select from pg_constraint as f where f.conrelid = c.oid and f.contype = 'f' and f.confdeltype = 'c'"
        " and f.confrelid = 'sellers'::regclass)"
    ).fetchall()
    assert loose == []


@pytest.mark.parametrize(
    ("harm", "report"),
    [
        ("drop table sales_data", "table sales_data is missing: run `xpert db migrate` .*0011_sales_data"),
        ("alter table orders drop column service_level", "table orders lacks service_level: run `xpert db migrate`"),
        ("alter table products drop constraint products_key", "no unique index on seller_id, marketplace_id, sku"),
        ("revoke delete on order_items from xpert_pipeline", "may not delete on order_items"),
        ("alter table orders no force row level security", "row level security of orders is off: .*0009_orders"),
        ("alter table orders owner to xpert_pipeline", "the role owns orders"),
    ],
)
def test_each_harm_to_the_database_is_reported_with_what_to_do(admin, pool, harm, report):
    admin.execute(harm)
    [problem] = problems(pool)
    assert re.search(report, problem)


def test_a_role_that_bypasses_row_level_security_is_reported(admin):
    with psycopg.connect(admin.info.dsn) as conn:
        assert "postgres bypasses row level security: connect as xpert_pipeline" in list(guard_problems(conn, ()))
