"""The order in which a run loads: what a seller looks at first comes before slow history."""

import dagster as dg
import pytest

from xpert_pipeline.assets.registry import SOURCES
from xpert_pipeline.sources.lookup import BatchLookup
from xpert_pipeline.sources.order import tables_in_order
from xpert_pipeline.sources.source import Pace
from xpert_pipeline_tests.faults.conftest import DAGSTERS_OWN

pytestmark = [pytest.mark.filterwarnings(DAGSTERS_OWN), pytest.mark.timeout(120)]
FIRST = {"products", "orders_and_items", "sales_data", "fba_inventory", "financial_events"}
LAST = {
    "traffic_daily", "inventory_ledger", "search_query_performance", "repeat_purchases",
    "offer_summaries", "fee_estimates", "review_topics", "review_trends",
}  # fmt: skip


def test_orders_sales_listings_stock_and_money_come_first_and_slow_history_last():
    assert {source.step for source in SOURCES if source.pace is Pace.FIRST} >= FIRST
    assert {source.step for source in SOURCES if source.pace is Pace.LAST} >= LAST
    order = tables_in_order(SOURCES)
    first = [table.name for source in SOURCES if source.step in FIRST for table in source.tables]
    between = ("economics_daily", "fba_returns", "merchant_returns", "seller_feedback", "settlements")
    assert max(map(order.index, first)) < min(map(order.index, between))
    assert max(map(order.index, between)) < min(map(order.index, LAST))
    looked_up = [source.step for source in SOURCES if isinstance(source, BatchLookup)]
    assert order.index("inventory_levels") < min(map(order.index, looked_up)), "stock does not wait for offers"


def test_a_run_starts_its_steps_in_the_order_that_the_display_names(empty_pipeline, make_sandbox):
    """The order of the display is computed without Dagster; steps that it starts otherwise would be named wrongly."""
    empty_pipeline.serve(make_sandbox(days=2, skus=3, orders_per_day=2))
    done = empty_pipeline.run()
    assert done.errors == {}
    started = empty_pipeline.instance.all_logs(done.run_id, of_type=dg.DagsterEventType.STEP_START)
    place = {entry.step_key: number for number, entry in enumerate(started)}
    tables = [table.name for source in sorted(SOURCES, key=lambda each: place[each.step]) for table in source.tables]
    assert tables == tables_in_order(SOURCES)


def test_what_another_table_needs_comes_before_it():
    order = tables_in_order(SOURCES)
    for source in SOURCES:
        assert all(order.index(name) < order.index(source.tables[0].name) for name in source.after), source.step
