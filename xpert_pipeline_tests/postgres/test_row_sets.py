"""Sets of rows are replaced when they were read whole, and never by an older state; nothing else deletes a row."""

from dataclasses import replace
from decimal import Decimal

import pytest

from xpert_pipeline.assets.orders.order_items import ORDER_ITEMS
from xpert_pipeline.assets.orders.orders import ORDERS
from xpert_pipeline.postgres.ledger import LoadWindow
from xpert_pipeline_tests.postgres.rows import (
    IN,
    T0,
    UK,
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


def skus(pool, seller):
    return [sku for (sku,) in rows_of(pool, seller, "select sku from products order by 1")]


def test_an_item_that_left_the_order_is_deleted(pool, seller):
    run_load(pool, seller, orders_and_items([order("1"), order("2")], [item("1"), item("1", 2), item("2")]))
    result = run_load(pool, seller, orders_and_items([order("1", version=1)], [item("1", version=1)]))
    assert counts(result, "order_items") == {"fetched": 1, "updated": 1, "deleted": 1}
    assert rows_of(pool, seller, "select order_item_id from order_items order by 1") == [("1-1",), ("2-1",)]


def test_an_order_that_lost_all_its_items_keeps_none_and_an_older_state_brings_none_back(pool, seller):
    old = orders_and_items([order("1")], [item("1")])
    run_load(pool, seller, old)
    emptied = orders_and_items([order("1", version=1)], [])
    assert counts(run_load(pool, seller, emptied), "order_items") == {"deleted": 1}
    assert counts(run_load(pool, seller, old), "order_items") == {"fetched": 1, "unchanged": 1}
    assert rows_of(pool, seller, "select count(*) from order_items") == [(0,)]


def test_equal_lines_of_an_order_stay_two(pool, seller):
    run_load(pool, seller, orders_and_items([order("1")], [item("1"), item("1", 2)]))
    assert rows_of(pool, seller, "select count(*), sum(item_subtotal) from order_items") == [(2, Decimal(20))]


def test_a_listing_missing_from_a_whole_snapshot_is_deleted_and_counted(pool, seller):
    """The table has no `replaced_by`: its sets are the marketplaces."""
    run_load(pool, seller, products(product("A"), product("B"), product("C")))
    whole = products(product("A"), product("B"), whole_sets=[(IN,)])
    result = run_load(pool, seller, whole, window=LoadWindow("snapshot", T0, T0))
    assert counts(result, "products") == {"fetched": 2, "unchanged": 2, "deleted": 1}
    assert skus(pool, seller) == ["A", "B"]


def test_a_snapshot_that_was_not_read_whole_changes_rows_and_deletes_none(pool, seller):
    """Reading an incomplete snapshot as a whole one would delete the listings on the pages that did not arrive."""
    run_load(pool, seller, products(product("A"), product("B"), product("C")))
    result = run_load(pool, seller, products(product("A", price=Decimal(5)), product("D")))
    assert counts(result, "products") == {"fetched": 2, "inserted": 1, "updated": 1}
    assert skus(pool, seller) == ["A", "B", "C", "D"]


def test_a_whole_snapshot_without_rows_empties_its_marketplace_only(pool, seller):
    british = product("A", marketplace_id=UK)
    run_load(pool, seller, products(product("A"), british), marketplace_ids=[IN, UK])
    result = run_load(pool, seller, products(whole_sets=[(IN,)]), marketplace_ids=[IN, UK])
    assert counts(result, "products") == {"deleted": 1}
    assert rows_of(pool, seller, "select marketplace_id, sku from products") == [(UK, "A")]


def test_a_listing_that_arrived_and_was_rejected_is_not_missing(pool, seller):
    run_load(pool, seller, products(product("A"), product("B")))
    whole = products(product("A"), whole_sets=[(IN,)], kept=[(IN, "B"), (IN, "never seen")])
    assert counts(run_load(pool, seller, whole), "products") == {"fetched": 1, "unchanged": 1}
    assert skus(pool, seller) == ["A", "B"]


def test_lines_may_be_named_whole_by_their_orders_keys(pool, seller):
    run_load(
        pool, seller, orders_and_items([order("1"), order("2")], [item("1"), item("1", 2), item("2"), item("2", 2)])
    )
    named = part(ORDER_ITEMS, [item("1"), item("2")], whole_sets=[(IN, "1", T0)])
    assert counts(run_load(pool, seller, [named]), "order_items") == {"fetched": 2, "unchanged": 2, "deleted": 1}
    rows = rows_of(pool, seller, "select order_item_id from order_items order by 1")
    assert rows == [("1-1",), ("2-1",), ("2-2",)]


def test_sets_that_are_rows_of_a_table_that_is_not_loaded_are_refused(pool, seller):
    _, items = orders_and_items([order("1")], [item("1")])
    with pytest.raises(ValueError, match="order_items: its sets are rows of orders, which is not loaded"):
        run_load(pool, seller, [replace(items, whole_sets=ORDERS)])
