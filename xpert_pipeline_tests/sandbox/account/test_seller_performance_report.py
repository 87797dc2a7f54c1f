"""The report about the account's health: Amazon's own schema, and figures that follow from the world."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from xpert_pipeline.sandbox.world.records import SHIPPED
from xpert_pipeline_tests.sandbox.client import INDIA
from xpert_pipeline_tests.sandbox.conftest import LARGE_STORES

REPORT = "GET_V2_SELLER_PERFORMANCE_REPORT"
SCHEMA = (
    Path(__file__).resolve().parents[4]
    / "shared"
    / "spapi"
    / "schemas"
    / "reports"
    / "accountHealthReport-2020-11-18.json"
)


def read(client, marketplace=INDIA, **window):
    return json.loads(client.text(client.report(REPORT, marketplace=marketplace, **window)))


def test_every_store_has_a_state_and_metrics(large_client):
    for store in LARGE_STORES:
        document = read(large_client, store)
        assert [each["marketplaceId"] for each in document["accountStatuses"]] == [store]
        assert [each["marketplaceId"] for each in document["performanceMetrics"]] == [store]


@pytest.mark.skipif(not SCHEMA.is_file(), reason="Amazon's schemas are missing")
def test_the_document_keeps_amazons_schema_but_for_the_metric_of_the_us(client):
    validator = Draft7Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
    (error,) = validator.iter_errors(read(client))
    assert error.message == "'unitOnTimeDeliveryRate' is a required property"


def test_the_period_that_is_asked_for_changes_nothing(client):
    assert read(client) == read(client, start="2025-01-01T00:00:00Z", end="2025-01-31T00:00:00Z")


def test_the_figures_follow_from_the_orders(client):
    (metrics,) = read(client)["performanceMetrics"]
    (world,) = client.running.state.worlds.values()
    shipped = [order for order in world.orders if order.status == SHIPPED and order.is_sale]
    by_seller = [order for order in shipped if not order.fba]
    late = metrics["lateShipmentRate"]
    assert late["orderCount"] == len(by_seller) > 0
    assert late["lateShipmentCount"] == sum(order.updated - order.created > 2 * 86_400 for order in by_seller)
    assert late["rate"] == round(late["lateShipmentCount"] / late["orderCount"], 4)
    defects = metrics["orderDefectRate"]
    assert defects["afn"]["orderCount"] + defects["mfn"]["orderCount"] == len(shipped)
