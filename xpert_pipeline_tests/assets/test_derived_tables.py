"""The tables that sellers decide by, of a synced seller with two stores: as the sandbox knows them, and by plain Python."""

import pytest

from xpert_pipeline.assets.registry import SOURCES
from xpert_pipeline_tests.assets.recomputed.everything import COMPUTED, assert_recomputed
from xpert_pipeline_tests.faults.conftest import DAGSTERS_OWN, empty_pipeline, make_sandbox, no_interval_of_reports
from xpert_pipeline_tests.sources.conftest import GERMANY, INDIA

__all__ = ["empty_pipeline", "make_sandbox", "no_interval_of_reports"]
pytestmark = [pytest.mark.filterwarnings(DAGSTERS_OWN), pytest.mark.timeout(180)]
NEEDED = (
    "products", "orders", "sales_data", "fba_returns", "merchant_returns", "financial_events", "returns_refunds",
    "economics_daily", "traffic_daily", "sales_performance", "advertising_spend", "profit_margins",
    "repeat_purchases", "customer_metrics", "velocity_trends", "fba_inventory", "inventory_ledger", "inventory_levels",
    "forecasting_data", "seasonal_patterns",
)  # fmt: skip
WHOLE = (*COMPUTED, "inventory_levels", "forecasting_data", "seasonal_patterns")


@pytest.mark.usefixtures("no_interval_of_reports")
def test_a_synced_seller_has_sales_velocity_and_margins_of_every_sku_in_both_stores(
    empty_pipeline, make_sandbox, admin
):
    """In the evening (UTC) a window of returns had only the first day, without data: Amazon's answer was not clear at once."""
    empty_pipeline.sources = tuple(source for source in SOURCES if source.tables[0].name in NEEDED)
    stores = (INDIA, GERMANY)
    empty_pipeline.serve(make_sandbox(marketplaces=stores, days=30, orders_per_day=9, skus=25), onboard=False)
    empty_pipeline.add_seller(empty_pipeline.sellers[0], "Atzr|sandbox-1", marketplaces=stores)
    done = empty_pipeline.run()
    assert (done.success, set(done.states.values())) == (True, {"ok"}), done.reasons
    empty_pipeline.assert_whole(*WHOLE)
    rows = empty_pipeline.rows("sales_performance")
    assert {row["marketplace_id"] for row in rows} == set(stores)
    assert any(row["units_refunded"] and not row["units_ordered"] for row in rows), "refunds have days of their own"
    assert {row["units_variance"] for row in rows} == {0}
    assert_recomputed(admin)
    metrics = empty_pipeline.rows("customer_metrics")
    assert {row["is_suppressed"] for row in metrics} == {True, False}
    assert {row["repeat_state"] for row in metrics} >= {"SUPPRESSED", "OTHER_GRAIN"}
    second = empty_pipeline.run()
    assert (second.success, second.counts.keys()) == (True, done.counts.keys()), (second.states, second.reasons)
    again = second.counts
    for table in WHOLE:
        assert [again[table][name] for name in ("inserted", "updated", "deleted")] == [0, 0, 0], table
