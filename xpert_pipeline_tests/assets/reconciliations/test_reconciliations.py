"""Every reconciliation passes on a clean world; one fault makes the right one, and no other, name table, day and SKU."""

from dataclasses import dataclass

import dagster as dg
import pytest

from xpert_pipeline.assets.registry import RECONCILIATIONS
from xpert_pipeline_tests.faults.conftest import DAGSTERS_OWN

pytestmark = [pytest.mark.filterwarnings(DAGSTERS_OWN), pytest.mark.timeout(400)]
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
    "velocity_equals_sales": Fault(
        "update velocity_trends set units_7 = units_7 + 1 where ctid = (select ctid from velocity_trends "
        "where loaded_days >= 7 and as_of_date < (now() at time zone 'Asia/Kolkata')::date "
        "order by as_of_date, sku limit 1) returning as_of_date, sku, units_7 - 1, units_7",
        (
            "{0} on Amazon.in, SKU {1}: sales_data has {2} units in 7 days,",
            "velocity_trends {3} units in 7 days (1 more)",
        ),
    ),
    "customers_equal_sales": Fault(
        "update customer_metrics set ops = ops + 3 where ctid = (select ctid from customer_metrics "
        "where scope = 'ACCOUNT' and period_type = 'WEEK' and loaded_days = 7 and not is_suppressed "
        "and period_end < (now() at time zone 'Asia/Kolkata')::date order by period_start limit 1) "
        "returning period_start, period_end, ops",
        (
            "{0} on Amazon.in, all SKUs in the week until {1}: sales_data has ",
            "customer_metrics {2:,.2f} INR product sales (3.00 more)",
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
    "transactions_hold_the_price_of_items": Fault(
        "delete from financial_event_amounts where ctid = (select a.ctid from financial_event_amounts as a "
        "join financial_events as e using (seller_id, marketplace_id, transaction_id) "
        "join orders as o on o.order_id = a.order_id "
        "where e.item_index = -1 and e.settlement_id is null and a.is_counted and a.transaction_type = 'Shipment' "
        "and a.amount_group = 'ProductCharges' and a.sku is not null and o.fulfillment_status = 'SHIPPED' "
        "and (o.last_updated_at at time zone 'Asia/Kolkata')::date < (now() at time zone 'Asia/Kolkata')::date "
        "order by o.order_date, a.order_id, a.sku limit 1) "
        "returning order_id, sku, amount, (select order_date from orders as o "
        "where o.order_id = financial_event_amounts.order_id)",
        (
            "{3} on Amazon.in, SKU {1} of order {0}: order_items has {2:,.2f} INR price, financial_event_amounts no price",
        ),
    ),
    "fees_equal_economics": Fault(
        "update economics_daily as e set fees = (select jsonb_agg(case when f ->> 'type' = 'Refund administration fee' "
        "then f || jsonb_build_object('total', (f ->> 'total')::numeric + 1) else f end) "
        "from jsonb_array_elements(e.fees) as f) where ctid = (select ctid from economics_daily "
        """where fees @> '[{"type": "Refund administration fee"}]' order by business_date, sku limit 1) """
        "returning business_date, sku",
        ("{0} on Amazon.in, SKU {1}: financial_event_amounts has ", "INR RefundCommission (1.00 more)"),
    ),
    "refunds_equal_economics": Fault(
        "update economics_daily set units_refunded = units_refunded + 1 where ctid = (select ctid from "
        "economics_daily where units_refunded > 0 order by business_date, sku limit 1) "
        "returning business_date, sku, units_refunded",
        (
            "{0} on Amazon.in, SKU {1}: financial_events (refunds) has ",
            "economics_daily {2} units refunded (1 more)",
        ),
    ),
    "transactions_equal_settlements": Fault(
        "update settlement_rows set amount = amount - 5 where ctid = (select ctid from settlement_rows "
        "where amount_description = 'Commission' and order_id is not null and sku is not null "
        "order by posted_date desc, order_id limit 1) returning posted_date, order_id, sku",
        ("{0} on Amazon.in, SKU {2} of order {1}: financial_event_amounts has ", "INR money (5.00 less)"),
    ),
    "margins_equal_transactions": Fault(
        "update profit_margins set margin_before_cogs = margin_before_cogs + 7 where ctid = "
        "(select ctid from profit_margins where sku <> '(account)' order by business_date, sku limit 1) "
        "returning business_date",
        (
            "{0} on Amazon.in, all SKUs and the account: financial_events (counted) has ",
            "profit_margins (with the money outside the margins) ",
            "INR money (7.00 more)",
        ),
    ),
    "ledger_takes_back_what_was_returned": Fault(
        "update inventory_ledger set customer_returns_quantity = customer_returns_quantity + 1, "
        "found_quantity = found_quantity - 1 where ctid = (select ctid from inventory_ledger "
        "where customer_returns_quantity > 0 order by business_date, sku, disposition limit 1) "
        "returning business_date, sku",
        ("{0} on Amazon.in, SKU {1}: fba_returns has ", "units returned (1 more)"),
    ),
    "returns_are_refunded": Fault(
        "update fba_returns set order_id = (select e.order_id from financial_events as e "
        "where e.item_index = -1 and e.transaction_type = 'Shipment' and e.order_id not in "
        "(select order_id from financial_events where transaction_type = 'Refund') order by 1 limit 1) "
        "where ctid = (select ctid from fba_returns order by return_date, return_key limit 1) "
        "returning return_date, sku, order_id, quantity",
        (
            "{0} on Amazon.in, SKU {1} of order {2}: financial_events (refunded, at most what was returned) has 0 units",
            "fba_returns {3} units",
        ),
    ),
    "return_requests_are_refunded": Fault(
        "update merchant_returns set order_id = (select e.order_id from financial_events as e "
        "where e.item_index = -1 and e.transaction_type = 'Shipment' and e.order_id not in "
        "(select order_id from financial_events where transaction_type = 'Refund') order by 1 limit 1) "
        "where ctid = (select ctid from merchant_returns where refunded_amount > 0 order by return_date, return_key limit 1) "
        "returning return_date, sku, order_id, quantity",
        (
            "{0} on Amazon.in, SKU {1} of order {2}: financial_events (refunded, at most what was requested) has 0 units",
            "merchant_returns {3} units",
        ),
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
