"""Returns to Amazon and to the seller side by side: each in the marketplace of its order, on its newest day."""

import pytest

from xpert_pipeline_tests.assets.returns.truth import assert_true
from xpert_pipeline_tests.faults.conftest import DAGSTERS_OWN
from xpert_pipeline_tests.sources.conftest import GERMANY, INDIA

pytestmark = [pytest.mark.filterwarnings(DAGSTERS_OWN), pytest.mark.timeout(120)]
OF_ACCOUNT = ["fba_returns", "merchant_returns", "returns_refunds"]


def test_returns_get_the_marketplaces_of_their_orders_as_soon_as_these_are_known_and_move(make_returning, hours_pass):
    returning = make_returning(marketplaces=(INDIA, GERMANY), days=25)
    days = returning.past_days
    assert returning.run(days=days, tables=OF_ACCOUNT).success
    rows = returning.rows("returns_refunds")
    assert {row["marketplace_id"] for row in rows if row["record_type"] == "FBA"} == {INDIA}, "no order is known"
    assert returning.run(days=days, tables=["orders", "order_items"]).success
    assert returning.run(days=days[-1:], tables=["returns_refunds"]).success
    assert_true(returning, "returns_refunds", "event_date")
    rows = returning.rows("returns_refunds")
    assert {(row["record_type"], row["marketplace_id"]) for row in rows} == {
        (kind, market) for kind in ("FBA", "MFN") for market in (INDIA, GERMANY)
    }
    assert {row["marketplace_id"] for row in returning.rows("fba_returns")} == {INDIA}, "the report is for the account"
    returning.fault("returns-moved")
    hours_pass()
    assert returning.run(days=days, refetch=True, tables=OF_ACCOUNT).success
    assert_true(returning, "returns_refunds", "event_date")
    assert len(returning.rows("returns_refunds")) == len(rows)
