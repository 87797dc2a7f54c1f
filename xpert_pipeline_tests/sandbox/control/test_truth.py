"""The truth agrees with the API, and its sums with each other."""

from collections import defaultdict
from decimal import Decimal

from xpert_pipeline_tests.sandbox.client import INDIA

AMERICA, GERMANY = "ATVPDKIKX0DER", "A1PA6795UKMFR9"


def test_orders_and_items_are_those_of_the_api(client):
    items = {row["order_item_id"]: row for row in client.truth("order_items")}
    orders = {row["order_id"]: row for row in client.truth("orders")}
    for order in client.orders(createdAfter="2026-01-01T00:00:00Z"):
        row = orders[order["orderId"]]
        assert row["fulfillment_status"] == order["fulfillment"]["fulfillmentStatus"]
        assert row["purchase_date"] == order["createdTime"]
        assert row["order_total"] == order.get("proceeds", {}).get("grandTotal", {}).get("amount")
        assert row["programs"] == order["programs"]
        assert row["latest_ship_at"] == order["fulfillment"]["shipByWindow"]["latestDateTime"]
        for item in order["orderItems"]:
            item_row = items.pop(item["orderItemId"])
            assert item_row["order_id"] == order["orderId"]
            assert item_row["item_proceeds"] == item.get("proceeds", {}).get("proceedsTotal", {}).get("amount")
            parts = {
                part["type"]: part["subtotal"]["amount"] for part in item.get("proceeds", {}).get("breakdowns", [])
            }
            assert item_row["item_subtotal"] == parts.get("ITEM")
            assert item_row["discount_total"] == parts.get("DISCOUNT")
            assert item_row["unit_price"] == item["product"].get("price", {}).get("unitPrice", {}).get("amount")
            assert item_row["is_cancelled"] == ("cancellation" in item)
    assert items == {}


def test_products_are_those_of_the_api(client):
    rows = {row["sku"]: row for row in client.truth("products")}
    for item in client.listings(includedData="summaries,offers,fulfillmentAvailability,relationships"):
        row, summary = rows[item["sku"]], item["summaries"][0]
        assert (row["asin"], row["item_name"], row["status"]) == (
            summary["asin"], summary["itemName"], summary["status"],
        )  # fmt: skip
        assert row["fn_sku"] == summary.get("fnSku")
        assert row["quantity"] == item["fulfillmentAvailability"][0].get("quantity")
        catalogue_item = client.get(
            "/catalog/2022-04-01/items",
            identifiers=summary["asin"],
            identifiersType="ASIN",
            marketplaceIds=INDIA,
            includedData="summaries,salesRanks,identifiers",
        ).json()["items"][0]
        assert row["brand"] == catalogue_item["summaries"][0]["brand"]
        assert row["sales_rank"] == catalogue_item["salesRanks"][0]["classificationRanks"][0]["rank"]
        assert row["isbn_or_ean"] == catalogue_item["identifiers"][0]["identifiers"][0]["identifier"]


def test_sales_are_the_sums_of_the_items(client):
    channels = {row["order_id"]: row["sales_channel"] for row in client.truth("orders")}
    expected = defaultdict(list)
    for item in client.truth("order_items"):
        if channels[item["order_id"]] == "AMAZON":
            expected[item["order_date"], item["sku"]].append(item)
    rows = client.truth("sales_data")
    assert {(row["sale_date"], row["sku"]) for row in rows} == set(expected)
    assert len(rows) == len(expected)
    for row in rows:
        sold = [item for item in expected[row["sale_date"], row["sku"]] if not item["is_cancelled"]]
        known = [Decimal(item["item_subtotal"]) for item in sold if item["item_subtotal"] is not None]
        assert row["units_ordered"] == sum(item["quantity_ordered"] for item in sold)
        assert row["ops"] == (f"{sum(known):.2f}" if known else None)
    assert any(row["ops"] is None for row in rows)


def test_truth_of_one_seller_or_of_all(new_sandbox):
    client = new_sandbox(sellers=2, days=2)
    first, second = (entry["seller_id"] for entry in client.http.get("/_sandbox/sellers").json())
    counts = [len(client.truth("orders", seller=seller)) for seller in (first, second)]
    assert len(client.truth("orders")) == sum(counts)
    assert client.http.get("/_sandbox/truth/orders", params={"seller": "nobody"}).status_code == 404
    assert client.http.get("/_sandbox/truth/secrets").status_code == 404


def test_truth_of_one_marketplace(client):
    rows = client.truth("orders")
    assert client.truth("orders", marketplace=INDIA) == [row for row in rows if row["marketplace_id"] == INDIA] != []
    assert client.truth("orders", marketplace=GERMANY) == []
    answer = client.http.get("/_sandbox/truth/orders", params={"marketplace": AMERICA})
    assert answer.status_code == 404
    assert answer.json()["error"].startswith(f"there is no marketplace {AMERICA}; the sandbox has {INDIA}, ")
