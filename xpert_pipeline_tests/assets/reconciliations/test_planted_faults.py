"""A fault in the sandbox itself reaches the tables by the pipeline, and the right check, and no other, names it."""

from dataclasses import replace

import pytest

from xpert_pipeline_tests.assets.conftest import serving
from xpert_pipeline_tests.faults.conftest import DAGSTERS_OWN

pytestmark = [pytest.mark.filterwarnings(DAGSTERS_OWN), pytest.mark.timeout(400)]


@pytest.mark.parametrize(
    ("fault", "tables", "name", "said"),
    [
        (
            "economics-fee-too-high",
            ["economics_daily"],
            "fees_equal_economics",
            ("INR RefundCommission, economics_daily ", "INR RefundCommission (1.00 more)"),
        ),
        (
            "transaction-without-price",
            ["financial_events", "financial_event_amounts"],
            "transactions_hold_the_price_of_items",
            ("INR price, financial_event_amounts no price",),
        ),
        (
            "ledger-without-shipment",
            ["inventory_ledger"],
            "ledger_ships_what_traffic_counts",
            ("units shipped, inventory_ledger ", "less)"),
        ),
    ],
)
def test_a_fault_of_the_world_fails_the_right_check_and_no_other(loaded, books, monkeypatch, fault, tables, name, said):
    assert all(result.passed for result in books.results().values())
    with serving(books.dsn, monkeypatch, replace(loaded.world, port=0)) as pipeline:
        pipeline.fault(fault)
        done = pipeline.run(tables=tables, refetch=True)
        assert done.errors == {}
        assert done.counts[tables[0]]["updated"] + done.counts[tables[-1]]["deleted"] > 0
    results = books.results()
    assert [each for each, result in results.items() if not result.passed] == [name]
    sentence = results[name].sentence
    assert " 1 differs: 20" in sentence
    assert " on Amazon.in, " in sentence
    assert "SKU " in sentence
    for words in said:
        assert words in sentence
