"""The migrated database keeps what the row contracts promise, for every table of the registry."""

import re
from types import NoneType
from typing import Any, get_args

import psycopg
import pytest

from xpert_pipeline.postgres.column_comments import comments_in_migrations
from xpert_pipeline.postgres.pool import operator
from xpert_pipeline.postgres.problems import column_problems, guard_problems, key_problems, right_problems
from xpert_pipeline.assets.registry import TABLES

BY_NAME = {table.name: table for table in TABLES}
CHECKS = (column_problems, key_problems, right_problems, guard_problems)


def problems(pool, tables=TABLES):
    with operator(pool) as conn:
        return [problem for check in CHECKS for problem in check(conn, tables)]


def test_every_contract_has_its_columns_key_rights_and_guard(pool):
    assert problems(pool) == []


@pytest.mark.parametrize("table", TABLES, ids=BY_NAME)
def test_columns_are_those_of_the_contract_and_no_more(admin, table):
    found = admin.execute(
        "select column_name, is_nullable = 'YES' from information_schema.columns where table_name = %s", [table.name]
    ).fetchall()
    standard = {"id", "seller_id", "source", "load_id", "created_at", "updated_at"}
    assert {name for name, _ in found} == {*standard, *table.columns}
    needed = {name for name, nullable in found if not nullable} - standard
    optional = {name for name, hint in table.row.__annotations__.items() if hint is Any or NoneType in get_args(hint)}
    assert needed == set(table.columns) - optional, "NULL is for what may be unknown"


@pytest.mark.parametrize("table", TABLES, ids=BY_NAME)
def test_each_table_is_indexed_by_seller_and_newest_change(admin, table):
    indexes = admin.execute("select indexdef from pg_indexes where tablename = %s", [table.name]).fetchall()
    assert any(text.endswith("(seller_id, updated_at DESC)") for (text,) in indexes)


def test_everything_in_the_database_is_explained(admin):
    bare = admin.execute(
        "select c.relname, a.attname from pg_class as c join pg_attribute as a on a.attrelid = c.oid"
        " where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped"
        " and (col_description(c.oid, a.attnum) is null or obj_description(c.oid) is null)"
    ).fetchall()
    assert bare == []


@pytest.mark.parametrize("table", TABLES, ids=BY_NAME)
def test_the_comments_read_from_the_migrations_are_those_of_the_database(admin, table):
    found = admin.execute(
        "select a.attname, col_description(a.attrelid, a.attnum) from pg_attribute as a"
        " where a.attrelid = %s::regclass and a.attnum > 0 and not a.attisdropped",
        [table.name],
    ).fetchall()
    assert comments_in_migrations(table.name) == dict(found)


def test_every_row_of_a_seller_goes_with_the_seller(admin):
    loose = admin.execute(
        "select c.relname from pg_class as c join pg_attribute as a on a.attrelid = c.oid and a.attname = 'seller_id'"
        " where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and not exists ("
        " select from pg_constraint as f where f.conrelid = c.oid and f.contype = 'f' and f.confdeltype = 'c'"
        " and f.confrelid = 'sellers'::regclass)"
    ).fetchall()
    assert loose == []


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        ("drop table sales_data", "table sales_data is missing: run `xpert db migrate` .*0011_sales_data"),
        ("alter table orders drop column service_level", "table orders lacks service_level: run `xpert db migrate`"),
        ("alter table products drop constraint products_key", "no unique index on seller_id, marketplace_id, sku"),
        ("revoke delete on order_items from xpert_pipeline", "may not delete on order_items"),
        ("alter table orders no force row level security", "row level security of orders is off: .*0009_orders"),
        ("alter table orders owner to xpert_pipeline", "the role owns orders"),
    ],
)
def test_each_harm_to_the_database_is_told_with_what_to_do(admin, pool, harm, told):
    admin.execute(harm)
    [problem] = problems(pool)
    assert re.search(told, problem)


def test_a_role_that_row_level_security_does_not_hold_is_told(admin):
    with psycopg.connect(admin.info.dsn) as conn:
        assert "postgres bypasses row level security: connect as xpert_pipeline" in list(guard_problems(conn, ()))
