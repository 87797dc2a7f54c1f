"""The items of an order are replaced as a whole, and never by an older state."""

from decimal import Decimal

from xpert_pipeline_tests.postgres.rows import counts, item, order, orders_and_items, rows_of, run_load


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
