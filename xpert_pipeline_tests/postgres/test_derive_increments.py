"""sales_data: which days are computed again, and what a run leaves as it is."""

from datetime import timedelta
from decimal import Decimal

import pytest

from xpert_pipeline.assets.registry import SOURCES
from xpert_pipeline.postgres.lease import LeaseLost, hold
from xpert_pipeline.postgres.pool import operator, tenant
from xpert_pipeline.postgres.sql_files import transform
from xpert_pipeline.sources.derived import Derived
from xpert_pipeline_tests.postgres.derived_sales import EARLIER, counts, derive_sales, load_lines, sales
from xpert_pipeline_tests.postgres.rows import DAY


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
    deriving = {
        source.step
        for source in SOURCES
        if isinstance(source, Derived) and source.table.day and "sales_data" in source.after
    }
    assert set(marked) == {(table, DAY) for table in deriving}
    assert "velocity_trends" in deriving


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
