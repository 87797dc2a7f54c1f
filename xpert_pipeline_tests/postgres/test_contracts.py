"""The migrated database keeps what the row contracts promise, for every table of the registry."""

import re

import psycopg
import pytest

from xpert_pipeline.assets.registry import TABLES
from xpert_pipeline.postgres.column_comments import column_comments
from xpert_pipeline.postgres.pool import operator
from xpert_pipeline.postgres.problems import column_problems, guard_problems, key_problems, right_problems
from xpert_pipeline.tables.columns import columns_of

BY_NAME = {table.name: table for table in TABLES}
CHECKS = (column_problems, key_problems, right_problems, guard_problems)
STANDARD_COLUMNS = {"id", "seller_id", "source", "load_id", "created_at", "updated_at"}
COLUMNS = """
select attname, format_type(atttypid, atttypmod), not attnotnull from pg_attribute
where attrelid = %s::regclass and attnum > 0 and not attisdropped
"""


def problems(pool, tables=TABLES):
    with operator(pool) as conn:
        return [problem for check in CHECKS for problem in check(conn, tables)]


def test_every_contract_has_its_columns_key_rights_and_guard(pool):
    assert problems(pool) == []


@pytest.mark.parametrize("table", TABLES, ids=BY_NAME)
def test_columns_types_and_nulls_are_those_of_the_contract_and_no_more(admin, table):
    rows = admin.execute(COLUMNS, [table.name]).fetchall()
    columns = {name: (kind, nullable) for name, kind, nullable in rows}
    assert set(columns) >= STANDARD_COLUMNS
    own = {name: column for name, column in columns.items() if name not in STANDARD_COLUMNS}
    contract = {column.name: (column.sql_type, column.is_nullable) for column in columns_of(table.row)}
    assert own == contract, "NULL is for what may be unknown"


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


@pytest.mark.parametrize("table", TABLES, ids=BY_NAME)
def test_the_comment_of_each_column_is_the_contracts_own_text(admin, table):
    comments = column_comments(admin, table.name)
    assert {column.name: comments[column.name] for column in columns_of(table.row)} == {
        column.name: column.comment for column in columns_of(table.row)
    }


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
        ("drop table sales_data cascade", "table sales_data is missing: run `xpert db migrate` .*0011_sales_data"),
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
