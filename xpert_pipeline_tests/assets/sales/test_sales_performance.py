"""What became of a day's sales, and what was earned: a synced seller has both, in two stores, to the last hundredth."""

import pytest

from xpert_pipeline.assets.registry import SOURCES
from xpert_pipeline_tests.faults.conftest import DAGSTERS_OWN, empty_pipeline, make_sandbox
from xpert_pipeline_tests.sources.conftest import GERMANY, INDIA

__all__ = ["empty_pipeline", "make_sandbox"]
pytestmark = [pytest.mark.filterwarnings(DAGSTERS_OWN), pytest.mark.timeout(180)]
NEEDED = (
    "products", "orders", "sales_data", "fba_returns", "merchant_returns", "financial_events", "returns_refunds",
    "economics_daily", "traffic_daily", "sales_performance", "advertising_spend", "profit_margins",
)  # fmt: skip


def test_a_synced_seller_has_what_became_of_the_sales_and_what_was_earned_in_both_stores(empty_pipeline, make_sandbox):
    empty_pipeline.sources = tuple(source for source in SOURCES if source.tables[0].name in NEEDED)
    stores = (INDIA, GERMANY)
    empty_pipeline.serve(make_sandbox(marketplaces=stores, days=25, orders_per_day=10, skus=25), onboard=False)
    empty_pipeline.add_seller(empty_pipeline.sellers[0], "Atzr|sandbox-1", marketplaces=stores)
    done = empty_pipeline.run()
    assert (done.success, set(done.states.values()) - {"empty"}) == (True, {"ok"}), done.reasons
    empty_pipeline.assert_whole("sales_data", "sales_performance", "profit_margins")
    rows = empty_pipeline.rows("sales_performance")
    assert {row["marketplace_id"] for row in rows} == set(stores)
    assert any(row["units_refunded"] and not row["units_ordered"] for row in rows), "refunds have days of their own"
    assert {row["units_variance"] for row in rows} == {0}
    again = empty_pipeline.run().counts
    for table in ("sales_performance", "profit_margins"):
        assert [again[table][name] for name in ("inserted", "updated", "deleted")] == [0, 0, 0], table
