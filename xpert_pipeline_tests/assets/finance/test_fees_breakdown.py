"""Fees from three sources that are never added: each as it was told, tax apart, and nothing for what is unknown."""

from decimal import Decimal

import pytest

from xpert_pipeline_tests.faults.conftest import DAGSTERS_OWN, empty_pipeline, make_sandbox

pytestmark = [pytest.mark.filterwarnings(DAGSTERS_OWN), pytest.mark.timeout(300)]

__all__ = ["empty_pipeline", "make_sandbox"]
HERE = "A21TJRUUN4KGV"
DAY = "2026-11-20"


@pytest.fixture
def shop(empty_pipeline, make_sandbox):
    """A seller for whom nothing is loaded yet."""
    empty_pipeline.serve(make_sandbox(days=3, orders_per_day=20, skus=30))
    return empty_pipeline


@pytest.fixture
def insert(shop, admin):
    """Write a row of a source, as a load would have."""
    seller_id = shop.book.get(shop.sellers[0]).id

    def write(table, **values):
        values = {"seller_id": seller_id, "marketplace_id": HERE, "source": "a test", "load_id": seller_id, **values}
        names, places = ", ".join(values), ", ".join(["%s"] * len(values))
        admin.execute(f"insert into {table} ({names}) values ({places})", list(values.values()))

    return write


def derive(shop):
    """Compute the days that changed, and return the rows by source, reference and type."""
    assert shop.run(tables=["fees_breakdown"], days=[shop.today]).success
    return {(row["fee_source"], row["ref_key"], row["fee_type"]): row for row in shop.rows("fees_breakdown")}


def amounts(row):
    names = ("fee_amount", "promotion_amount", "tax_amount", "final_amount", "tcs_amount", "tds_amount")
    return tuple(row[name] if row[name] is None else str(row[name].normalize()) for name in names)


def leaf(number, group, name, amount, *, is_tax=False, **values):
    return {
        "transaction_id": "T1",
        "item_index": 0,
        "leaf_number": number,
        "amount_tree": "ITEMS",
        "path": f"{group}/{name}",
        "amount_group": group,
        "amount_name": name,
        "is_tax": is_tax,
        "amount": Decimal(amount),
        "currency": "INR",
        "sku": "SKU-1",
        "order_id": "O1",
        "transaction_type": "Shipment",
        "posted_at": f"{DAY}T10:00:00Z",
        "posted_date": DAY,
        "is_counted": True,
        "is_cash": True,
        **values,
    }


def test_every_fee_of_a_synced_seller_is_there_once_for_each_source(shop):
    done = shop.run()
    assert (done.success, done.states["fees_breakdown"]) == (True, "ok")
    shop.assert_whole("fees_breakdown")
    rows = shop.rows("fees_breakdown")
    assert {row["fee_source"] for row in rows} == {"estimate", "actual_txn", "actual_day"}
    assert {row["estimated_by"] for row in rows} == {None, "economicsPreview", "getMyFeesEstimates"}
    ways = {(row["sku"], row["estimated_by"]) for row in rows if row["fee_source"] == "estimate"}
    assert len(ways) == len({sku for sku, _ in ways}), "a SKU is estimated in one way"
    assert {row["fee_group"] for row in rows} >= {"AmazonFees", "FBAFees", "ItemTCS", "ItemTDS"}
    withheld = [row for row in rows if row["tcs_amount"] is not None or row["tds_amount"] is not None]
    assert withheld
    assert all(row["final_amount"] is row["fee_amount"] is row["tax_amount"] is None for row in withheld)
    again = shop.run(tables=["fees_breakdown"], days=shop.days)
    counts = again.counts["fees_breakdown"]
    assert (counts["inserted"], counts["updated"], counts["deleted"]) == (0, 0, 0)


def test_a_transaction_has_its_fee_its_gst_and_its_withheld_tax_apart(shop, insert):
    """By hand: a commission of 50.00 with 9.00 GST, twice in parts; TCS of 0.42 and TDS of 0.10; product charges."""
    leaves = [
        ("AmazonFees", "Commission", "-30.00", False),
        ("AmazonFees", "Commission", "-20.00", False),
        ("AmazonFees", "Commission", "-9.00", True),
        ("ItemTCS", "TCS-IGST", "-0.42", False),
        ("ItemTDS", "ItemTDS", "-0.10", False),
        ("ProductCharges", "OurPricePrincipal", "499.00", False),
    ]
    for number, (group, name, amount, is_tax) in enumerate(leaves):
        insert("financial_event_amounts", **leaf(number, group, name, amount, is_tax=is_tax))
    twin = leaf(0, "AmazonFees", "Commission", "-59.00", transaction_id="T2", is_counted=False)
    insert("financial_event_amounts", **twin)
    rows = derive(shop)
    assert {key: amounts(row) for key, row in rows.items()} == {
        ("actual_txn", "T1#0", "Commission"): ("5E+1", None, "9", "59", None, None),
        ("actual_txn", "T1#0", "TCS-IGST"): (None, None, None, None, "0.42", None),
        ("actual_txn", "T1#0", "ItemTDS"): (None, None, None, None, None, "0.1"),
    }
    commission = rows["actual_txn", "T1#0", "Commission"]
    assert (commission["sku"], commission["order_id"], commission["currency"]) == ("SKU-1", "O1", "INR")


def test_amounts_in_two_currencies_are_not_added(shop, insert):
    insert("financial_event_amounts", **leaf(0, "AmazonFees", "Commission", "-50"))
    insert("financial_event_amounts", **leaf(1, "AmazonFees", "Commission", "-1", currency="USD"))
    (row,) = derive(shop).values()
    assert (*amounts(row), row["currency"]) == (None,) * 7


def test_charges_of_one_type_are_summed_and_an_unknown_part_leaves_the_sum_unknown(shop, insert):
    """A fee that changed within a day has two charges; the first one alone is not the fee."""
    fees = (
        '[{"type": "Referral fee", "amount": "10.00", "promotion": "1.00", "tax": "1.62", "total": "10.62", "quantity": 1},'
        ' {"type": "Referral fee", "amount": "20.00", "promotion": "0.00", "tax": "3.60", "total": "23.60", "quantity": 2},'
        ' {"type": "Closing fee", "amount": "5.00", "promotion": null, "tax": "0.90", "total": "5.90", "quantity": null}]'
    )
    insert("economics_daily", business_date=DAY, sku="SKU-1", currency="INR", fees=fees)
    rows = derive(shop)
    assert amounts(rows["actual_day", "SKU-1", "Referral fee"]) == ("3E+1", "1", "5.22", "34.22", None, None)
    assert rows["actual_day", "SKU-1", "Referral fee"]["quantity"] == 3
    assert amounts(rows["actual_day", "SKU-1", "Closing fee"]) == ("5", None, "0.9", "5.9", None, None)
    assert rows["actual_day", "SKU-1", "Closing fee"]["quantity"] is None


def test_an_estimate_that_was_refused_says_so_without_amounts(shop, insert):
    values = {"estimated_date": DAY, "is_fba": True, "listing_price": Decimal("499.50"), "currency": "INR"}
    fees = '[{"type": "ReferralFee", "group": null, "amount": "50", "promotion": "0", "tax": "9", "total": "59"}]'
    insert("fee_estimates", sku="A B", status="Success", fees=fees, **values)
    insert("fee_estimates", sku="C", status="ClientError", error_code="InvalidParameterValue", **values)
    rows = derive(shop)
    assert set(rows) == {
        ("estimate", "A B@499.5@AMAZON", "ReferralFee"),
        ("estimate", "C@499.5@AMAZON", "(no estimate)"),
    }
    refused = rows["estimate", "C@499.5@AMAZON", "(no estimate)"]
    assert (amounts(refused), refused["error_code"]) == ((None,) * 6, "InvalidParameterValue")
    assert amounts(rows["estimate", "A B@499.5@AMAZON", "ReferralFee"])[-3:] == ("59", None, None)
