"""What changes mark dirty: days, and for those who want it the subjects of a day."""

import re

import pytest

from xpert_pipeline.assets.registry import SOURCES
from xpert_pipeline.postgres.migrations import migrate
from xpert_pipeline.postgres.sql_files import migrations_directory, transform
from xpert_pipeline.sources.derived import Derived
from xpert_pipeline_tests.postgres.derived_sales import EARLIER, derive_sales, load_lines
from xpert_pipeline_tests.postgres.rows import DAY

WATCHES = """
select tgrelid::regclass::text, (string_to_array(encode(tgargs, 'escape'), '\\000'))[2:]
from pg_trigger where tgname = 'mark_dirty_insert'
"""
UNMARKED = {"is_final", "source", "load_id", "created_at", "updated_at"}
"""Columns that mark no day if they alone are updated, in tables that have is_final."""


@pytest.fixture
def books(pool, seller, admin):
    """Sales of two SKUs on two days, and no key."""
    load_lines(
        pool,
        seller,
        *((f"{sku}{day}", {"day": day}, {"sku": sku}) for sku in ("A", "B") for day in (EARLIER, DAY)),
    )
    derive_sales(pool, seller, (EARLIER, DAY))
    admin.execute("delete from dirty_keys")
    return admin


def taken(admin, consumer="velocity_trends"):
    """Take the keys of a consumer."""
    statement = "delete from dirty_keys where consumer = %s returning business_date, subjects"
    return sorted(admin.execute(statement, [consumer]).fetchall(), key=lambda key: (key[0], str(key[1])))


def test_a_change_marks_the_subjects_of_a_day_or_the_day_each_as_wanted(books):
    books.execute("update sales_data set units_ordered = 9 where sku = 'A' or sale_date = %s", [DAY])
    assert taken(books) == [(EARLIER, ["A"]), (DAY, ["A", "B"])]
    assert taken(books, "sales_performance") == [(EARLIER, None), (DAY, None)]


def test_a_row_that_moves_to_another_subject_or_day_marks_both(books):
    books.execute("update sales_data set sku = 'C' where sku = 'A' and sale_date = %s", [DAY])
    assert taken(books) == [(DAY, ["A", "C"])]
    books.execute("update sales_data set sale_date = sale_date - 2 where sku = 'C'")
    assert taken(books) == [(DAY.replace(day=DAY.day - 2), ["C"]), (DAY, ["C"])]
    books.execute("delete from sales_data where sku = 'B'")
    assert taken(books) == [(EARLIER, ["B"]), (DAY, ["B"])]


@pytest.mark.parametrize(("rows", "is_whole"), [(500, False), (501, True)])
def test_a_day_with_many_changed_rows_is_marked_as_a_whole(books, rows, is_whole):
    copied = (
        "insert into sales_data (seller_id, marketplace_id, sale_date, sku, orders, order_items, units_ordered,"
        " units_b2b, units_without_price, units_cancelled, is_final, source, load_id)"
        " select s.seller_id, s.marketplace_id, s.sale_date, 'N' || n, 1, 1, 1, 0, 1, 0, false, 't', s.load_id"
        " from sales_data as s, generate_series(1, %s) as n where s.sku = 'A' and s.sale_date = %s"
    )
    books.execute(copied, [rows, DAY])
    ((day, subjects),) = taken(books)
    assert (day, subjects is None) == (DAY, is_whole)
    assert is_whole or len(subjects) == rows


def test_a_row_without_a_subject_marks_the_day_as_a_whole(books):
    books.execute("select xpert_watch_also('order_items', 'velocity_trends:sku')")
    books.execute("update order_items set quantity_ordered = 3")
    assert taken(books) == [(EARLIER, ["A", "B"]), (DAY, ["A", "B"])]
    books.execute("update order_items set sku = null where sku = 'A' and order_date = %s", [DAY])
    assert taken(books) == [(DAY, None)]


def test_a_day_that_only_becomes_final_marks_nothing(books):
    """Each day, all sales of one day of two weeks ago became final, and 15 days of velocity were computed for all SKUs."""
    books.execute("update sales_data set is_final = not is_final, updated_at = now(), load_id = gen_random_uuid()")
    books.execute(
        "update sales_data set is_final = not is_final, ops = ops + 1 where sku = 'B' and sale_date = %s", [DAY]
    )
    assert taken(books) == [(DAY, ["B"])]
    assert taken(books, "sales_performance") == [(DAY, None)]


def test_no_transform_reads_what_marks_nothing_in_its_inputs(admin):
    statement = "select table_name::text from information_schema.columns where column_name = 'is_final'"
    tables = {name for (name,) in admin.execute(statement).fetchall()}
    found = set()
    for source in SOURCES:
        text = re.sub("--.*", "", transform(source.step)) if isinstance(source, Derived) and source.table.day else ""
        for part in text.split("\n),\n"):
            for name, alias in re.findall(r"\b(?:from|join) (\w+) as (\w+)", part):
                if name in tables - {source.step}:
                    found.add((source.step, name))
                    read = set(re.findall(rf"\b{alias}\.(\w+)", part)) & UNMARKED
                    assert not read, f"{source.step} reads {read} of {name}, whose changes mark nothing"
    assert {("velocity_trends", "sales_data"), ("profit_margins", "advertising_spend")} <= found


def test_each_watch_names_the_subject_of_the_table_that_derives(admin):
    subjects = {source.step: source.subject for source in SOURCES if isinstance(source, Derived)}
    named = [(name, word) for name, words in admin.execute(WATCHES).fetchall() for word in words or () if ":" in word]
    assert {(name, word) for name, word in named} >= {("sales_data", "velocity_trends:sku")}
    for name, word in named:
        consumer, _, column = word.partition(":")
        assert subjects[consumer] == column, f"{name} marks {word}"


def test_a_database_whose_keys_are_whole_days_is_upgraded(books, admin_dsn):
    """Keys that were written before stay, and name whole days."""
    books.execute("alter table dirty_keys drop column subjects, drop constraint dirty_keys_consumer_check")
    books.execute((migrations_directory() / "0003_dirty_keys.sql").read_text())
    books.execute("select xpert_watch('sales_data', 'sale_date', 'velocity_trends', 'sales_performance')")
    books.execute("select xpert_watch('inventory_levels', 'snapshot_date', 'velocity_trends')")
    books.execute("update sales_data set units_ordered = 9 where sku = 'A' and sale_date = %s", [DAY])
    books.execute("delete from schema_migrations where name = '0067_dirty_subjects'")
    assert migrate(admin_dsn) == ["0067_dirty_subjects"]
    books.execute("update sales_data set units_ordered = 10 where sku = 'A' and sale_date = %s", [DAY])
    assert taken(books) == [(DAY, None), (DAY, ["A"])]
    assert taken(books, "sales_performance") == [(DAY, None), (DAY, None)]
    assert dict(books.execute(WATCHES).fetchall())["inventory_levels"][:1] == ["velocity_trends:sku"]
