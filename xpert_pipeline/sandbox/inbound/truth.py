"""The rows that a perfect pipeline would load for inbound shipments. Times are UTC."""

from collections.abc import Iterator
from typing import Any

from xpert_pipeline.sandbox.inbound.facts import Inbound, inbound_of
from xpert_pipeline.sandbox.serving.formats import zulu
from xpert_pipeline.sandbox.world.movements import InboundItem
from xpert_pipeline.sandbox.world.records import World

Row = dict[str, Any]


def inbound_shipments(world: World) -> Iterator[Row]:
    """Yield one row for each shipment."""
    for one in _all(world):
        yield {
            "marketplace_id": one.store.id,
            "shipment_id": one.shipment.id,
            "shipment_name": one.name,
            "shipment_status": one.status,
            "fulfillment_center_id": one.centre,
            "label_prep_type": one.label_prep,
            "is_case_packed": False,
            "box_contents_source": "INTERACTIVE",
            "needed_by_date": None,
        }


def inbound_shipment_items(world: World) -> Iterator[Row]:
    """Yield one row for each SKU of a shipment."""
    for one in _all(world):
        for item in one.shipment.items:
            yield {
                "marketplace_id": one.store.id,
                "shipment_id": one.shipment.id,
                "sku": item.sku,
                "fn_sku": item.fn_sku,
                "shipped_quantity": item.quantity,
                "received_quantity": item.received(one.day),
                "case_quantity": 0,
            }


def inbound_plan_items(world: World) -> Iterator[Row]:
    """Yield one row for each SKU of a planned shipment, with all its lots."""
    for one in _all(world):
        for item in one.shipment.items if one.has_plan else ():
            yield {
                "marketplace_id": one.store.id,
                "inbound_plan_id": one.plan_id,
                "plan_shipment_id": one.uuid,
                "shipment_id": one.shipment.id,
                "sku": item.sku,
                "fn_sku": item.fn_sku,
                "asin": one.stock.asins[item.sku],
                "planned_quantity": item.quantity,
                "lot_count": len(one.lots(item)),
                **_planned(one),
                "plan_name": one.name,
                "plan_status": "ACTIVE" if one.day < one.shipment.shipped else "SHIPPED",
                "plan_shipment_status": one.plan_status,
                "fulfillment_center_id": one.centre,
            }


def shipments_inbound(world: World) -> Iterator[Row]:
    """Yield one row for each SKU of a shipment, with what its plan adds."""
    for one in _all(world):
        for item in one.shipment.items:
            yield _joined(one, item)


def _joined(one: Inbound, item: InboundItem) -> Row:
    received = item.received(one.day)
    nothing = dict.fromkeys(
        ("inbound_plan_id", "plan_shipment_id", "plan_status", "plan_shipment_status", "planned_quantity", "lot_count")
    )
    plan = {
        "inbound_plan_id": one.plan_id,
        "plan_shipment_id": one.uuid,
        "plan_status": "ACTIVE" if one.day < one.shipment.shipped else "SHIPPED",
        "plan_shipment_status": one.plan_status,
        "planned_quantity": item.quantity,
        "lot_count": len(one.lots(item)),
    }
    return {
        "marketplace_id": one.store.id,
        "shipment_id": one.shipment.id,
        "sku": item.sku,
        "shipment_name": one.name,
        "shipment_status": one.status,
        "fulfillment_center_id": one.centre,
        "label_prep_type": one.label_prep,
        "is_case_packed": False,
        "fn_sku": item.fn_sku,
        "asin": one.stock.asins[item.sku],
        "shipped_quantity": item.quantity,
        "received_quantity": received,
        "discrepancy_quantity": item.quantity - received,
        "case_quantity": 0,
        **(plan if one.has_plan else nothing),
        **(_planned(one) if one.has_plan else dict.fromkeys(_planned(one))),
        "is_current": True,
    }


def _planned(one: Inbound) -> Row:
    start, end = map(zulu, one.delivery_window) if one.delivery_window else (None, None)
    return {
        "tracking_ids": one.tracking or None,
        "delivery_window_start_at": start,
        "delivery_window_end_at": end,
        "appointment_status": one.appointment,
        "plan_created_at": zulu(one.created),
        "plan_updated_at": zulu(one.updated),
    }


def _all(world: World) -> Iterator[Inbound]:
    for marketplace_id in world.marketplace_ids:
        yield from inbound_of(world, marketplace_id, world.end_of(marketplace_id))
