"""The newest state of a row wins, and a record without news changes nothing."""

from dataclasses import replace
from decimal import Decimal

from xpert_pipeline.assets.orders.orders import ORDERS
from xpert_pipeline_tests.postgres.rows import (
    counts,
    item,
    order,
    orders_and_items,
    part,
    product,
    products,
    rows_of,
    run_load,
)


def test_a_changed_row_is_updated_and_keeps_its_identity(pool, seller):
    run_load(pool, seller, orders_and_items([order("1")], [item("1")]))
    [before] = rows_of(pool, seller, "select id, created_at from orders")
    result = run_load(
        pool, seller, orders_and_items([order("1", version=1, fulfillment_status="CANCELLED")], [item("1", version=1)])
    )
    assert counts(result, "orders") == {"fetched": 1, "updated": 1}
    [(*after, status, moved)] = rows_of(
        pool, seller, "select id, created_at, fulfillment_status, updated_at > created_at from orders"
    )
    assert (tuple(after), status, moved) == (before, "CANCELLED", True)


def test_an_older_state_never_overwrites_a_newer_one(pool, seller):
    newer = orders_and_items([order("1", version=5, fulfillment_status="SHIPPED")], [item("1", version=5)])
    older = orders_and_items(
        [order("1", version=2, fulfillment_status="PENDING")],
        [item("1", version=2, title="old"), item("1", 2, version=2)],
    )
    run_load(pool, seller, newer)
    result = run_load(pool, seller, older)
    assert counts(result, "orders") == {"fetched": 1, "unchanged": 1}
    assert counts(result, "order_items") == {"fetched": 2, "unchanged": 2}
    assert rows_of(pool, seller, "select fulfillment_status from orders") == [("SHIPPED",)]
    assert rows_of(pool, seller, "select order_item_id, title from order_items") == [("1-1", "Ein Buch 📚")]


def test_a_record_repeated_in_the_window_counts_once_and_its_newest_state_wins(pool, seller):
    result = run_load(
        pool,
        seller,
        orders_and_items(
            [order("1", version=2, units_ordered=7), order("1", version=1), order("2"), order("2", units_ordered=9)],
            [item("1", version=2), item("1", version=1), item("1", 2, version=1), item("2"), item("2", title="last")],
        ),
    )
    assert counts(result, "orders") == {"fetched": 4, "inserted": 2, "unchanged": 2}
    assert counts(result, "order_items") == {"fetched": 5, "inserted": 2, "unchanged": 3}
    assert rows_of(pool, seller, "select order_id, units_ordered from orders order by 1") == [("1", 7), ("2", 9)]
    assert rows_of(pool, seller, "select order_item_id, title from order_items order by 1") == [
        ("1-1", "Ein Buch 📚"),
        ("2-1", "last"),
    ]


def test_columns_that_a_source_does_not_carry_stay_as_they_are(pool, seller):
    run_load(pool, seller, products(product("A", brand="Penguin", issues=[{"code": "1"}])))
    result = run_load(pool, seller, products(product("A", price=Decimal(5)), product("B")))
    assert counts(result, "products") == {"fetched": 2, "inserted": 1, "updated": 1}
    assert rows_of(pool, seller, "select sku, brand, price, issues from products order by 1") == [
        ("A", "Penguin", Decimal(5), [{"code": "1"}]),
        ("B", None, Decimal("99.5"), None),
    ]


def test_an_inferred_value_fills_a_gap_but_never_replaces_what_is_known_of_the_same_state(pool, seller):
    """A total that follows from the lines is not Amazon's own. It must not overwrite the total that pages gave for the same
    state of an order, and an unknown one must not erase it; a newer state replaces both."""

    def totals():
        return rows_of(pool, seller, "select order_id, order_total, source from orders order by 1")

    def by_report(*orders):
        parts = [part(ORDERS, orders, inferred=("order_total", "currency"))]
        return counts(run_load(pool, seller, parts, source="the report"), "orders")

    run_load(pool, seller, [part(ORDERS, [order("1"), order("2", order_total=None, currency=None), order("3")])])
    known = by_report(order("1", order_total=Decimal(9)), order("2"), order("3", order_total=None, currency=None))
    assert known == {"fetched": 3, "updated": 1, "unchanged": 2}
    assert totals() == [("1", 10, "searchOrders"), ("2", 10, "the report"), ("3", 10, "searchOrders")]
    newer = by_report(order("1", version=1, order_total=Decimal(9)), order("3", version=1, order_total=None))
    assert newer == {"fetched": 2, "updated": 2}
    assert totals() == [("1", 9, "the report"), ("2", 10, "the report"), ("3", None, "the report")]


def test_a_null_in_a_sparse_column_leaves_what_is_known_and_is_no_change(pool, seller):
    """A report that knows the brand of some rows alone overwrote the others with NULL."""
    run_load(pool, seller, products(product("A", brand="Penguin"), product("B", brand="Puffin")))
    arrived = [product("A", brand=None), product("B", brand="Pelican"), product("C", brand=None)]
    (load,) = products(*arrived)
    result = run_load(pool, seller, [replace(load, sparse=frozenset({"brand"}))])
    assert counts(result, "products") == {"fetched": 3, "inserted": 1, "updated": 1, "unchanged": 1}
    brands = rows_of(pool, seller, "select sku, brand from products order by 1")
    assert brands == [("A", "Penguin"), ("B", "Pelican"), ("C", None)]
    assert counts(run_load(pool, seller, products(*arrived)), "products")["updated"] == 1, "a full column takes NULL"
