"""sales_data: the figures of a day, in one marketplace and in several."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from xpert_pipeline.postgres.pool import tenant
from xpert_pipeline.postgres.sql_files import migrations_directory
from xpert_pipeline_tests.postgres.derived_sales import counts, derive_sales, ledger, load_lines, sales
from xpert_pipeline_tests.postgres.rows import DAY, IN, UK, item, order, orders_and_items, run_load


def test_sums_are_those_of_lines_that_were_sold(pool, seller):
    load_lines(
        pool,
        seller,
        ("1", {}, {"quantity_ordered": 2, "item_subtotal": Decimal("20.5")}),
        ("1", {}, {"quantity_ordered": 1, "item_subtotal": Decimal(10)}),
        ("2", {"is_business": True}, {"quantity_ordered": 3, "item_subtotal": Decimal(30)}),
        ("3", {}, {"quantity_ordered": 4, "item_subtotal": None, "currency": None}),
        ("4", {}, {"quantity_ordered": 5, "is_cancelled": True, "item_subtotal": Decimal(99)}),
        ("5", {"fulfillment_status": "CANCELLED"}, {"quantity_ordered": 6}),
        ("6", {"sales_channel": "NON_AMAZON"}, {"quantity_ordered": 7}),
    )
    assert counts(derive_sales(pool, seller)) == {"fetched": 1, "inserted": 1}
    columns = (
        "units_ordered, orders, order_items, ops, asp, units_b2b, ops_b2b, units_cancelled, units_shipped, currency, "
        "units_without_price"
    )
    assert sales(pool, seller, columns) == [
        (10, 3, 4, Decimal("60.5"), Decimal("10.0833"), 3, Decimal(30), 11, 4, "INR", 4)
    ]


def test_rows_from_before_the_column_get_their_units_without_a_price(pool, seller, admin):
    """The migration fills them, because no figure may claim 0 until the next run."""
    load_lines(
        pool,
        seller,
        ("1", {}, {"quantity_ordered": 2, "item_subtotal": Decimal(20)}),
        ("2", {}, {"quantity_ordered": 3, "item_subtotal": None, "currency": None}),
        ("3", {}, {"quantity_ordered": 4, "item_subtotal": None, "currency": None, "is_cancelled": True}),
        ("4", {"fulfillment_status": "CANCELLED"}, {"quantity_ordered": 5, "item_subtotal": None, "currency": None}),
        ("5", {"sales_channel": "NON_AMAZON"}, {"quantity_ordered": 6, "item_subtotal": None, "currency": None}),
        ("6", {}, {"quantity_ordered": 7, "item_subtotal": None, "currency": None, "sku": None}),
    )
    derive_sales(pool, seller)
    expected = [("(no SKU)", 7, 7), ("SKU/1 %", 5, 3)]
    shown = "sku, units_ordered, units_without_price"
    assert sorted(sales(pool, seller, shown)) == expected
    admin.execute("alter table sales_data alter column units_without_price drop not null")
    admin.execute("update sales_data set units_without_price = null")
    admin.execute((migrations_directory() / "0071_units_without_price.sql").read_text())
    assert sorted(sales(pool, seller, shown)) == expected


def test_a_day_of_cancelled_lines_only_has_its_row(pool, seller):
    load_lines(pool, seller, ("1", {}, {"is_cancelled": True, "quantity_ordered": 0}))
    derive_sales(pool, seller)
    assert sales(pool, seller, "units_ordered, orders, order_items, ops, asp, units_cancelled, currency") == [
        (0, 0, 0, None, None, 0, None)
    ]


def test_a_sku_sold_only_outside_amazon_has_no_row(pool, seller):
    load_lines(pool, seller, ("1", {"sales_channel": "NON_AMAZON"}, {}))
    derive_sales(pool, seller)
    assert sales(pool, seller) == []


def test_amounts_of_two_currencies_are_never_summed(pool, seller):
    load_lines(pool, seller, ("1", {}, {}), ("2", {}, {"currency": "USD"}))
    derive_sales(pool, seller)
    assert sales(pool, seller, "units_ordered, ops, ops_b2b, asp, currency") == [(2, None, None, None, None)]


def test_no_units_have_no_price(pool, seller):
    load_lines(pool, seller, ("1", {}, {"quantity_ordered": 0}))
    derive_sales(pool, seller)
    assert sales(pool, seller, "units_ordered, ops, asp") == [(0, Decimal(10), None)]


def test_of_two_asins_the_one_sold_last_is_taken_and_a_line_without_sku_is_not_lost(pool, seller):
    late = {"purchase_date": datetime(2026, 3, 10, 9, tzinfo=UTC)}
    load_lines(
        pool,
        seller,
        ("1", {}, {"asin": "B2"}),
        ("2", {}, {"asin": "B1"} | late),
        ("3", {}, {"asin": "B0"} | late),
        ("4", {}, {"sku": None, "asin": None}),
    )
    derive_sales(pool, seller)
    assert sales(pool, seller, "sku, asin, units_ordered") == [("(no SKU)", None, 1), ("SKU/1 %", "B1", 3)]


def test_rows_of_a_missing_order_are_not_sold(pool, seller):
    with tenant(pool, seller.id) as conn:
        conn.execute(
            "insert into order_items (seller_id, marketplace_id, order_id, order_item_id, sku, quantity_ordered,"
            " is_cancelled, purchase_date, order_date, last_updated_at, source, load_id)"
            " values (%s, %s, 'orphan', '1', 'S', 1, false, now(), %s, now(), 's', gen_random_uuid())",
            [seller.id, IN, date(2026, 3, 10)],
        )
    derive_sales(pool, seller)
    assert sales(pool, seller) == []


def in_uk(**more):
    return {"marketplace_id": UK, "currency": "GBP"} | more


def load_both(pool, seller, *lines, marketplace_ids=(IN, UK), version=0):
    """Load one order with one line each: (order id, fields of both)."""
    orders = [order(number, version=version, **fields) for number, fields in lines]
    items = [item(number, version=version, **fields) for number, fields in lines]
    return run_load(pool, seller, orders_and_items(orders, items), marketplace_ids=marketplace_ids)


@pytest.fixture
def european(sellers, seller):
    """The seller in two marketplaces."""
    return sellers.add(
        seller.amazon_seller_id,
        name=seller.name,
        region="eu",
        marketplace_ids=[IN, UK],
        timezone="Asia/Kolkata",
        is_sandbox=True,
    )


def test_two_marketplaces_with_two_currencies_have_a_row_and_a_ledger_row_each(pool, european):
    load_both(pool, european, ("1", {}), ("2", {}), ("3", in_uk(item_subtotal=Decimal(7))))
    assert counts(derive_sales(pool, european)) == {"fetched": 2, "inserted": 2}
    rows = sales(pool, european, "marketplace_id, units_ordered, ops, currency")
    assert sorted(rows) == sorted([(IN, 2, Decimal(20), "INR"), (UK, 1, Decimal(7), "GBP")])
    assert ledger(pool, european) == [(IN, [1, 1, 0, 0, 0]), (UK, [1, 1, 0, 0, 0])]


def test_a_marketplace_without_sales_has_a_ledger_row_too(pool, european):
    load_both(pool, european, ("1", {}))
    derive_sales(pool, european)
    assert ledger(pool, european) == [(IN, [1, 1, 0, 0, 0]), (UK, [0, 0, 0, 0, 0])]


def test_a_change_in_one_marketplace_leaves_the_others_rows_as_they_are(pool, european):
    load_both(pool, european, ("1", {}), ("2", in_uk()))
    derive_sales(pool, european)
    before = sales(pool, european, "xmin::text, sales_data::text", f"marketplace_id = '{IN}'")
    load_both(pool, european, ("2", in_uk(quantity_ordered=5)), version=1)
    assert counts(derive_sales(pool, european)) == {"fetched": 2, "updated": 1, "unchanged": 1}
    assert ledger(pool, european)[2:] == [(IN, [1, 0, 0, 1, 0]), (UK, [1, 0, 1, 0, 0])]
    assert sales(pool, european, "xmin::text, sales_data::text", f"marketplace_id = '{IN}'") == before


def test_a_removed_marketplace_keeps_its_rows_and_gets_a_ledger_row_only_when_they_change(pool, seller):
    load_both(pool, seller, ("1", {}), ("2", in_uk()))
    derive_sales(pool, seller)
    assert ledger(pool, seller) == [(IN, [1, 1, 0, 0, 0]), (UK, [1, 1, 0, 0, 0])]
    assert counts(derive_sales(pool, seller)) == {"fetched": 1, "unchanged": 1}
    assert ledger(pool, seller)[2:] == [(IN, [1, 0, 0, 1, 0])]
    load_both(pool, seller, ("2", in_uk(quantity_ordered=5)), marketplace_ids=[UK], version=1)
    derive_sales(pool, seller)
    assert ledger(pool, seller)[3:] == [(IN, [1, 0, 0, 1, 0]), (UK, [1, 0, 1, 0, 0])]
    assert len(sales(pool, seller)) == 2


def test_a_day_is_final_by_its_own_marketplaces_newest_order(pool, european):
    """A day of a store that sold nothing since was final because another store sold later."""
    old = DAY - timedelta(days=20)
    load_both(pool, european, ("1", {"day": old}), ("2", in_uk(day=old)), ("3", {}))
    derive_sales(pool, european, (old, DAY))
    assert sorted(sales(pool, european, "marketplace_id, sale_date, is_final")) == sorted(
        [(IN, old, True), (IN, DAY, False), (UK, old, False)]
    )
    load_both(pool, european, ("4", in_uk()))
    derive_sales(pool, european)
    assert sales(pool, european, "is_final", f"marketplace_id = '{UK}'") == [(True,), (False,)]
