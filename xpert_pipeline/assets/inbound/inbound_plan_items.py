"""inbound_plan_items: the SKUs in the shipments of inbound plans, with tracking, delivery window and appointment."""

from collections.abc import Mapping
from typing import Annotated, Any

from typing_extensions import TypedDict

from xpert_pipeline.assets.inbound.inbound_shipments import ROLES
from xpert_pipeline.sources.snapshot import Snapshot
from xpert_pipeline.sources.snapshot_pages import Pages
from xpert_pipeline.sources.values import instant
from xpert_pipeline.spapi.operations.inbound import PLAN_CALLS, PLAN_PAGE, plan_items
from xpert_pipeline.tables.about import About
from xpert_pipeline.tables.columns import At, Null
from xpert_pipeline.tables.contract import Table
from xpert_pipeline.tables.fields import Id, Instant, MarketplaceId, Quantity, Text

NO_SKU = "(no SKU)"


def sku_of(text: Any) -> Any:
    """Return the SKU of an item, or a word for its absence."""
    return text or NO_SKU


def tracking_ids(details: Any) -> list[str] | None:
    """Return the carriers' ids of all boxes and freight bills, each once and sorted; None if there is none."""
    parcels = ((details or {}).get("spdTrackingDetail") or {}).get("spdTrackingItems") or ()
    freight = ((details or {}).get("ltlTrackingDetail") or {}).get("freightBillNumber") or ()
    return sorted({text for text in (*(parcel.get("trackingId") for parcel in parcels), *freight) if text}) or None


def newest_appointment(appointments: Any) -> str | None:
    """Return the state of the appointment with the highest id, which is the newest one."""
    known: list[Mapping[str, Any]] = [each for each in appointments or () if each]
    newest = max(known, key=lambda each: each.get("appointmentId") or 0, default={})
    return newest.get("appointmentStatus")


class InboundPlanItemRow(TypedDict):
    """One SKU in a shipment of an inbound plan, with all its lots."""

    marketplace_id: MarketplaceId
    inbound_plan_id: Annotated[Id, At("plan.inboundPlanId"), "Amazon's id of the plan."]
    plan_shipment_id: Annotated[Id, At("shipment.shipmentId"), "Amazon's id of the shipment within plans."]
    shipment_id: Annotated[
        Text | None,
        At("shipment.shipmentConfirmationId"),
        "Id of the shipment as in inbound_shipments, such as FBA15ABCDEFG.",
        Null("The shipment is not confirmed yet."),
    ]
    sku: Annotated[Id, At("item.msku", sku_of), "The seller's own SKU; '(no SKU)' for a shipment without items."]
    fn_sku: Annotated[Text | None, At("item.fnsku"), "FNSKU: Amazon's label for the stock."]
    asin: Annotated[Text | None, At("item.asin"), "ASIN."]
    planned_quantity: Annotated[
        Quantity | None, At("item.quantity"), "Units of all lots together.", Null("The shipment has no items.")
    ]
    lot_count: Annotated[
        Quantity | None,
        At("item.lots"),
        "Number of entries that Amazon lists for the SKU: by expiry date, lot, preparation and label owner.",
        Null("The shipment has no items."),
    ]
    plan_name: Annotated[Text | None, At("plan.name"), "Name of the plan."]
    plan_status: Annotated[Text | None, At("plan.status"), "State of the plan: ACTIVE, VOIDED, SHIPPED and others."]
    plan_shipment_status: Annotated[
        Text | None, At("shipment.status"), "State of the shipment, in Amazon's words, such as READY_TO_SHIP or MIXED."
    ]
    fulfillment_center_id: Annotated[
        Text | None, At("shipment.destination.warehouseId"), "Amazon's id of the fulfilment centre to which it goes."
    ]
    tracking_ids: Annotated[
        list[Text] | None,
        At("shipment.trackingDetails", tracking_ids),
        "The carriers' ids of its boxes and freight bills.",
        Null("Amazon knows none."),
    ]
    delivery_window_start_at: Annotated[
        Instant | None,
        At("shipment.selectedDeliveryWindow.startDate", instant),
        "Start of the time in which it should arrive.",
        Null("None was chosen."),
    ]
    delivery_window_end_at: Annotated[
        Instant | None,
        At("shipment.selectedDeliveryWindow.endDate", instant),
        "End of the time in which it should arrive.",
        Null("None was chosen."),
    ]
    appointment_status: Annotated[
        Text | None,
        At("shipment.selfShipAppointmentDetails", newest_appointment),
        "State of the appointment at the fulfilment centre.",
        Null("It needs none."),
    ]
    plan_created_at: Annotated[Instant | None, At("plan.createdAt", instant), "When the plan was made."]
    plan_updated_at: Annotated[Instant | None, At("plan.lastUpdatedAt", instant), "When the plan last changed."]


INBOUND_PLAN_ITEMS = Table(
    "inbound_plan_items",
    InboundPlanItemRow,
    key=("marketplace_id", "inbound_plan_id", "plan_shipment_id", "sku"),
    day=None,
    about=About(
        grain="a SKU in a shipment of an inbound plan",
        source="listInboundPlans, getInboundPlan, getShipment and listShipmentItems of Fulfillment Inbound 2024-03-20, "
        "without addresses and contacts",
        freshness="Every sync reads the plans that changed since the previous one, and all of them once a week "
        "(XPERT_REREAD_DAYS).",
        restatement="A changed plan replaces its rows. States are Amazon's words; new ones are kept as they are.",
        example="select inbound_plan_id, plan_status, plan_shipment_status, sum(planned_quantity)\n"
        "from inbound_plan_items group by 1, 2, 3;",
    ),
)

SOURCE = Snapshot(
    table=INBOUND_PLAN_ITEMS,
    group="inventory",
    roles=ROLES,
    pages=Pages(
        operation="listInboundPlans", walk=plan_items, page_size=PLAN_PAGE, follows_changes=True, also=PLAN_CALLS
    ),
    noun="planned item",
    fields=("plan", "shipment", "item"),
)
