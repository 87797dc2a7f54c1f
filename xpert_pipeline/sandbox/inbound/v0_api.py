"""Fulfillment Inbound API v0: getShipments and getShipmentItems.

Amazon does not say how many records its pages have. The sandbox's are short, so that small sellers have several.
"""

from bisect import bisect_right
from itertools import accumulate
from typing import Any

from xpert_pipeline.sandbox.inbound.facts import Inbound, inbound_of
from xpert_pipeline.sandbox.serving import parameters
from xpert_pipeline.sandbox.serving.errors import invalid
from xpert_pipeline.sandbox.serving.operation import Call
from xpert_pipeline.sandbox.serving.paging import Page

DATE_RANGE, SHIPMENT, NEXT_TOKEN = "DATE_RANGE", "SHIPMENT", "NEXT_TOKEN"
FILTERS = (
    "WORKING", "READY_TO_SHIP", "SHIPPED", "RECEIVING", "CANCELLED", "DELETED", "CLOSED", "ERROR", "IN_TRANSIT",
    "DELIVERED", "CHECKED_IN",
)  # fmt: skip
"""The states that a request may name. Answers never have READY_TO_SHIP."""
CARRIED = ("LastUpdatedAfter", "LastUpdatedBefore")
"""Parameters of the first page that the token has, so that a request with a token does not repeat them."""


def get_shipments(call: Call) -> dict[str, Any]:
    """Return one page of the shipments that changed in a window, or of those with some ids."""
    page = call.page()
    kind = _kind(call, page, (SHIPMENT, DATE_RANGE))
    states = parameters.values(page.query, "ShipmentStatusList", known=FILTERS)
    shipments = _changed(call, page) if kind == DATE_RANGE else list(_of_marketplace(call, page))
    if kind == SHIPMENT:
        ids = parameters.values(page.query, "ShipmentIdList", most=999)
        if not ids and not states:
            raise invalid("ShipmentStatusList or ShipmentIdList: one of them is required.")
        shipments = [one for one in shipments if not ids or one.shipment.id in ids]
    shipments = [one for one in shipments if not states or one.status in states]
    return _answer("ShipmentData", [_shipment(one) for one in page.cut(shipments)], page, len(shipments))


def get_shipment_items(call: Call) -> dict[str, Any]:
    """Return one page of the items of the shipments that changed in a window."""
    page = call.page()
    _kind(call, page, (DATE_RANGE,))
    changed = _changed(call, page)
    ends = [0, *accumulate(len(one.shipment.items) for one in changed)]
    records = []
    for place in page.cut(range(ends[-1])):
        number = bisect_right(ends, place) - 1
        one = changed[number]
        records.append(_item(one, one.shipment.items[place - ends[number]]))
    return _answer("ItemData", records, page, ends[-1])


def _kind(call: Call, page: Page, kinds: tuple[str, ...]) -> str:
    """Check the kind of the request, and return that of the first page."""
    asked = parameters.choice(call.query, "QueryType", (*kinds, NEXT_TOKEN), "")
    if (asked == NEXT_TOKEN) != (page.token is not None):
        raise invalid("QueryType: is NEXT_TOKEN if, and only if, the request has a NextToken.")
    return parameters.choice(page.query, "QueryType", kinds, "")


def _of_marketplace(call: Call, page: Page) -> list[Inbound]:
    marketplace_id = parameters.text(page.query, "MarketplaceId")
    if marketplace_id is None:
        raise invalid("MarketplaceId: is required.")
    parameters.check_region([marketplace_id])
    return list(inbound_of(call.world, marketplace_id, call.now))


def _changed(call: Call, page: Page) -> list[Inbound]:
    bounds = [parameters.moment(page.query, name) for name in CARRIED]
    if None in bounds:
        raise invalid(f"{' and '.join(CARRIED)}: are required with QueryType DATE_RANGE.")
    return [one for one in _of_marketplace(call, page) if (bounds[0] or 0) <= one.updated <= (bounds[1] or 0)]


def _answer(name: str, records: list[dict[str, Any]], page: Page, total: int) -> dict[str, Any]:
    token = page.pagination(total).get("nextToken")
    return {"payload": {name: records} | ({"NextToken": token} if token else {})}


def _shipment(one: Inbound) -> dict[str, Any]:
    return {
        "ShipmentId": one.shipment.id,
        "ShipmentName": one.name,
        "ShipFromAddress": {
            "Name": "A sandbox seller",
            "AddressLine1": "1 Sandbox Street",
            "City": "Jaipur",
            "StateOrProvinceCode": "RJ",
            "CountryCode": one.store.country,
            "PostalCode": "302001",
        },
        "DestinationFulfillmentCenterId": one.centre,
        "ShipmentStatus": one.status,
        "LabelPrepType": one.label_prep,
        "AreCasesRequired": False,
        "BoxContentsSource": "INTERACTIVE",
    }


def _item(one: Inbound, item: Any) -> dict[str, Any]:
    return {
        "ShipmentId": one.shipment.id,
        "SellerSKU": item.sku,
        "FulfillmentNetworkSKU": item.fn_sku,
        "QuantityShipped": item.quantity,
        "QuantityReceived": item.received(one.day),
        "QuantityInCase": 0,
        "PrepDetailsList": [{"PrepInstruction": "Labeling", "PrepOwner": "SELLER"}],
    }
