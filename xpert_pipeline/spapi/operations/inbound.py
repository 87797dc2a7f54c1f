"""Fulfillment Inbound API: shipments and items of v0, and the plans of 2024-03-20 with their shipments.

v0 knows every shipment with its received units, and has a change filter. 2024-03-20 knows only shipments that were made
by a plan; its list of plans has no filter by time, but the newest change can come first. Addresses are left out.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from xpert_pipeline.spapi.operations.paging import Page, PagedOperation
from xpert_pipeline.spapi.operations.times import from_amazon, to_amazon
from xpert_pipeline.spapi.quota.usage_plans import page
from xpert_pipeline.spapi.session import SellerApi

FIRST = datetime(2010, 1, 1, tzinfo=UTC)
"""Before the first shipment that can exist."""
ON_NEXT = {"QueryType": "NEXT_TOKEN", "LastUpdatedAfter": None, "LastUpdatedBefore": None}
SHIPMENTS = PagedOperation(
    "getShipments",
    "payload.ShipmentData",
    identity=("ShipmentId",),
    token="NextToken",  # noqa: S106  the name of a parameter
    on_next=ON_NEXT,
)
SHIPMENT_ITEMS = PagedOperation(
    "getShipmentItems",
    "payload.ItemData",
    identity=("ShipmentId", "SellerSKU"),
    token="NextToken",  # noqa: S106  the name of a parameter
    on_next=ON_NEXT,
)
PLANS = PagedOperation("listInboundPlans", "inboundPlans", ("inboundPlanId",), token="paginationToken")  # noqa: S106
PLAN_ITEMS = PagedOperation("listShipmentItems", "items", (), token="paginationToken")  # noqa: S106
PLAN_CALLS = {"getInboundPlan": 20, "getShipment": 20, "listShipmentItems": 20}
"""Further operations of a walk of plans, with the SKUs that one call may cover; a guess for planning."""
PLAN_PAGE = page("listInboundPlans")
PERSONAL = ("ShipFromAddress", "sourceAddress", "source", "contactInformation", "packingOptions", "placementOptions")
"""Parts of the answers with addresses and persons, and parts that nobody reads."""


def shipments(api: SellerApi, marketplace_id: str, since: datetime | None) -> Iterator[Page]:
    """Walk the shipments to a marketplace that changed since a time; all of them without one."""
    return _changed(SHIPMENTS, api, marketplace_id, since)


def shipment_items(api: SellerApi, marketplace_id: str, since: datetime | None) -> Iterator[Page]:
    """Walk the items of the shipments to a marketplace that changed since a time."""
    return _changed(SHIPMENT_ITEMS, api, marketplace_id, since)


def plan_items(api: SellerApi, marketplace_id: str, since: datetime | None) -> Iterator[Page]:
    """Walk the plans of a marketplace that changed since a time, the newest change first.

    A record is a SKU in a shipment of a plan: `plan`, `shipment`, and `item` with the units of all its lots and their
    number. A shipment without items is one record without an item. Each page has the records of a page of plans.
    """
    params = {"pageSize": PLAN_PAGE, "sortBy": "LAST_UPDATED_TIME", "sortOrder": "DESC"}
    for plans in PLANS.pages(api, **params):
        changed = [plan for plan in plans.records if not _is_older(plan, since)]
        own = [plan for plan in changed if marketplace_id in (plan.get("marketplaceIds") or ())]
        records = [record for plan in own for record in _of_plan(api, plan["inboundPlanId"])]
        yield Page(records, {}, is_first=plans.is_first)
        if len(changed) < len(plans.records):
            return


def _changed(operation: PagedOperation, api: SellerApi, marketplace_id: str, since: datetime | None) -> Iterator[Page]:
    window = {
        "LastUpdatedAfter": to_amazon(since or FIRST),
        "LastUpdatedBefore": to_amazon(api.server_now()),
    }
    for each in operation.pages(api, QueryType="DATE_RANGE", MarketplaceId=marketplace_id, **window):
        yield Page([_without_persons(record) for record in each.records], {}, is_first=each.is_first)


def _is_older(plan: Mapping[str, Any], since: datetime | None) -> bool:
    updated = from_amazon(plan.get("lastUpdatedAt"))
    return since is not None and updated is not None and updated < since


def _of_plan(api: SellerApi, plan_id: str) -> Iterator[dict[str, Any]]:
    plan = api.call("getInboundPlan", plan_id, expects={"inboundPlanId": str})
    for summary in plan.get("shipments") or ():
        shipment = api.call("getShipment", plan_id, summary["shipmentId"], expects={"shipmentId": str})
        facts = {"plan": _without_persons(plan), "shipment": {**summary, **_without_persons(shipment)}}
        items = _lots_together(_items(api, plan_id, summary["shipmentId"]))
        yield from ({**facts, "item": item} for item in items or [{}])


def _items(api: SellerApi, plan_id: str, shipment_id: str) -> list[Any]:
    items: list[Any] = []
    for each in PLAN_ITEMS.pages(api, plan_id, shipment_id, pageSize=page("listShipmentItems")):
        items = [*([] if each.is_first else items), *each.records]
    return items


def _lots_together(lots: list[Any]) -> list[dict[str, Any]]:
    """Add up the lots of each SKU: Amazon lists it once for each expiry date, lot, preparation and label owner."""
    items: dict[Any, dict[str, Any]] = {}
    for lot in lots:
        item = items.setdefault(lot.get("msku"), {**lot, "quantity": 0, "lots": 0})
        item["quantity"] += lot["quantity"]
        item["lots"] += 1
    return list(items.values())


def _without_persons(record: Any) -> Any:
    if not isinstance(record, Mapping):
        return record
    return {name: value for name, value in record.items() if name not in PERSONAL}
