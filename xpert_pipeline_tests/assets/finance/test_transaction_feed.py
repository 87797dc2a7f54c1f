"""Transactions and their amounts: rows equal the world's books, and a window that is read again replaces what it held."""

import pytest

from xpert_pipeline.assets.finance.transaction_feed import SOURCE
from xpert_pipeline_tests.faults.conftest import DAGSTERS_OWN, empty_pipeline, hours_pass, make_sandbox

__all__ = ["empty_pipeline", "hours_pass", "make_sandbox"]
pytestmark = [pytest.mark.filterwarnings(DAGSTERS_OWN), pytest.mark.timeout(120)]
INDIA, EMIRATES = "A21TJRUUN4KGV", "A2VIGQ35RCS4UG"
TABLES = ("financial_events", "financial_event_amounts")


def served(pipeline, make_sandbox, stores=(INDIA,), **options):
    pipeline.sources = (SOURCE,)
    pipeline.serve(
        make_sandbox(**{"marketplaces": stores, "days": 40, "orders_per_day": 8, "skus": 12, **options}), onboard=False
    )
    pipeline.add_seller(pipeline.sellers[0], "Atzr|sandbox-1", marketplaces=stores)
    return pipeline


@pytest.fixture
def two_stores(empty_pipeline, make_sandbox):
    return served(empty_pipeline, make_sandbox, (INDIA, EMIRATES))


@pytest.fixture
def money(empty_pipeline, make_sandbox):
    return served(empty_pipeline, make_sandbox, days=20)


def test_both_tables_are_the_books_of_two_stores_and_a_second_run_changes_nothing(two_stores, hours_pass):
    pipeline = two_stores
    for name in ("transactions-empty-page", "transactions-old-envelope", "transactions-nulls"):
        pipeline.fault(name, count=1)
    done = pipeline.run(checks=True)
    assert done.errors == {}
    pipeline.assert_whole(*TABLES)
    rows = pipeline.rows("financial_events")
    assert {row["marketplace_id"] for row in rows} == {INDIA, EMIRATES}
    assert {row["transaction_status"] for row in rows} == {"DEFERRED", "DEFERRED_RELEASED", "RELEASED", None}
    assert {row["amount_tree"] for row in rows} == {"ITEMS", "TRANSACTION", None}
    assert any(not row["has_amazon_id"] for row in rows)
    assert any(row["total_amount"] == 0 and row["quantity"] for row in rows), "a shipment of nothing moves units"

    hours_pass()
    again = pipeline.run()
    for table in TABLES:
        counts = again.counts[table]
        assert (counts["inserted"], counts["updated"], counts["deleted"]) == (0, 0, 0)
        assert counts["unchanged"] > 100
