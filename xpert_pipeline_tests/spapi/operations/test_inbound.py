"""Inbound shipments: a window and then the token alone, changed plans alone, lots of one SKU added up, no addresses."""

from datetime import UTC, datetime

from xpert_pipeline.spapi.operations.inbound import plan_items, shipment_items, shipments
from xpert_pipeline_tests.spapi.scripted import Reply

INDIA, GERMANY = "A21TJRUUN4KGV", "A1PA6795UKMFR9"
V0, PLANS = "/fba/inbound/v0", "/inbound/fba/2024-03-20/inboundPlans"
SINCE = datetime(2026, 11, 1, tzinfo=UTC)


def test_a_window_is_asked_for_once_and_the_token_comes_with_the_marketplace_alone(amazon, api):
    one = {"ShipmentId": "FBA1", "ShipFromAddress": {"City": "Jaipur"}, "AreCasesRequired": False}
    amazon.on(
        "GET",
        f"{V0}/shipments",
        Reply(200, {"payload": {"ShipmentData": [one], "NextToken": "more"}}),
        Reply(200, {"payload": {"ShipmentData": [one | {"ShipmentId": "FBA2"}]}}),
    )
    records = [record for page in shipments(api, INDIA, SINCE) for record in page.records]
    assert records == [{"ShipmentId": name, "AreCasesRequired": False} for name in ("FBA1", "FBA2")]
    first, second = (call.query for call in amazon.calls(f"{V0}/shipments"))
    assert first.pop("LastUpdatedBefore")
    assert first == {
        "QueryType": ["DATE_RANGE"],
        "MarketplaceId": [INDIA],
        "LastUpdatedAfter": ["2026-11-01T00:00:00.000Z"],
    }
    assert second == {"QueryType": ["NEXT_TOKEN"], "MarketplaceId": [INDIA], "NextToken": ["more"]}


def test_without_a_time_all_items_are_asked_for(amazon, api):
    amazon.on("GET", f"{V0}/shipmentItems", Reply(200, {"payload": {"ItemData": []}}))
    assert [page.records for page in shipment_items(api, INDIA, None)] == [[]]
    (call,) = amazon.calls(f"{V0}/shipmentItems")
    assert call.query["LastUpdatedAfter"] == ["2010-01-01T00:00:00.000Z"]


def plan(number, updated, marketplace=INDIA):
    return {"inboundPlanId": f"wf{number}", "lastUpdatedAt": updated, "marketplaceIds": [marketplace], "name": "n"}


def lot(sku, quantity, expiration):
    return {"msku": sku, "fnsku": "X0", "asin": "B0", "quantity": quantity, "expiration": expiration}


def test_only_plans_that_changed_are_read_and_lots_of_one_sku_are_added_up(amazon, api):
    plans = [plan(3, "2026-11-03T00:00:00Z", GERMANY), plan(2, "2026-11-02T00:00:00Z"), plan(1, "2026-10-31T00:00:00Z")]
    amazon.on("GET", PLANS, Reply(200, {"inboundPlans": plans, "pagination": {"nextToken": "older"}}), Reply(500, {}))
    address = {"name": "A person", "phoneNumber": "1"}
    amazon.on("GET", f"{PLANS}/wf2", Reply(200, plans[1] | {"sourceAddress": address, "shipments": [
        {"shipmentId": "sh1", "status": "WORKING"}, {"shipmentId": "sh2", "status": "ABANDONED"},
    ]}))  # fmt: skip
    for number in (1, 2):
        shipment = {"shipmentId": f"sh{number}", "source": {"address": address}, "contactInformation": address}
        amazon.on("GET", f"{PLANS}/wf2/shipments/sh{number}", Reply(200, shipment))
    lots = [lot("A", 3, "2027-01-01"), lot("B", 1, "2027-01-01"), lot("A", 4, "2027-02-01")]
    amazon.on("GET", f"{PLANS}/wf2/shipments/sh1/items", Reply(200, {"items": lots}))
    amazon.on("GET", f"{PLANS}/wf2/shipments/sh2/items", Reply(200, {"items": []}))
    (page,) = plan_items(api, INDIA, SINCE)
    found = [(one["shipment"]["shipmentId"], one["shipment"]["status"], one["item"]) for one in page.records]
    assert [
        (where, status, item.get("msku"), item.get("quantity"), item.get("lots")) for where, status, item in found
    ] == [
        ("sh1", "WORKING", "A", 7, 2),
        ("sh1", "WORKING", "B", 1, 1),
        ("sh2", "ABANDONED", None, None, None),
    ]
    assert "A person" not in str(page.records)
    assert len(amazon.calls(PLANS)) == 1, "the next page has only older plans"
    assert amazon.calls(PLANS)[0].query == {
        "pageSize": ["30"],
        "sortBy": ["LAST_UPDATED_TIME"],
        "sortOrder": ["DESC"],
    }
