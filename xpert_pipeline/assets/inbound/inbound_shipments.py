"""inbound_shipments: the seller's shipments to Amazon, as the v0 API tells them."""

from datetime import date
from typing import Annotated

from typing_extensions import TypedDict

from xpert_pipeline.sources.snapshot import Snapshot
from xpert_pipeline.sources.snapshot_pages import Pages
from xpert_pipeline.sources.values import calendar_day
from xpert_pipeline.spapi.operations.inbound import shipments
from xpert_pipeline.tables.about import About
from xpert_pipeline.tables.columns import At, Null, Unfilled
from xpert_pipeline.tables.contract import Table
from xpert_pipeline.tables.fields import Flag, Id, MarketplaceId, Text

ROLES = ("Amazon Fulfillment",)
PAGE = 50
"""Shipments on a page of Amazon's, for planning; Amazon does not state it."""


class InboundShipmentRow(TypedDict):
    """One shipment to Amazon in its current state."""

    marketplace_id: MarketplaceId
    shipment_id: Annotated[Id, At("ShipmentId"), "Amazon's id of the shipment, such as FBA15ABCDEFG."]
    shipment_name: Annotated[Text | None, At("ShipmentName"), "Name of the shipment."]
    shipment_status: Annotated[
        Text | None,
        At("ShipmentStatus"),
        "State, in Amazon's words, such as WORKING, IN_TRANSIT or CLOSED.",
    ]
    fulfillment_center_id: Annotated[
        Text | None, At("DestinationFulfillmentCenterId"), "Amazon's id of the fulfilment centre to which it goes."
    ]
    label_prep_type: Annotated[
        Text | None, At("LabelPrepType"), "Who labels the units: NO_LABEL, SELLER_LABEL or AMAZON_LABEL."
    ]
    is_case_packed: Annotated[Flag | None, At("AreCasesRequired"), "Whether all units must be packed in equal cases."]
    box_contents_source: Annotated[Text | None, At("BoxContentsSource"), "How Amazon learns what is in which box."]
    needed_by_date: Annotated[
        date | None,
        At("ConfirmedNeedByDate", calendar_day),
        "Day by which units that customers ordered in advance must arrive.",
        Null("No unit was ordered in advance."),
        Unfilled("The sandbox's seller takes no orders in advance."),
    ]


INBOUND_SHIPMENTS = Table(
    "inbound_shipments",
    InboundShipmentRow,
    key=("marketplace_id", "shipment_id"),
    day=None,
    about=About(
        grain="a shipment to Amazon in its current state",
        source="getShipments of Fulfillment Inbound v0, without addresses",
        freshness="Every sync reads the shipments that changed since the previous one, and all of them once a week "
        "(XPERT_REREAD_DAYS).",
        restatement="A changed shipment replaces its row. States are Amazon's words; new ones are kept as they are.",
        example="select shipment_status, count(*) from inbound_shipments group by shipment_status;",
    ),
)

SOURCE = Snapshot(
    table=INBOUND_SHIPMENTS,
    group="inventory",
    roles=ROLES,
    pages=Pages(operation="getShipments", walk=shipments, page_size=PAGE, follows_changes=True),
    noun="shipment",
    fields=(
        "ShipmentId",
        "ShipmentName",
        "ShipFromAddress",
        "DestinationFulfillmentCenterId",
        "ShipmentStatus",
        "LabelPrepType",
        "AreCasesRequired",
        "ConfirmedNeedByDate",
        "BoxContentsSource",
        "EstimatedBoxContentsFee",
    ),
)
