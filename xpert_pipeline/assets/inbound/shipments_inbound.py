"""shipments_inbound: each SKU in a shipment to Amazon, with what both inbound APIs and the listings know of it."""

from typing import Annotated

from typing_extensions import TypedDict

from xpert_pipeline.sources.derived import Derived
from xpert_pipeline.tables.about import About
from xpert_pipeline.tables.columns import Null
from xpert_pipeline.tables.contract import Table
from xpert_pipeline.tables.fields import Flag, Id, Instant, MarketplaceId, Quantity, Text

NO_PLAN = Null("The shipment was made without a plan, or Amazon did not report it.")
NO_ITEMS = Null("The shipment has no items, or Amazon did not report it.")


class ShipmentInboundRow(TypedDict):
    """One SKU in a shipment to Amazon."""

    marketplace_id: MarketplaceId
    shipment_id: Annotated[Id, "Amazon's id of the shipment, such as FBA15ABCDEFG."]
    sku: Annotated[Id, "The seller's own SKU; '(no SKU)' for a shipment without items."]
    shipment_name: Annotated[Text | None, "Name of the shipment, or else of its plan."]
    shipment_status: Annotated[
        Text | None,
        "State as the v0 API words it, or else its plan, such as WORKING, IN_TRANSIT or CLOSED.",
    ]
    fulfillment_center_id: Annotated[Text | None, "Amazon's id of the fulfilment centre to which it goes."]
    label_prep_type: Annotated[Text | None, "Who labels the units: NO_LABEL, SELLER_LABEL or AMAZON_LABEL."]
    is_case_packed: Annotated[Flag | None, "Whether all units must be packed in equal cases."]
    fn_sku: Annotated[Text | None, "FNSKU: Amazon's label for the stock.", NO_ITEMS]
    asin: Annotated[Text | None, "ASIN, from products, or else from the plan.", NO_ITEMS]
    shipped_quantity: Annotated[Quantity | None, "Units that the seller sends.", NO_ITEMS]
    received_quantity: Annotated[Quantity | None, "Units that Amazon has received so far.", NO_ITEMS]
    discrepancy_quantity: Annotated[
        Quantity | None,
        "shipped_quantity - received_quantity. In a CLOSED shipment: units that did not arrive; too many if negative.",
        Null("One of the two is not known."),
    ]
    case_quantity: Annotated[Quantity | None, "Units in each case; 0 if they are not packed in equal cases.", NO_ITEMS]
    inbound_plan_id: Annotated[Text | None, "Amazon's id of the plan.", NO_PLAN]
    plan_shipment_id: Annotated[Text | None, "Amazon's id of the shipment within plans.", NO_PLAN]
    plan_status: Annotated[Text | None, "State of the plan: ACTIVE, VOIDED, SHIPPED and others.", NO_PLAN]
    plan_shipment_status: Annotated[Text | None, "State of the shipment as its plan words it.", NO_PLAN]
    planned_quantity: Annotated[Quantity | None, "Units of all lots in the plan.", NO_PLAN]
    lot_count: Annotated[Quantity | None, "Number of entries for the SKU in the plan, such as lots.", NO_PLAN]
    tracking_ids: Annotated[list[Text] | None, "The carriers' ids of its boxes and freight bills.", NO_PLAN]
    delivery_window_start_at: Annotated[Instant | None, "Start of the time in which it should arrive.", NO_PLAN]
    delivery_window_end_at: Annotated[Instant | None, "End of the time in which it should arrive.", NO_PLAN]
    appointment_status: Annotated[Text | None, "State of the appointment at the fulfilment centre.", NO_PLAN]
    plan_created_at: Annotated[Instant | None, "When the plan was made.", NO_PLAN]
    plan_updated_at: Annotated[Instant | None, "When the plan last changed.", NO_PLAN]
    is_current: Annotated[Flag, "Whether Amazon still tells of it. If not, the row is as it was last known."]
    first_seen_at: Annotated[Instant, "When the pipeline first saw it."]
    last_changed_at: Annotated[Instant, "When the pipeline last saw a change of it."]


SHIPMENTS_INBOUND = Table(
    "shipments_inbound",
    ShipmentInboundRow,
    key=("marketplace_id", "shipment_id", "sku"),
    day=None,
    about=About(
        grain="a SKU in a shipment to Amazon",
        source="inbound_shipments, inbound_shipment_items, inbound_plan_items and products, by "
        "sql/transforms/shipments_inbound.sql",
        freshness="Computed after every load of its sources.",
        restatement="A row changes with its shipment. A shipment that Amazon no longer tells of keeps its last state. "
        "A shipment of a plan appears once it is confirmed; before that it is in inbound_plan_items only.",
        example="select shipment_id, sku, shipped_quantity, received_quantity, discrepancy_quantity\n"
        "from shipments_inbound where shipment_status = 'CLOSED' and discrepancy_quantity <> 0;",
    ),
)

SOURCE = Derived(
    table=SHIPMENTS_INBOUND,
    group="inventory",
    after=("inbound_shipments", "inbound_shipment_items", "inbound_plan_items", "products"),
)
