"""Data Kiosk's answers with sales of 0 for days that had sales: doubted, and believed when told twice."""

from datetime import timedelta

import pytest

from xpert_pipeline_tests.faults.kiosk import KIOSK, SOURCES, changes, doubted_runs, loads, warnings

pytestmark = pytest.mark.long
WITH_ORDERS = ["orders", "order_items", "sales_data", *SOURCES]


def sales(pipeline, table):
    """Units and sales by day."""
    days = {}
    for row in pipeline.rows(table):
        units, ops = days.get(row["business_date"], (0, 0))
        days[row["business_date"]] = (units + (row["units_ordered"] or 0), ops + (row["ops"] or 0))
    return days


@pytest.fixture
def with_orders(kiosk):
    outcome = kiosk.run(tables=WITH_ORDERS)
    assert outcome.errors == {}
    assert all(outcome.states[table] == "ok" for table in KIOSK)
    return kiosk


def test_sales_restated_to_zero_are_believed_only_when_a_query_an_hour_later_says_the_same(few_days, hours_pass):
    """The same economics document with sales of 0 and its fees as before overwrote a month of sales, silently."""
    known = {table: few_days.rows(table) for table in KIOSK}
    few_days.fault("kiosk-zero-sales")
    for doubted in doubted_runs(few_days, hours_pass, known):
        for table in KIOSK:
            assert "Amazon reports sales of 0 for 3 days in" in doubted.reasons[table]
    hours_pass(0.2)
    believed = few_days.run(tables=KIOSK)
    for table in KIOSK:
        assert believed.states[table] == "ok"
        assert changes(believed, table)["updated"] > 0
        assert set(sales(few_days, table).values()) == {(0, 0)}
        assert loads(few_days, table)[-1]["details"]["signals"]["days whose sales became 0"] == 3
        assert [text for text in warnings(few_days, believed) if "returned no sales for 3 days in" in text]


def test_a_day_without_sales_is_doubted_if_orders_know_its_sales(with_orders, hours_pass):
    """The other days of the window have sales, so only the orders contradict the answer."""
    known = {table: sales(with_orders, table) for table in KIOSK}
    with_orders.fault("kiosk-zero-sales")
    hours_pass()
    doubted = with_orders.run(tables=KIOSK)
    assert {doubted.states[table] for table in KIOSK} == {"skipped"}
    assert {table: sales(with_orders, table) for table in KIOSK} == known
    with_orders.mend()
    hours_pass()
    assert with_orders.run(tables=KIOSK).success
    with_orders.assert_whole(*KIOSK)


def test_a_day_without_sales_is_believed_if_nothing_contradicts_it(loaded, hours_pass):
    """A small seller's only order of a day is cancelled: other days still have sales, and no order says otherwise."""
    before = sales(loaded, "economics_daily")
    loaded.fault("kiosk-zero-sales")
    hours_pass()
    believed = loaded.run(tables=KIOSK)
    assert believed.states["economics_daily"] == "ok"
    after = sales(loaded, "economics_daily")
    fallen = [day for day in before if after[day] == (0, 0) and before[day] != (0, 0)]
    sold = [day for day, figures in before.items() if figures != (0, 0) and day > max(before) - timedelta(days=3)]
    assert fallen == sold != []
    assert loads(loaded, "economics_daily")[-1]["details"]["signals"]["days whose sales became 0"] == len(sold)


def test_a_day_without_rows_is_doubted_if_orders_know_its_sales(with_orders, hours_pass):
    known = {table: with_orders.rows(table) for table in KIOSK}
    with_orders.fault("kiosk-lag")
    hours_pass()
    doubted = with_orders.run(tables=KIOSK)
    for table in KIOSK:
        assert doubted.states[table] == "skipped"
        assert "Amazon returned no rows for" in doubted.reasons[table]
        assert with_orders.rows(table) == known[table]
