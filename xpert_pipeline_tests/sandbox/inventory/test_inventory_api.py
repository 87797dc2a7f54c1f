"""getInventorySummaries: the truth in pages of fifty, its filters, its refusals and its faults."""

from datetime import UTC, datetime, timedelta

import pytest

from xpert_pipeline_tests.sandbox.client import INDIA
from xpert_pipeline_tests.sandbox.world.exports import LINE, write_export

UNITED_KINGDOM, GERMANY = "A1F83G8C2ARO7P", "A1PA6795UKMFR9"
COLUMNS = {
    "sku": "sellerSku",
    "fn_sku": "fnSku",
    "condition": "condition",
    "asin": "asin",
    "product_name": "productName",
    "total_quantity": "totalQuantity",
    "amazon_updated_at": "lastUpdatedTime",
}
DETAILS = {
    "fulfillable_quantity": "fulfillableQuantity",
    "inbound_working_quantity": "inboundWorkingQuantity",
    "inbound_shipped_quantity": "inboundShippedQuantity",
    "inbound_receiving_quantity": "inboundReceivingQuantity",
    "reserved_quantity": "reservedQuantity.totalReservedQuantity",
    "reserved_customer_order_quantity": "reservedQuantity.pendingCustomerOrderQuantity",
    "reserved_transshipment_quantity": "reservedQuantity.pendingTransshipmentQuantity",
    "reserved_fc_processing_quantity": "reservedQuantity.fcProcessingQuantity",
    "researching_quantity": "researchingQuantity.totalResearchingQuantity",
    "unfulfillable_quantity": "unfulfillableQuantity.totalUnfulfillableQuantity",
    "customer_damaged_quantity": "unfulfillableQuantity.customerDamagedQuantity",
    "warehouse_damaged_quantity": "unfulfillableQuantity.warehouseDamagedQuantity",
    "distributor_damaged_quantity": "unfulfillableQuantity.distributorDamagedQuantity",
    "carrier_damaged_quantity": "unfulfillableQuantity.carrierDamagedQuantity",
    "defective_quantity": "unfulfillableQuantity.defectiveQuantity",
    "expired_quantity": "unfulfillableQuantity.expiredQuantity",
}


@pytest.fixture
def client(large_client):
    """A seller with more than a hundred FBA SKUs in each of two stores."""
    return large_client


def value(record, path):
    for name in path.split("."):
        record = record[name]
    return record


def row(summary, marketplace_id=INDIA):
    facts = {column: summary[name] for column, name in COLUMNS.items()}
    facts |= {column: value(summary["inventoryDetails"], path) for column, path in DETAILS.items()}
    return {"marketplace_id": marketplace_id, **facts}


def key(row):
    return row["sku"], row["fn_sku"], row["condition"]


@pytest.mark.parametrize("marketplace_id", [INDIA, GERMANY])
def test_a_reading_is_the_truth_of_its_store(client, marketplace_id):
    summaries = client.inventory(marketplace_id)
    truth = client.truth("fba_inventory", marketplace=marketplace_id)
    assert sorted((row(summary, marketplace_id) for summary in summaries), key=key) == sorted(truth, key=key)
    assert len({key(one) for one in truth}) == len(truth) > 100


def test_pages_have_fifty_summaries(client):
    pages = list(client.inventory_pages())
    sizes = [len(page["payload"]["inventorySummaries"]) for page in pages]
    assert set(sizes[:-1]) == {50}
    assert 0 < sizes[-1] <= 50
    assert {str(page["payload"]["granularity"]) for page in pages} == {
        str({"granularityType": "Marketplace", "granularityId": INDIA})
    }
    assert "pagination" not in pages[-1]


def test_quantities_add_up_and_agree_with_the_orders(client):
    truth = client.truth("fba_inventory", marketplace=INDIA)
    reserved = {one["sku"]: one["reserved_customer_order_quantity"] for one in truth if one["condition"] == "NewItem"}
    orders = {one["order_id"]: one for one in client.truth("orders", marketplace=INDIA)}
    ordered = dict.fromkeys(reserved, 0)
    for item in client.truth("order_items", marketplace=INDIA):
        order = orders[item["order_id"]]
        if order["fulfilled_by"] == "AMAZON" and order["fulfillment_status"] in ("PENDING", "UNSHIPPED"):
            ordered[item["sku"]] += item["quantity_ordered"]
    assert reserved == ordered
    assert sum(reserved.values()) > 0
    for one in truth:
        inbound = sum(one[f"inbound_{state}_quantity"] for state in ("working", "shipped", "receiving"))
        stored = ("fulfillable_quantity", "reserved_quantity", "researching_quantity", "unfulfillable_quantity")
        assert one["total_quantity"] == inbound + sum(one[column] for column in stored)


def test_real_stock_has_its_oddities(client):
    truth = client.truth("fba_inventory", marketplace=INDIA)
    channels = {one["sku"]: one["fulfillment_channel"] for one in client.truth("products", marketplace=INDIA)}
    assert {one["condition"] for one in truth} == {"NewItem", "UsedLikeNew"}
    assert any(one["total_quantity"] == 0 for one in truth)
    assert any(channels[one["sku"]] == "DEFAULT" and one["total_quantity"] for one in truth)
    fba = {sku for sku, channel in channels.items() if channel == "AMAZON_IN"}
    assert fba <= {one["sku"] for one in truth}


def test_without_details_there_are_totals_alone(client):
    payload = client.inventory_page(details="false").json()["payload"]
    assert payload["inventorySummaries"]
    assert not any("inventoryDetails" in summary for summary in payload["inventorySummaries"])
    assert client.inventory_page(details=None).json()["payload"] == payload


def test_one_sku_or_several(client):
    skus = list(dict.fromkeys(one["sku"] for one in client.truth("fba_inventory", marketplace=INDIA)))
    plain = [sku for sku in skus if "," not in sku][:50]
    odd = next(sku for sku in skus if "," in sku or "+" in sku)
    assert {one["sellerSku"] for one in client.inventory(sellerSku=odd)} == {odd}
    assert {one["sellerSku"] for one in client.inventory(sellerSkus=",".join(plain))} == set(plain)
    both = client.inventory(sellerSkus=plain[0], sellerSku=plain[1])
    assert {one["sellerSku"] for one in both} == {plain[0]}
    assert client.inventory(sellerSku="nothing") == []


def test_changes_since_a_time_ignore_the_other_filters(client):
    summaries = client.inventory()
    times = sorted(summary["lastUpdatedTime"] for summary in summaries)
    since = times[len(times) // 2]
    changed = client.inventory(startDateTime=since, sellerSku="nothing")
    assert {one["sellerSku"] for one in changed} == {
        one["sellerSku"] for one in summaries if one["lastUpdatedTime"] > since
    }
    assert 0 < len(changed) < len(summaries)


@pytest.mark.parametrize(
    "params",
    [
        {"granularityType": None},
        {"granularityType": "Country"},
        {"granularityId": None},
        {"granularityId": GERMANY},
        {"marketplaceIds": None},
        {"marketplaceIds": f"{INDIA},{GERMANY}"},
        {"details": "yes"},
        {"startDateTime": (datetime.now(UTC) - timedelta(days=600)).isoformat()},
        {"startDateTime": "yesterday"},
        {"sellerSkus": ",".join(f"S{n}" for n in range(51))},
        {"nextToken": "bm9uc2Vuc2U"},
    ],
)
def test_a_request_that_breaks_the_rules_is_refused(client, params):
    answer = client.inventory_page(**params)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "InvalidInput"


def test_a_store_of_another_region_is_forbidden(client):
    america = "ATVPDKIKX0DER"
    assert client.inventory_page(marketplaceIds=america, granularityId=america).status_code == 403


def test_a_store_without_fba_listings_is_refused(client):
    answer = client.inventory_page(marketplaceIds=UNITED_KINGDOM, granularityId=UNITED_KINGDOM)
    assert answer.status_code == 400
    assert "fulfilled by Amazon" in answer.json()["errors"][0]["details"]


@pytest.mark.parametrize(
    ("denied", "status"),
    [
        (("Product Listing",), 200),
        (("Amazon Fulfillment",), 200),
        (("Product Listing", "Amazon Fulfillment"), 403),
    ],
)
def test_either_role_opens_it(new_sandbox, denied, status):
    assert new_sandbox(days=1, denied_roles=denied).inventory_page().status_code == status


def test_a_token_is_good_for_its_own_parameters_alone(client):
    token = client.inventory_page().json()["pagination"]["nextToken"]
    assert client.inventory_page(nextToken=token).status_code == 200
    assert client.inventory_page(nextToken=token, details="false").status_code == 400


def test_a_shrunk_reading_ends_early_and_looks_complete(client):
    whole = [one["sellerSku"] for one in client.inventory()]
    client.fault("inventory-shrunk", 1)
    skus = dict.fromkeys(one["sellerSku"] for one in client.inventory())
    assert list(skus) == list(dict.fromkeys(whole))[: len(set(whole)) // 2]
    assert [one["sellerSku"] for one in client.inventory()] == whole


def test_one_sku_is_missing_from_a_whole_reading(client):
    whole = [one["sellerSku"] for one in client.inventory()]
    client.fault("inventory-sku-missing", 1)
    assert len(set(whole)) - len({one["sellerSku"] for one in client.inventory()}) == 1
    assert [one["sellerSku"] for one in client.inventory()] == whole


def test_a_reading_goes_on_under_the_fault_that_began_it(client):
    """A fault that is switched on between two pages strikes the next reading, not this one."""
    first = client.inventory_page().json()
    client.fault("inventory-shrunk", 1)
    rest = list(client.inventory_pages(nextToken=first["pagination"]["nextToken"]))
    summaries = [first, *rest]
    assert sum(len(page["payload"]["inventorySummaries"]) for page in summaries) == len(
        client.truth("fba_inventory", marketplace=INDIA)
    )
    assert len(client.inventory()) < len(client.truth("fba_inventory", marketplace=INDIA)) * 0.6


def test_a_seller_can_be_told_that_it_is_not_enrolled(client):
    client.fault("not-enrolled-in-fba", 1)
    answer = client.inventory_page()
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "InvalidInput")
    assert client.inventory_page().status_code == 200


def test_the_inventory_of_a_real_order_file_agrees_with_its_orders(tmp_path, new_sandbox):
    changes = [{"Order ID": f"4-{n}", "Date": f"05-{1 + n % 28:02d}-22"} for n in range(40)]
    changes += [{"Order ID": "5-1", "Date": "05-28-22", "Status": "Pending", "Qty": "7"}]
    client = new_sandbox(orders_csv=write_export(tmp_path / "orders.csv", changes))
    (new, *_) = client.inventory()
    assert new["sellerSku"] == LINE["SKU"]
    assert value(new, "inventoryDetails.reservedQuantity.pendingCustomerOrderQuantity") == 7
