"""sales_data: which rows are computed, recomputed, left alone and deleted, in one marketplace and in several."""

from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from xpert_pipeline.assets.sales.sales_data import SALES_DATA
from xpert_pipeline.postgres.derive import derive
from xpert_pipeline.postgres.lease import LeaseLost, hold
from xpert_pipeline.postgres.pool import operator, tenant
from xpert_pipeline.postgres.sql_files import transform
from xpert_pipeline_tests.postgres.rows import DAY, IN, UK, item, order, orders_and_items, run_load

EARLIER = DAY - timedelta(days=1)


def derive_sales(pool, seller, days=(DAY,), *, lease=None, **more):
    arguments = {
        "seller_id": seller.id,
        "table": SALES_DATA,
        "statement": transform("sales_data"),
        "run_id": "run-2",
        "requested_days": days,
        "started_at": datetime(2026, 3, 11, tzinfo=UTC),
        **more,
    }
    if lease is not None:
        return derive(pool, lease=lease, **arguments)
    with hold(pool, seller.id, "sales_data") as own:
        return derive(pool, lease=own, **arguments)


def counts(result):
    return {name: number for name, number in asdict(result).items() if number}


def sales(pool, seller, columns="units_ordered, orders, order_items, ops", where="true"):
    with tenant(pool, seller.id) as conn:
        return conn.execute(f"select {columns} from sales_data where {where} order by sale_date, sku").fetchall()


def load_lines(pool, seller, *lines, version=0):
    """Load lines, each an order id, fields of the order and fields of the item."""
    orders = {number: order(number, version=version, **of_order) for number, of_order, _ in lines}
    places = {}
    items = []
    for number, of_order, of_item in lines:
        places[number] = places.get(number, 0) + 1
        days = {"day": of_order["day"]} if "day" in of_order else {}
        items.append(item(number, places[number], version=version, **days, **of_item))
    return run_load(pool, seller, orders_and_items(list(orders.values()), items))


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
        "units_ordered, orders, order_items, ops, asp, units_b2b, ops_b2b, units_cancelled, units_shipped, currency"
    )
    assert sales(pool, seller, columns) == [(10, 3, 4, Decimal("60.5"), Decimal("6.05"), 3, Decimal(30), 11, 4, "INR")]


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


def test_a_second_run_changes_nothing(pool, seller):
    load_lines(pool, seller, ("1", {}, {}), ("2", {"day": EARLIER}, {"item_subtotal": Decimal("0.333333")}))
    derive_sales(pool, seller, (EARLIER, DAY))
    before = sales(pool, seller, "id, updated_at, xmin::text")
    assert counts(derive_sales(pool, seller, (EARLIER, DAY))) == {"fetched": 2, "unchanged": 2}
    assert sales(pool, seller, "id, updated_at, xmin::text") == before


def test_days_that_changed_are_recomputed_without_being_requested(pool, seller):
    load_lines(pool, seller, ("1", {"day": EARLIER}, {}))
    derive_sales(pool, seller, (EARLIER,))
    load_lines(pool, seller, ("1", {"day": EARLIER}, {"quantity_ordered": 5}), version=1)
    assert counts(derive_sales(pool, seller, (DAY,))) == {"fetched": 1, "updated": 1}
    assert sales(pool, seller, "units_ordered") == [(5,)]
    with operator(pool) as conn:
        assert conn.execute("select count(*) from dirty_keys where consumer = 'sales_data'").fetchone() == (0,)


def test_an_order_that_moves_to_another_day_leaves_the_first(pool, seller):
    load_lines(pool, seller, ("1", {"day": EARLIER}, {}))
    derive_sales(pool, seller, (EARLIER, DAY))
    load_lines(pool, seller, ("1", {"day": DAY}, {}), version=1)
    assert counts(derive_sales(pool, seller)) == {"fetched": 1, "inserted": 1, "deleted": 1}
    assert sales(pool, seller, "sale_date") == [(DAY,)]


def test_a_status_that_changes_in_orders_alone_reaches_the_sales(pool, seller):
    load_lines(pool, seller, ("1", {}, {}))
    derive_sales(pool, seller)
    with tenant(pool, seller.id) as conn:
        conn.execute("update orders set fulfillment_status = 'CANCELLED'")
    assert counts(derive_sales(pool, seller, (EARLIER,))) == {"fetched": 1, "updated": 1}
    assert sales(pool, seller, "units_ordered, units_cancelled") == [(0, 1)]


def test_days_become_final_when_newer_orders_arrive_and_no_other_day_is_rewritten(pool, seller):
    old, recent = DAY - timedelta(days=14), DAY - timedelta(days=13)
    load_lines(pool, seller, ("1", {"day": old}, {}), ("2", {"day": recent}, {}))
    derive_sales(pool, seller, (old, recent))
    assert sales(pool, seller, "is_final") == [(False,), (False,)]
    load_lines(pool, seller, ("3", {"day": DAY}, {}))
    assert counts(derive_sales(pool, seller, (DAY,))) == {"fetched": 2, "inserted": 1, "updated": 1}
    assert sales(pool, seller, "sale_date, is_final") == [(old, True), (recent, False), (DAY, False)]


def test_columns_of_other_sources_stay_as_they_are(pool, seller, admin):
    admin.execute("alter table sales_data add column sessions integer")
    try:
        load_lines(pool, seller, ("1", {}, {}))
        derive_sales(pool, seller)
        with tenant(pool, seller.id) as conn:
            conn.execute("update sales_data set sessions = 9")
        load_lines(pool, seller, ("1", {}, {"quantity_ordered": 2}), version=1)
        derive_sales(pool, seller)
        assert sales(pool, seller, "units_ordered, sessions") == [(2, 9)]
    finally:
        admin.execute("alter table sales_data drop column sessions")


def test_another_sellers_orders_and_dirty_days_are_untouched(pool, seller, other_seller):
    for who in (seller, other_seller):
        load_lines(pool, who, ("1", {}, {}))
    derive_sales(pool, seller)
    assert sales(pool, other_seller) == []
    with operator(pool) as conn:
        assert conn.execute("select distinct seller_id from dirty_keys where consumer = 'sales_data'").fetchall() == [
            (other_seller.id,)
        ]


def test_the_ledger_spans_all_recomputed_days_and_counts_other_days_for_the_last_requested_one(pool, seller):
    load_lines(pool, seller, ("1", {"day": EARLIER}, {}), ("2", {}, {}))
    derive_sales(pool, seller, (DAY, DAY + timedelta(days=1)))
    with tenant(pool, seller.id) as conn:
        [(kind, start, end, partitions, newest)] = conn.execute(
            "select window_kind, window_start, window_end, partitions, newest_day from loads"
            " where table_name = 'sales_data'"
        ).fetchall()
    assert (kind, newest) == ("derived", DAY)
    assert (start.date(), end.date()) == (EARLIER, DAY + timedelta(days=2))
    assert {day: numbers["inserted"] for day, numbers in partitions.items()} == {"2026-03-10": 1, "2026-03-11": 1}


def test_a_writer_that_lost_the_lease_leaves_the_days_dirty(pool, seller, admin):
    load_lines(pool, seller, ("1", {}, {}))
    with hold(pool, seller.id, "sales_data") as lost:
        admin.execute("update seller_leases set expires_at = '-infinity', token = token + 1")
        with pytest.raises(LeaseLost):
            derive_sales(pool, seller, lease=lost)
    assert sales(pool, seller) == []
    assert counts(derive_sales(pool, seller, (EARLIER,))) == {"fetched": 1, "inserted": 1}


def test_an_equal_load_marks_nothing_dirty(pool, seller):
    for _ in range(2):
        load_lines(pool, seller, ("1", {}, {}))
        with operator(pool) as conn:
            marked = conn.execute("delete from dirty_keys returning consumer, business_date").fetchall()
    assert marked == []


def test_changes_of_sales_mark_their_days_for_what_derives_from_them(pool, seller):
    load_lines(pool, seller, ("1", {}, {}))
    derive_sales(pool, seller)
    with operator(pool) as conn:
        conn.execute("delete from dirty_keys")
    with tenant(pool, seller.id) as conn:
        conn.execute("delete from sales_data")
    with operator(pool) as conn:
        marked = conn.execute("select distinct consumer, business_date from dirty_keys").fetchall()
    assert marked == [("velocity_trends", DAY)]


def test_a_statement_adds_days_and_a_new_parameter_computes_all_of_them_again(pool, seller):
    load_lines(pool, seller, ("1", {}, {}), ("2", {"day": EARLIER}, {}))
    derive_sales(pool, seller)
    with tenant(pool, seller.id) as conn:
        conn.execute("update sales_data set units_ordered = 9")
    more = "select business_date - %(back)s::integer as business_date from dirty"
    result = derive_sales(pool, seller, more_days=more, parameters={"back": 0}, computed_days=())
    assert counts(result) == {"fetched": 2, "updated": 2}, "the statements are new: all days are computed"
    with tenant(pool, seller.id) as conn:
        conn.execute("update sales_data set units_ordered = 9")
    result = derive_sales(pool, seller, more_days=more, parameters={"back": 0})
    assert counts(result) == {"fetched": 1, "updated": 1}, "only the requested day"
    result = derive_sales(pool, seller, more_days=more, parameters={"back": 1}, computed_days=[DAY + timedelta(1)])
    assert counts(result) == {"fetched": 2, "updated": 1, "unchanged": 1}


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


def ledger(pool, seller):
    with tenant(pool, seller.id) as conn:
        rows = conn.execute(
            "select marketplace_id, fetched, inserted, updated, unchanged, deleted from loads"
            " where table_name = 'sales_data' order by finished_at"
        ).fetchall()
    return [(marketplace_id, numbers) for marketplace_id, *numbers in rows]


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


def test_only_days_whose_inputs_changed_are_computed_again(pool, seller):
    """Each daily sync computed 569,490 rows of fees_breakdown again, and changed none of them."""
    load_lines(pool, seller, ("1", {}, {}), ("2", {"day": EARLIER}, {}))
    both = (EARLIER, DAY)
    assert counts(derive_sales(pool, seller, both, computed_days=())) == {"fetched": 2, "inserted": 2}
    assert counts(derive_sales(pool, seller, both, computed_days=())) == {}
    load_lines(pool, seller, ("3", {"day": EARLIER}, {}))
    assert counts(derive_sales(pool, seller, both, computed_days=())) == {"fetched": 1, "updated": 1}
    assert counts(derive_sales(pool, seller, both, computed_days=[DAY])) == {"fetched": 1, "unchanged": 1}
    assert sales(pool, seller, "sale_date, units_ordered") == [(EARLIER, 2), (DAY, 1)]


def test_a_transform_that_is_new_computes_all_days_of_its_inputs_once(pool, seller):
    load_lines(pool, seller, ("1", {}, {}), ("2", {"day": EARLIER}, {}))
    with operator(pool) as conn:  # as in a database whose rows are older than the derived table
        conn.execute("delete from dirty_keys")
    assert counts(derive_sales(pool, seller, computed_days=())) == {"fetched": 2, "inserted": 2}
    doubled = transform("sales_data").replace("s.units_ordered,", "2 * s.units_ordered as units_ordered,", 1)
    assert counts(derive_sales(pool, seller, computed_days=(), statement=doubled)) == {"fetched": 2, "updated": 2}
    assert sales(pool, seller, "units_ordered") == [(2,), (2,)]
    assert counts(derive_sales(pool, seller, computed_days=(), statement=doubled)) == {}
