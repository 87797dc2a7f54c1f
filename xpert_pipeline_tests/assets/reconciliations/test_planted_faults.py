"""Faults in the sandbox itself reach the tables by the pipeline, and the right checks, and no others, name them."""

import pytest

from xpert_pipeline.assets.registry import RECONCILIATIONS
from xpert_pipeline.sandbox.options import SandboxOptions
from xpert_pipeline.sources.reconciliation import reconcile, result_of
from xpert_pipeline_tests.assets.conftest import WORLD, serving
from xpert_pipeline_tests.conftest import drop_database
from xpert_pipeline_tests.faults.conftest import DAGSTERS_OWN

pytestmark = [pytest.mark.filterwarnings(DAGSTERS_OWN), pytest.mark.timeout(400)]
TABLES = (
    "products",
    "orders",
    "order_items",
    "sales_data",
    "inventory_ledger",
    "economics_daily",
    "traffic_daily",
    "financial_events",
    "financial_event_amounts",
    "settlements",
    "settlement_rows",
    "fba_returns",
)
FAULTS = {
    "economics-fee-too-high": (
        "fees_equal_economics",
        ("INR RefundCommission, economics_daily ", "INR RefundCommission (1.00 more)"),
    ),
    "transaction-without-price": (
        "transactions_hold_the_price_of_items",
        (" of order ", "INR price, financial_event_amounts no price"),
    ),
    "ledger-without-shipment": (
        "ledger_ships_what_traffic_counts",
        ("units shipped, inventory_ledger 0 units shipped", "less)"),
    ),
    "economics-sales-too-low": (
        "economics_equals_sales",
        ("INR product sales, economics_daily ", "INR product sales (0.50 less)"),
    ),
    "traffic-unit-too-many": ("traffic_equals_sales", (" units, traffic_daily ", " units (1 more)")),
    "settlement-fee-too-high": (
        "transactions_equal_settlements",
        (" of order ", "financial_event_amounts has ", "INR money (5.00 less)"),
    ),
    "return-of-unrefunded-order": (
        "returns_are_refunded",
        (" of order ", "(refunded, at most what was returned) has 0 units, fba_returns 1 units"),
    ),
}
"""Fault of the sandbox → the check that finds it, and what it must say."""


@pytest.fixture(scope="module")
def results(new_database, embedded_server):
    """What every check finds in tables that were loaded from a sandbox with all of the faults."""
    admin_dsn, dsn = new_database()
    with (
        pytest.MonkeyPatch.context() as monkeypatch,
        serving(dsn, monkeypatch, SandboxOptions(**WORLD, faults=tuple(FAULTS))) as pipeline,
    ):
        done = pipeline.run(tables=TABLES)
        assert done.errors == {}
        (seller,) = pipeline.book.all()
        yield {each.name: result_of(each, reconcile(pipeline.pool, seller, each)) for each in RECONCILIATIONS}
    drop_database(admin_dsn, embedded_server)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_the_world_is_named_with_table_day_and_sku(results, fault):
    name, said = FAULTS[fault]
    sentence = results[name].sentence
    assert not results[name].passed, sentence
    assert " 1 differs: 20" in sentence
    assert " on Amazon.in, " in sentence
    assert "SKU " in sentence
    for words in said:
        assert words in sentence


def test_no_other_check_fails(results):
    failed = {name for name, result in results.items() if not result.passed}
    assert failed == {name for name, _ in FAULTS.values()}
