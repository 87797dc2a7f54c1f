"""Data Kiosk returns the truth to the last digit, and agrees with every other operation."""

from collections import defaultdict
from datetime import date
from decimal import Decimal

import pytest

from xpert_pipeline_tests.sandbox.jobs.kiosk import BY_ASIN, MONEY, SALES, TRAFFIC, by_asin, by_date, economics, trends

SPAN = ("2026-11-13", "2026-11-20")


def number(amount):
    return None if amount is None else amount["amount"]


def exact(text):
    return None if text is None else Decimal(text)


def charge(name, detail):
    return {
        "type": name,
        "amount": number(detail["amount"]),
        "promotion": number(detail["promotionAmount"]),
        "tax": number(detail["taxAmount"]),
        "total": number(detail["totalAmount"]),
        "quantity": detail["quantity"],
    }


def charges_of(row):
    return [{name: value if name == "type" else exact(value) for name, value in one.items()} for one in row]


def present(entries):
    return [entry for entry in entries if entry is not None]


def test_economics_are_the_truth(client):
    rows = {(row["business_date"], row["sku"]): row for row in client.truth("economics_daily")}
    records = client.records(economics(*SPAN))
    assert [(record["startDate"], record["msku"]) for record in records] == sorted(rows)
    for record in records:
        row, sales = rows[record["startDate"], record["msku"]], record["sales"]
        assert record["endDate"] == record["startDate"]
        assert (record["childAsin"], record["parentAsin"], record["fnsku"]) == (
            row["asin"], row["parent_asin"], row["fn_sku"],
        )  # fmt: skip
        assert (sales["unitsOrdered"], sales["unitsRefunded"], sales["netUnitsSold"]) == (
            row["units_ordered"], row["units_refunded"], row["net_units"],
        )  # fmt: skip
        amounts = {
            "ops": sales["orderedProductSales"],
            "refunded_sales": sales["refundedProductSales"],
            "net_product_sales": sales["netProductSales"],
            "asp": sales["averageSellingPrice"],
            "net_proceeds": record["netProceeds"]["total"],
            "net_proceeds_per_unit": record["netProceeds"]["perUnit"],
        }
        assert {name: number(amount) for name, amount in amounts.items()} == {
            name: exact(row[name]) for name in amounts
        }
        fees = [charge(fee["feeTypeName"], one["aggregatedDetail"])
                for fee in present(record["fees"]) for one in fee["charges"]]  # fmt: skip
        assert fees == charges_of(row["fees"])
        assert [charge(ad["adTypeName"], ad["charge"]) for ad in present(record["ads"])] == charges_of(row["ads"])
        assert sum(one["total"] for one in fees) == exact(row["fees_total"])


def test_costs_are_mostly_unknown_and_otherwise_the_truth(new_sandbox):
    client = new_sandbox(skus=300)
    rows = {(row["business_date"], row["sku"]): row for row in client.truth("economics_daily")}
    records = client.records(economics(*SPAN))
    costed = [record for record in records if record["cost"] is not None]
    assert 0 < len(costed) < len(records) / 4
    for record in costed:
        row, cost = rows[record["startDate"], record["msku"]], record["cost"]
        assert number(cost["costOfGoodsSold"]) == exact(row["cost_of_goods_sold"])
        assert number(cost["miscellaneousCost"]) == exact(row["miscellaneous_cost"])
        assert number((cost["mfnCost"] or {}).get("fulfillmentCost")) == exact(row["fulfillment_cost"])
        assert (cost["fbaCost"] is None) == (record["fnsku"] is None)
    assert all(record["netProceeds"]["perUnit"] is None for record in records if record["cost"] is None)
    assert any(record["netProceeds"]["perUnit"] for record in costed)
    for name in ("fees", "ads"):
        assert any(None in record[name] for record in records)
        assert [None] not in [record[name] for record in records], "an empty list says that there was nothing"


def test_proceeds_add_up(client):
    for row in client.truth("economics_daily"):
        total = exact(row["net_product_sales"]) - exact(row["fees_total"]) - exact(row["ads_total"])
        if row["cost_of_goods_sold"] is None:
            assert exact(row["net_proceeds"]) == total
        for one in charges_of(row["fees"]) + charges_of(row["ads"]):
            assert one["total"] == one["amount"] - one["promotion"] + one["tax"]


def test_units_and_sales_are_those_of_the_orders(client):
    units, ops = defaultdict(int), defaultdict(Decimal)
    for row in client.truth("sales_data"):
        units[row["sale_date"], row["sku"]] += row["units_ordered"]
        ops[row["sale_date"], row["sku"]] += exact(row["ops"]) or 0
    seen = set()
    for row in client.truth("economics_daily"):
        key = row["business_date"], row["sku"]
        seen.add(key)
        assert (row["units_ordered"], exact(row["ops"])) == (units[key], ops[key])
    assert all(key in seen for key, amount in units.items() if amount)


def test_the_account_agrees_with_order_metrics(client):
    metrics = client.metrics("2026-11-13T00:00:00+05:30", "2026-11-21T00:00:00+05:30").json()["payload"]
    fields = "startDate sales { unitsOrdered totalOrderItems orderedProductSales { amount } }"
    records = client.records(by_date(*SPAN, fields=fields))
    assert [record["startDate"] for record in records] == [entry["interval"][:10] for entry in metrics]
    for record, entry in zip(records, metrics, strict=True):
        sales = record["sales"]
        assert (sales["unitsOrdered"], sales["totalOrderItems"]) == (entry["unitCount"], entry["orderItemCount"])
        assert sales["orderedProductSales"]["amount"] == exact(str(entry["totalSales"]["amount"]))


@pytest.mark.parametrize("product", ["CHILD_ASIN", "PARENT_ASIN"])
def test_coarser_products_have_the_same_sums(client, product):
    column = {"CHILD_ASIN": "asin", "PARENT_ASIN": "parent_asin"}[product]
    expected = defaultdict(Decimal)
    for row in client.truth("economics_daily"):
        expected[row["business_date"], row[column]] += exact(row["net_proceeds"])
    fields = "startDate childAsin parentAsin msku fnsku cost { miscellaneousCost { amount } } netProceeds { total { amount } }"
    records = client.records(economics(*SPAN, fields=fields, product=product))
    name = {"CHILD_ASIN": "childAsin", "PARENT_ASIN": "parentAsin"}[product]
    assert {(one["startDate"], one[name]): one["netProceeds"]["total"]["amount"] for one in records} == expected
    assert all(one["msku"] is one["fnsku"] is one["cost"] is None for one in records)


def facts(record):
    facts = {column: record["sales"][name] for column, name in SALES.items()}
    facts |= {column: number(record["sales"][name]) for column, name in MONEY.items()}
    return facts | {column: record["traffic"][name] for column, name in TRAFFIC.items()}


def facts_of_row(row):
    facts = {}
    for column in (*SALES, *MONEY, *TRAFFIC):
        value = row[column]
        facts[column] = Decimal(value) if isinstance(value, str) else value
    return facts


def test_trends_are_the_truth(client):
    rows = {(row["business_date"], row["asin"]): row for row in client.truth("traffic_daily")}
    asins = sorted({asin for _, asin in rows})
    records = [record for n in range(0, len(asins), 30) for record in client.records(trends(*SPAN, asins[n : n + 30]))]
    assert {(record["startDate"], record["childAsin"]) for record in records} == set(rows)
    assert len(records) == len(rows)
    for record in records:
        row = rows[record["startDate"], record["childAsin"]]
        assert facts(record) == facts_of_row(row)
        assert (record["parentAsin"], record["sku"]) == (row["parent_asin"], None)


def test_one_day_by_asin_is_that_day_of_the_trends(client):
    rows = {row["asin"]: row for row in client.truth("traffic_daily") if row["business_date"] == "2026-11-18"}
    records = client.records(by_asin("2026-11-18", "2026-11-18"))
    assert {record["childAsin"]: facts(record) for record in records} == {
        asin: facts_of_row(row) for asin, row in rows.items()
    }
    trend = client.records(trends("2026-11-18", "2026-11-18", sorted(rows)[:30]))
    assert trend == [record for record in records if record["childAsin"] in sorted(rows)[:30]]


@pytest.mark.parametrize(("level", "name"), [("SKU", "sku"), ("PARENT", "parentAsin")])
def test_by_asin_has_no_dates_and_the_same_sums(client, level, name):
    records = client.records(by_asin(*SPAN, level))
    assert len({record[name] for record in records}) == len(records)
    assert {(record["startDate"], record["endDate"]) for record in records} == {SPAN}
    rows = client.truth("traffic_daily")
    for column, field in (("units_ordered", "unitsOrdered"), ("units_shipped", "unitsShipped")):
        assert sum(record["sales"][field] for record in records) == sum(row[column] for row in rows)
    assert sum(record["traffic"]["sessions"] for record in records) == sum(row["sessions"] for row in rows)
    assert abs(sum(record["traffic"]["sessionPercentage"] for record in records) - 100) < 1
    assert all((record["childAsin"] is None) == (level == "PARENT") for record in records)


def test_there_is_traffic_and_advertising_without_a_sale(client):
    traffic = client.truth("traffic_daily")
    assert any(row["sessions"] and not row["units_ordered"] for row in traffic)
    assert all(row["sessions"] >= row["order_items"] for row in traffic)
    assert all(row["sessions"] == row["browser_sessions"] + row["mobile_app_sessions"] for row in traffic)
    assert all(row["page_views"] >= row["sessions"] for row in traffic)
    assert any(row["ads"] and not row["units_ordered"] for row in client.truth("economics_daily"))


def test_refunds_come_days_after_the_sale(new_sandbox):
    client = new_sandbox(days=40)
    rows = client.truth("economics_daily")
    refunded = sum(row["units_refunded"] for row in rows)
    assert 0 < refunded < sum(row["units_ordered"] for row in rows) / 10
    assert refunded == sum(row["units_refunded"] for row in client.truth("traffic_daily"))
    assert any(row["units_refunded"] and not row["units_ordered"] for row in rows)


def test_a_seller_without_business_customers_has_none_of_their_figures(new_sandbox):
    client = new_sandbox(days=1, orders_per_day=1, skus=3)
    assert not any(row["is_business"] for row in client.truth("orders"))
    (*_, record) = client.records(by_asin("2026-11-20", "2026-11-20", fields=BY_ASIN))
    assert record["sales"]["unitsOrderedB2B"] is None
    assert record["traffic"]["sessionsB2B"] is None
    assert client.truth("traffic_daily")[-1]["ops_b2b"] is None


def test_another_store_has_its_own_sales_and_currency(new_sandbox):
    client = new_sandbox(marketplaces=("A21TJRUUN4KGV", "A2VIGQ35RCS4UG"), orders_per_day=100)
    fields = "marketplaceId sales { unitsOrdered orderedProductSales { amount currencyCode } }"
    records = client.records(economics(*SPAN, fields=fields, marketplace="A2VIGQ35RCS4UG"))
    assert sum(record["sales"]["unitsOrdered"] for record in records) > 0
    assert {record["sales"]["orderedProductSales"]["currencyCode"] for record in records} == {"AED"}


def test_another_last_day_changes_no_day_that_was_settled(new_sandbox):
    before = new_sandbox(as_of=date(2026, 11, 19), days=7)
    after = new_sandbox()
    old = {(row["business_date"], row["asin"]): row["sessions"] for row in before.truth("traffic_daily")}
    new = {(row["business_date"], row["asin"]): row["sessions"] for row in after.truth("traffic_daily")}
    shared = [key for key in old if key[0] <= "2026-11-17"]
    assert shared
    assert [old[key] for key in shared] == [new[key] for key in shared]
