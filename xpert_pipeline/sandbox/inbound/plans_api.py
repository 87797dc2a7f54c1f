"""Fulfillment Inbound API 2024-03-20: plans, their shipments, and the items of these by lot."""

from typing import Any

from xpert_pipeline.sandbox.inbound.facts import Inbound, inbound_of
from xpert_pipeline.sandbox.serving import parameters
from xpert_pipeline.sandbox.serving.errors import not_found
from xpert_pipeline.sandbox.serving.formats import zulu
from xpert_pipeline.sandbox.serving.operation import Call

ADDRESS = {
    "name": "A sandbox seller",
    "addressLine1": "1 Sandbox Street",
    "city": "Jaipur",
    "postalCode": "302001",
    "phoneNumber": "+91 00000 00000",
    "email": "seller@sandbox.example",
}
STATUSES = ("ACTIVE", "VOIDED", "SHIPPED")


def list_inbound_plans(call: Call) -> dict[str, Any]:
    """Return one page of the seller's plans in all stores."""
    query = call.query
    by = parameters.choice(query, "sortBy", ("LAST_UPDATED_TIME", "CREATION_TIME"), "LAST_UPDATED_TIME")
    descending = parameters.choice(query, "sortOrder", ("ASC", "DESC"), "DESC") == "DESC"
    status = parameters.text(query, "status")
    plans = [one for one in _plans(call) if status is None or _status(one) == status]
    plans.sort(
        key=lambda one: (one.updated if by == "LAST_UPDATED_TIME" else one.created, one.plan_id), reverse=descending
    )
    page = call.page()
    return {"inboundPlans": [_summary(one) for one in page.cut(plans)]} | page.pagination(len(plans))


def get_inbound_plan(call: Call) -> dict[str, Any]:
    """Return a plan with its shipments."""
    one = _plan(call)
    return _summary(one) | {
        "packingOptions": [],
        "placementOptions": [],
        "shipments": [{"shipmentId": one.uuid, "status": one.plan_status}],
    }


def get_shipment(call: Call) -> dict[str, Any]:
    """Return a shipment of a plan."""
    one = _plan(call)
    address = ADDRESS | {"countryCode": one.store.country}
    answer: dict[str, Any] = {
        "shipmentId": one.uuid,
        "shipmentConfirmationId": one.shipment.id,
        "placementOptionId": f"pl{one.uuid[2:]}",
        "name": one.name,
        "status": one.plan_status,
        "source": {"sourceType": "SELLER_FACILITY", "address": address},
        "destination": {"destinationType": "AMAZON_WAREHOUSE", "warehouseId": one.centre},
        "contactInformation": {"name": "A sandbox seller", "phoneNumber": "+91 00000 00000"},
    }
    if one.delivery_window:
        start, end = map(zulu, one.delivery_window)
        window = {"availabilityType": "AVAILABLE", "deliveryWindowOptionId": f"dw{one.uuid[2:]}"}
        answer["selectedDeliveryWindow"] = window | {"startDate": start, "endDate": end}
    if one.tracking:
        items = [{"boxId": f"{one.shipment.id}U{n:06d}", "trackingId": text} for n, text in enumerate(one.tracking, 1)]
        answer["trackingDetails"] = {"spdTrackingDetail": {"spdTrackingItems": items}}
    if one.appointment:
        answer["selfShipAppointmentDetails"] = [{"appointmentId": 1, "appointmentStatus": one.appointment}]
    return answer


def list_shipment_items(call: Call) -> dict[str, Any]:
    """Return one page of a shipment's items, one for each lot."""
    one = _plan(call)
    items = [
        {
            "msku": item.sku,
            "fnsku": item.fn_sku,
            "asin": one.stock.asins[item.sku],
            "quantity": units,
            "labelOwner": "SELLER",
            "prepInstructions": [{"prepType": "ITEM_LABELING", "prepOwner": "SELLER"}],
        }
        | ({"expiration": expires} if expires else {})
        for item in one.shipment.items
        for units, expires in one.lots(item)
    ]
    page = call.page()
    return {"items": list(page.cut(items))} | page.pagination(len(items))


def _plans(call: Call) -> list[Inbound]:
    stores = call.world.marketplace_ids
    return [one for store in stores for one in inbound_of(call.world, store, call.now) if one.has_plan]


def _plan(call: Call) -> Inbound:
    """Return the plan that the path names, and its shipment if the path names one.

    Raises:
        ApiError: 404 if there is none.
    """
    shipment_id = call.path.get("shipmentId")
    for one in _plans(call):
        if one.plan_id == call.path["inboundPlanId"] and shipment_id in (None, one.uuid):
            return one
    raise not_found()


def _status(one: Inbound) -> str:
    return "ACTIVE" if one.day < one.shipment.shipped else "SHIPPED"


def _summary(one: Inbound) -> dict[str, Any]:
    return {
        "inboundPlanId": one.plan_id,
        "name": one.name,
        "status": _status(one),
        "createdAt": zulu(one.created),
        "lastUpdatedAt": zulu(one.updated),
        "marketplaceIds": [one.store.id],
        "sourceAddress": ADDRESS | {"countryCode": one.store.country},
    }
