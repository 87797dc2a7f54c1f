"""Returns and refunds side by side: each in the marketplace of its order, on its newest day, and no money twice."""

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
    assert {row["record_type"] for row in rows} == {"FBA", "MFN"}, "no transaction is known"
    money = ["financial_events", "financial_event_amounts"]
    assert returning.run(days=days, tables=["orders", "order_items", *money]).success
    assert returning.run(days=days[-1:], tables=["returns_refunds"]).success
    assert_true(returning, "returns_refunds", "event_date")
    rows = returning.rows("returns_refunds")
    assert {(row["record_type"], row["marketplace_id"]) for row in rows} == {
        (kind, market) for kind in ("FBA", "MFN", "REFUND") for market in (INDIA, GERMANY)
    }
    assert {row["marketplace_id"] for row in returning.rows("fba_returns")} == {INDIA}, "the report is for the account"
    refunds = [row for row in rows if row["record_type"] == "REFUND"]
    assert (
        sum(row["refund_amount"] for row in refunds)
        == returning.one(
            "select sum(total_amount) from financial_events"
            " where transaction_type = 'Refund' and item_index = -1 and is_counted and posted_date < %s",
            returning.today,
        )[0]
    )
    assert {row["refund_amount"] for row in rows if row["record_type"] != "REFUND"} == {None}
    returning.fault("returns-moved")
    hours_pass()
    assert returning.run(days=days, refetch=True, tables=OF_ACCOUNT).success
    assert_true(returning, "returns_refunds", "event_date")
    assert len(returning.rows("returns_refunds")) == len(rows)
