"""inbound_shipment_items: the units of each SKU in the seller's shipments to Amazon: shipped, and received so far."""

from typing import Annotated

from typing_extensions import TypedDict

from xpert_pipeline.assets.inbound.inbound_shipments import PAGE, ROLES
from xpert_pipeline.sources.snapshot import Snapshot
from xpert_pipeline.sources.snapshot_pages import Pages
from xpert_pipeline.spapi.operations.inbound import shipment_items
from xpert_pipeline.tables.about import About
from xpert_pipeline.tables.columns import At
from xpert_pipeline.tables.contract import Table
from xpert_pipeline.tables.fields import Id, MarketplaceId, Quantity, Text


class InboundShipmentItemRow(TypedDict):
    """One SKU in a shipment to Amazon."""

    marketplace_id: MarketplaceId
    shipment_id: Annotated[Id, At("ShipmentId"), "Amazon's id of the shipment."]
    sku: Annotated[Id, At("SellerSKU"), "The seller's own SKU."]
    fn_sku: Annotated[Text | None, At("FulfillmentNetworkSKU"), "FNSKU: Amazon's label for the stock."]
    shipped_quantity: Annotated[Quantity, At("QuantityShipped"), "Units that the seller sends."]
    received_quantity: Annotated[Quantity | None, At("QuantityReceived"), "Units that Amazon has received so far."]
    case_quantity: Annotated[
        Quantity | None, At("QuantityInCase"), "Units in each case; 0 if the units are not packed in equal cases."
    ]


INBOUND_SHIPMENT_ITEMS = Table(
    "inbound_shipment_items",
    InboundShipmentItemRow,
    key=("marketplace_id", "shipment_id", "sku"),
    day=None,
    about=About(
        grain="a SKU in a shipment to Amazon",
        source="getShipmentItems of Fulfillment Inbound v0",
        freshness="Every sync reads the shipments that changed since the previous one, and all of them once a week "
        "(XPERT_REREAD_DAYS).",
        restatement="A changed item replaces its row.",
        example="select shipment_id, sum(shipped_quantity), sum(received_quantity) from inbound_shipment_items\n"
        "group by shipment_id;",
    ),
)

SOURCE = Snapshot(
    table=INBOUND_SHIPMENT_ITEMS,
    group="inventory",
    roles=ROLES,
    pages=Pages(operation="getShipmentItems", walk=shipment_items, page_size=PAGE, follows_changes=True),
    noun="item",
    fields=(
        "ShipmentId",
        "SellerSKU",
        "FulfillmentNetworkSKU",
        "QuantityShipped",
        "QuantityReceived",
        "QuantityInCase",
        "ReleaseDate",
        "PrepDetailsList",
    ),
)
