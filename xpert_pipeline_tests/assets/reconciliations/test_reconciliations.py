"""Every reconciliation passes on a clean world; one fault makes the right one, and no other, name table, day and SKU."""

from dataclasses import dataclass

import dagster as dg
import pytest

from xpert_pipeline.assets.registry import RECONCILIATIONS
from xpert_pipeline_tests.faults.conftest import DAGSTERS_OWN

pytestmark = [pytest.mark.filterwarnings(DAGSTERS_OWN), pytest.mark.timeout(120)]
NAMES = [each.name for each in RECONCILIATIONS]


@pytest.mark.parametrize("name", NAMES)
def test_a_clean_world_has_no_difference(loaded, name):
    check = loaded.evaluations[name]
    assert check.passed, check.description
    assert check.severity == dg.AssetCheckSeverity.WARN
    assert check.metadata["pairs_compared"].value > 0, check.description
    assert "all equal" in check.description


@dataclass(frozen=True)
class Fault:
    """One changed row.

    Attributes:
        change: Changes one row and returns the values for `said`.
        said: What the check must say.
    """

    change: str
    said: tuple[str, ...]


FAULTS = {
    "traffic_equals_sales": Fault(
        "update traffic_daily set units_ordered = units_ordered + 1 where (business_date, asin) = "
        "(select business_date, asin from traffic_daily where units_ordered > 0 order by 1, 2 limit 1) "
        "returning business_date, asin, units_ordered",
        ("{0} on Amazon.in, ASIN {1} (SKU ", "traffic_daily {2} units (1 more)"),
    ),
    "economics_equals_sales": Fault(
        "update economics_daily set ops = ops - 10 where (business_date, sku) = "
        "(select business_date, sku from economics_daily where ops > 10 order by 1, 2 limit 1) "
        "returning business_date, sku, ops",
        (
            "{0} on Amazon.in, SKU {1}: sales_data has ",
            "economics_daily {2:,.2f} INR product sales (10.00 less)",
        ),
    ),
    "ledger_adds_up": Fault(
        "update inventory_ledger set lost_quantity = lost_quantity - 2, "
        "unexplained_quantity = unexplained_quantity + 2 where ctid = "
        "(select ctid from inventory_ledger order by business_date, sku, fn_sku, disposition limit 1) "
        "returning business_date, sku, disposition, closing_quantity, closing_quantity - 2",
        (
            "{0} on Amazon.in, SKU {1}, {2}: inventory_ledger (opening balance and movements) has {4} units at the",
            "inventory_ledger (balance) {3} units at the end of the day (2 more)",
        ),
    ),
    "ledger_ships_what_traffic_counts": Fault(
        "update inventory_ledger set customer_shipments_quantity = customer_shipments_quantity - 1, "
        "found_quantity = found_quantity + 1 where ctid = "
        "(select ctid from inventory_ledger as l where disposition = 'SELLABLE' "
        "and not exists (select from order_items as i join orders as o using (seller_id, marketplace_id, order_id) "
        "where i.asin = l.asin and (o.fulfilled_by <> 'AMAZON' or o.sales_channel <> 'AMAZON')) "
        "order by business_date, sku, fn_sku limit 1) returning business_date, asin, sku",
        ("{0} on Amazon.in, ASIN {1} (SKU {2}): traffic_daily has ", "units shipped (1 more)"),
    ),
    "ledger_receives_inbound_shipments": Fault(
        "update inventory_ledger set receipts_quantity = receipts_quantity + 1, found_quantity = found_quantity - 1 "
        "where ctid = (select l.ctid from inventory_ledger as l where l.receipts_quantity > 0 "
        "and not exists (select from shipments_inbound as s where s.sku = l.sku and s.plan_created_at is null) "
        "order by l.business_date, l.sku limit 1) "
        "returning (select max(business_date) from inventory_ledger), sku",
        ("{0} on Amazon.in, SKU {1}: shipments_inbound has ", "units received (1 more)"),
    ),
}
"""A fault for each reconciliation."""


def test_every_reconciliation_has_a_planted_fault():
    assert FAULTS.keys() == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_one_wrong_row_fails_the_right_check_and_no_other(books, name):
    fault = FAULTS[name]
    row = books.change(fault.change)
    results = books.results()
    assert [each for each, result in results.items() if not result.passed] == [name]
    for sentence in fault.said:
        assert sentence.format(*row) in results[name].sentence
    assert " 1 differs: " in results[name].sentence
