"""Loading a window: rows, sets, quarantine, ledger, all or nothing."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from xpert_pipeline.assets.orders.orders import ORDERS
from xpert_pipeline.postgres.errors import DataRefused, MigrationNeeded
from xpert_pipeline.postgres.quarantine import Reject
from xpert_pipeline_tests.postgres.rows import (
    DAY,
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


def test_a_first_load_inserts_and_an_equal_one_changes_nothing(pool, seller):
    parts = orders_and_items([order("1"), order("2")], [item("1"), item("2"), item("2", 2)])
    first = run_load(pool, seller, parts)
    assert counts(first, "orders") == {"fetched": 2, "inserted": 2}
    assert counts(first, "order_items") == {"fetched": 3, "inserted": 3}
    before = rows_of(pool, seller, "select id, xmin::text, updated_at from order_items order by id")
    again = run_load(pool, seller, parts)
    assert counts(again, "orders") == {"fetched": 2, "unchanged": 2}
    assert counts(again, "order_items") == {"fetched": 3, "unchanged": 3}
    assert rows_of(pool, seller, "select id, xmin::text, updated_at from order_items order by id") == before


def test_values_come_back_unchanged(pool, seller):
    title = "₹ کتاب 👩🏽‍🚀 \u200d\ttab \\N \\ \"quoted\" 'x'"
    breakdowns = {"a": [1, None, {"b": "\u0000é"}], "nan": float("nan")}
    run_load(
        pool,
        seller,
        orders_and_items(
            [order("00171", proceeds_breakdowns=breakdowns, programs=["A,B", 'q"uote', "{}"])],
            [item("00171", title=title, item_subtotal=Decimal("0.12345"))],
        ),
    )
    [(programs, kept)] = rows_of(pool, seller, "select programs, proceeds_breakdowns from orders")
    assert programs == ["A,B", 'q"uote', "{}"]
    assert kept == {"a": [1, None, {"b": "␀é"}], "nan": "nan"}
    assert rows_of(pool, seller, "select order_id, title, item_subtotal, cod_fee from order_items") == [
        ("00171", title, Decimal("0.1235"), None)
    ]


def test_counts_belong_to_the_rows_days_and_those_of_other_days_to_the_last_partition(pool, seller):
    days = [DAY - timedelta(days=1), DAY]
    stray = date(2026, 1, 5)
    run_load(
        pool,
        seller,
        [part(ORDERS, [order("1", day=days[0]), order("2"), order("3"), order("4", day=stray)])],
        partitions=days,
    )
    [(partitions, newest)] = rows_of(pool, seller, "select partitions, newest_day from loads")
    inserted = {day: numbers["inserted"] for day, numbers in partitions.items()}
    assert inserted == {"2026-03-09": 1, "2026-03-10": 3}
    assert newest == DAY


def test_snapshot_rows_belong_to_the_last_partition(pool, seller):
    run_load(pool, seller, products(product("A"), product("B")), partitions=[DAY - timedelta(days=3), DAY])
    [(partitions,)] = rows_of(pool, seller, "select partitions from loads")
    assert partitions["2026-03-10"]["inserted"] == 2
    assert partitions["2026-03-07"]["fetched"] == 0


def test_a_reject_is_kept_whole_and_once_and_counted_each_time(pool, seller):
    payload = {"orderId": "9", "title": "a\x00b\ud800", "amount": Decimal("1.10"), "nested": [float("inf")]}
    reject = Reject(payload, "purchase_date: missing", "9")
    for run in ("run-1", "run-2"):
        result = run_load(pool, seller, [part(ORDERS, [order("1")], rejects=[reject, reject], fetched=3)], run_id=run)
        assert result["orders"].rejected == 2
    assert rows_of(pool, seller, "select record, reason, record_key, times_seen, run_id from rejected_records") == [
        (
            {"orderId": "9", "title": "a␀b\N{REPLACEMENT CHARACTER}", "amount": "1.10", "nested": ["inf"]},
            "purchase_date: missing",
            "9",
            2,
            "run-2",
        )
    ]


def test_the_ledger_row_says_what_was_asked_and_what_came_of_it(pool, seller):
    result = run_load(
        pool,
        seller,
        orders_and_items([order("1")], [item("1")]),
        details={"reports": ["7"], "price": Decimal("1.5")},
    )
    entries = rows_of(
        pool,
        seller,
        "select table_name, source, window_kind, run_id, fetched, inserted, calls, waited_seconds, details, load_id"
        " from loads order by table_name desc",
    )
    details = {"reports": ["7"], "price": "1.5"}
    load_id = entries[0][-1]
    assert entries == [
        ("orders", "searchOrders", "created", "run-1", 1, 1, 3, 1.5, details, load_id),
        ("order_items", "searchOrders", "created", "run-1", 1, 1, 0, 0.0, details, load_id),
    ]
    assert result["orders"].inserted == 1
    assert rows_of(pool, seller, "select distinct load_id, source from orders") == [(load_id, "searchOrders")]


def test_calls_and_waits_are_on_the_row_of_the_first_table_by_operation(pool, seller):
    run_load(pool, seller, orders_and_items([order("1")], [item("1")]))
    waits = dict(rows_of(pool, seller, "select table_name, waits from loads"))
    assert waits == {
        "orders": {
            "searchOrders": {"calls": 2, "waited_seconds": 1.25},
            "getOrderMetrics": {"calls": 1, "waited_seconds": 0.25},
        },
        "order_items": {},
    }


def test_an_empty_window_is_a_load_too(pool, seller):
    result = run_load(pool, seller, orders_and_items([], []))
    assert counts(result, "orders") == {}
    assert rows_of(pool, seller, "select count(*) from loads") == [(2,)]


def test_a_value_that_does_not_fit_is_refused_without_showing_it(pool, seller):
    secret = "Jane Buyer, 12 Secret St"
    bad = orders_and_items([order("1", order_date=secret)], [])
    with pytest.raises(DataRefused, match="22007") as caught:
        run_load(pool, seller, bad)
    assert secret not in str(caught.value)
    assert caught.value.__suppress_context__
    assert rows_of(pool, seller, "select count(*) from orders") == [(0,)]


@pytest.mark.parametrize(
    ("bad", "state"),
    [
        ({"units_ordered": 2**40}, "22003"),
        ({"order_total": Decimal("1e20")}, "22003"),
        ({"fulfillment_status": None}, "23502"),
        ({"currency": "RUPEES"}, "23514"),
        ({"service_level": "a\x00b"}, "22021"),
    ],
)
def test_a_bad_row_keeps_the_whole_window_out(pool, seller, bad, state):
    with pytest.raises(DataRefused, match=state):
        run_load(
            pool,
            seller,
            orders_and_items([order("1", service_level="x"), order("2", service_level="y") | bad], [item("1")]),
        )
    assert rows_of(pool, seller, "select (select count(*) from orders), (select count(*) from loads)") == [(0, 0)]


def test_a_dropped_table_is_reported_with_its_migration(pool, seller, admin):
    admin.execute("drop table order_items cascade")
    with pytest.raises(MigrationNeeded, match=r"table order_items is missing: migration 0010_order_items"):
        run_load(pool, seller, orders_and_items([order("1")], [item("1")]))
    assert rows_of(pool, seller, "select count(*) from orders") == [(0,)]
    run_load(pool, seller, products(product("A")))


def test_a_dropped_column_is_reported_with_its_migration(pool, seller, admin):
    admin.execute("alter table orders drop column is_prime")
    rows = [order("1", is_prime=True)]
    with pytest.raises(MigrationNeeded, match=r"column is_prime is missing.*xpert db migrate"):
        run_load(pool, seller, [part(ORDERS, rows)])
