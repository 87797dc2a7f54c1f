"""Inbound shipments: both APIs and the listings make one row for each SKU; changes are followed, what is gone is kept."""

from datetime import UTC, datetime
from types import SimpleNamespace
from uuid import uuid4

import pytest

from xpert_pipeline.assets.catalog.products import SOURCE as PRODUCTS
from xpert_pipeline.assets.inbound import (
    inbound_plan_items,
    inbound_shipment_items,
    inbound_shipments,
    shipments_inbound,
)
from xpert_pipeline.assets.inbound.inbound_plan_items import newest_appointment, tracking_ids
from xpert_pipeline.assets.inbound.shipments_inbound import SHIPMENTS_INBOUND
from xpert_pipeline.postgres.derive import derive
from xpert_pipeline.postgres.lease import hold
from xpert_pipeline.postgres.pool import tenant
from xpert_pipeline.postgres.sql_files import transform
from xpert_pipeline_tests.faults.conftest import DAGSTERS_OWN, empty_pipeline, make_sandbox
from xpert_pipeline_tests.sources.conftest import GERMANY, INDIA, TODAY

__all__ = ["empty_pipeline", "make_sandbox"]
pytestmark = [pytest.mark.filterwarnings(DAGSTERS_OWN), pytest.mark.timeout(120)]
TABLES = ("inbound_shipments", "inbound_shipment_items", "inbound_plan_items", "shipments_inbound")
SOURCES = (
    PRODUCTS,
    inbound_shipments.SOURCE,
    inbound_shipment_items.SOURCE,
    inbound_plan_items.SOURCE,
    shipments_inbound.SOURCE,
)


def test_every_shipment_of_every_store_is_joined_and_later_runs_read_only_changes(empty_pipeline, make_sandbox):
    pipeline = empty_pipeline
    pipeline.sources = SOURCES
    stores = (INDIA, GERMANY)
    pipeline.serve(make_sandbox(marketplaces=stores, days=15, orders_per_day=12, skus=12), onboard=False)
    pipeline.add_seller(pipeline.sellers[0], "Atzr|sandbox-1", marketplaces=stores)
    done = pipeline.run(days=[pipeline.today])
    assert (done.errors, set(done.states.values())) == ({}, {"ok"})
    pipeline.assert_whole(*TABLES)
    rows = pipeline.rows("shipments_inbound")
    assert {row["marketplace_id"] for row in rows} == {INDIA, GERMANY}
    statuses = {row["shipment_status"] for row in rows}
    assert "CLOSED" in statuses
    assert len(statuses) >= 2
    assert {True, False} == {row["inbound_plan_id"] is None for row in rows}, "with a plan and without"
    assert {1, 2} <= {row["lot_count"] for row in rows}
    assert any(row["discrepancy_quantity"] for row in rows if row["shipment_status"] != "CLOSED")
    said = str(pipeline.rows("inbound_shipments")) + str(rows) + pipeline.everything_said()
    assert "Sandbox Street" not in said
    assert "seller@sandbox" not in said

    plans = pipeline.calls("getInboundPlan")
    again = pipeline.run(days=[pipeline.today])
    assert pipeline.calls("getInboundPlan") == plans, "no plan has changed"
    for table in TABLES:
        assert {again.counts[table][name] for name in ("inserted", "updated", "deleted")} == {0}, table
    assert {load["window_kind"] for load in pipeline.rows("loads") if load["table_name"] in TABLES} == {
        "snapshot",
        "updated",
        "derived",
    }


@pytest.fixture
def shipped(pool, seller, admin):
    """Puts rows into the sources of shipments_inbound, and computes it."""

    def put(table, **values):
        values |= {"seller_id": seller.id, "marketplace_id": INDIA, "source": "a test", "load_id": uuid4()}
        names, places = ", ".join(values), ", ".join(["%s"] * len(values))
        admin.execute(f"insert into {table} ({names}) values ({places})", list(values.values()))

    def compute(columns):
        with hold(pool, seller.id, "shipments_inbound") as lease:
            counts = derive(
                pool,
                seller_id=seller.id,
                table=SHIPMENTS_INBOUND,
                statement=transform("shipments_inbound"),
                lease=lease,
                run_id="run",
                requested_days=[TODAY],
                started_at=datetime.now(UTC),
            )
        with tenant(pool, seller.id) as conn:
            rows = conn.execute(f"select shipment_id, sku, {columns} from shipments_inbound order by 1, 2").fetchall()
        return {row[:2]: row[2:] for row in rows}, counts

    return SimpleNamespace(put=put, compute=compute)


def test_each_source_adds_what_it_knows(shipped):
    """FBA1 sends 10 of A, of which 7 arrived; FBA2 has no items; FBA3 is known by its plan alone; one is unconfirmed."""
    shipped.put("products", sku="A", asin="B0LISTED")
    shipped.put("inbound_shipments", shipment_id="FBA1", shipment_status="RECEIVING", shipment_name="First")
    shipped.put("inbound_shipments", shipment_id="FBA2", shipment_status="A NEW WORD")
    shipped.put("inbound_shipment_items", shipment_id="FBA1", sku="A", shipped_quantity=10, received_quantity=7)
    shipped.put("inbound_shipment_items", shipment_id="FBA1", sku="B", shipped_quantity=3)
    plan = {"inbound_plan_id": "wf1", "plan_shipment_id": "sh1", "plan_shipment_status": "MIXED"}
    shipped.put(
        "inbound_plan_items", **plan, shipment_id="FBA1", sku="A", asin="B0PLAN", planned_quantity=12, lot_count=2
    )
    other = plan | {"inbound_plan_id": "wf3", "plan_shipment_id": "sh3"}
    shipped.put("inbound_plan_items", **other, shipment_id="FBA3", sku="C", asin="B0C", planned_quantity=4, lot_count=1)
    shipped.put("inbound_plan_items", **other | {"plan_shipment_id": "sh4"}, sku="D", planned_quantity=4, lot_count=1)
    columns = "shipment_status, asin, shipped_quantity, discrepancy_quantity, planned_quantity, plan_shipment_status"
    rows, counts = shipped.compute(columns)
    assert rows == {
        ("FBA1", "A"): ("RECEIVING", "B0LISTED", 10, 3, 12, "MIXED"),
        ("FBA1", "B"): ("RECEIVING", None, 3, None, None, "MIXED"),
        ("FBA2", "(no SKU)"): ("A NEW WORD", None, None, None, None, None),
        ("FBA3", "C"): ("MIXED", "B0C", None, None, 4, "MIXED"),
    }
    again, counts = shipped.compute(columns)
    assert (again, counts.inserted, counts.updated, counts.deleted) == (rows, 0, 0, 0)


def test_a_shipment_that_amazon_no_longer_tells_of_keeps_its_last_state(shipped, admin):
    shipped.put("inbound_shipments", shipment_id="FBA1", shipment_status="CLOSED")
    shipped.put("inbound_shipments", shipment_id="FBA2", shipment_status="WORKING")
    shipped.put("inbound_shipment_items", shipment_id="FBA1", sku="A", shipped_quantity=10, received_quantity=9)
    columns = "shipment_status, discrepancy_quantity, is_current"
    first = {("FBA1", "A"): ("CLOSED", 1, True), ("FBA2", "(no SKU)"): ("WORKING", None, True)}
    assert shipped.compute(columns)[0] == first
    admin.execute("delete from inbound_shipments where shipment_id = 'FBA1'")
    admin.execute("delete from inbound_shipment_items")
    shipped.put("inbound_shipment_items", shipment_id="FBA2", sku="B", shipped_quantity=5, received_quantity=0)
    rows, _ = shipped.compute(columns)
    assert rows == {("FBA1", "A"): ("CLOSED", 1, False), ("FBA2", "B"): ("WORKING", 5, True)}


def test_tracking_ids_of_parcels_and_freight_are_each_listed_once():
    parcels = {"spdTrackingItems": [{"trackingId": "2"}, {"trackingId": "1"}, {"boxId": "x"}, {"trackingId": "2"}]}
    details = {"spdTrackingDetail": parcels, "ltlTrackingDetail": {"freightBillNumber": ["3"]}}
    assert tracking_ids(details) == ["1", "2", "3"]
    assert tracking_ids({"spdTrackingDetail": None}) is tracking_ids(None) is None


def test_the_appointment_with_the_highest_id_counts():
    known = [
        {"appointmentId": 2, "appointmentStatus": "CLOSED"},
        None,
        {"appointmentId": 1, "appointmentStatus": "NEW"},
    ]
    assert newest_appointment(known) == "CLOSED"
    assert newest_appointment([]) is newest_appointment(None) is None
