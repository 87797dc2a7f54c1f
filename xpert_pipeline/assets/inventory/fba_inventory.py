"""fba_inventory: the current units in Amazon's fulfilment network."""

from typing import Annotated

from typing_extensions import TypedDict

from xpert_pipeline.sources.day_figures import DayFigure
from xpert_pipeline.sources.snapshot import Snapshot
from xpert_pipeline.sources.snapshot_pages import Pages, walk_of
from xpert_pipeline.sources.source import Pace
from xpert_pipeline.sources.values import instant
from xpert_pipeline.spapi.operations.inventory import INVENTORY_SUMMARIES
from xpert_pipeline.tables.about import About
from xpert_pipeline.tables.columns import At
from xpert_pipeline.tables.contract import Table
from xpert_pipeline.tables.fields import Id, Instant, MarketplaceId, Quantity, Text

D = "inventoryDetails."
RESERVED, UNFULFILLABLE = D + "reservedQuantity.", D + "unfulfillableQuantity."
Units = Quantity | None


class FbaInventoryRow(TypedDict):
    """Current units of one SKU, FNSKU and condition in Amazon's fulfilment network."""

    marketplace_id: MarketplaceId
    sku: Annotated[Id, At("sellerSku"), "The seller's own SKU."]
    fn_sku: Annotated[Id, At("fnSku"), "FNSKU: Amazon's label for the stock."]
    condition: Annotated[Id, At("condition"), "Condition, such as NewItem or UsedGood."]
    asin: Annotated[Text | None, At("asin"), "ASIN."]
    product_name: Annotated[Text | None, At("productName"), "Title in the marketplace."]
    total_quantity: Annotated[Units, At("totalQuantity"), "Units in inbound shipments and in fulfilment centres."]
    fulfillable_quantity: Annotated[Units, At(D + "fulfillableQuantity"), "Units that can be sold now."]
    inbound_working_quantity: Annotated[Units, At(D + "inboundWorkingQuantity"), "Units in shipments being prepared."]
    inbound_shipped_quantity: Annotated[Units, At(D + "inboundShippedQuantity"), "Units in shipments on their way."]
    inbound_receiving_quantity: Annotated[
        Units, At(D + "inboundReceivingQuantity"), "Units not yet received from shipments that Amazon is receiving."
    ]
    reserved_quantity: Annotated[Units, At(RESERVED + "totalReservedQuantity"), "Reserved units, for any reason."]
    reserved_customer_order_quantity: Annotated[
        Units, At(RESERVED + "pendingCustomerOrderQuantity"), "Units reserved for customer orders."
    ]
    reserved_transshipment_quantity: Annotated[
        Units, At(RESERVED + "pendingTransshipmentQuantity"), "Units on their way between fulfilment centres."
    ]
    reserved_fc_processing_quantity: Annotated[
        Units, At(RESERVED + "fcProcessingQuantity"), "Units reserved for processing in a fulfilment centre."
    ]
    researching_quantity: Annotated[
        Units, At(D + "researchingQuantity.totalResearchingQuantity"), "Units that Amazon is trying to locate."
    ]
    unfulfillable_quantity: Annotated[
        Units, At(UNFULFILLABLE + "totalUnfulfillableQuantity"), "Units that cannot be sold, for any reason."
    ]
    customer_damaged_quantity: Annotated[
        Units, At(UNFULFILLABLE + "customerDamagedQuantity"), "Units damaged by customers."
    ]
    warehouse_damaged_quantity: Annotated[
        Units, At(UNFULFILLABLE + "warehouseDamagedQuantity"), "Units damaged in a warehouse."
    ]
    distributor_damaged_quantity: Annotated[
        Units, At(UNFULFILLABLE + "distributorDamagedQuantity"), "Units damaged by the distributor."
    ]
    carrier_damaged_quantity: Annotated[
        Units, At(UNFULFILLABLE + "carrierDamagedQuantity"), "Units damaged by a carrier."
    ]
    defective_quantity: Annotated[Units, At(UNFULFILLABLE + "defectiveQuantity"), "Defective units."]
    expired_quantity: Annotated[Units, At(UNFULFILLABLE + "expiredQuantity"), "Expired units."]
    amazon_updated_at: Annotated[
        Instant | None, At("lastUpdatedTime", instant), "When one of the quantities last changed at Amazon."
    ]


FBA_INVENTORY = Table(
    "fba_inventory",
    FbaInventoryRow,
    key=("marketplace_id", "sku", "fn_sku", "condition"),
    day=None,
    about=About(
        grain="the current FBA stock of a SKU, FNSKU and condition",
        source="getInventorySummaries v1, read in full",
        freshness="Every sync reads it in full; Amazon's figures may be up to two days old.",
        restatement="Amazon keeps no history of it. If Amazon no longer returns a SKU, its row is deleted; that does "
        "not mean that its stock is 0.",
        example="select sku, fulfillable_quantity, reserved_quantity, inbound_shipped_quantity from fba_inventory\n"
        "where fulfillable_quantity = 0 order by sku;",
    ),
)


SOURCE = Snapshot(
    table=FBA_INVENTORY,
    pace=Pace.FIRST,
    group="inventory",
    roles=("Product Listing", "Amazon Fulfillment"),
    figures=(DayFigure(FBA_INVENTORY, "units that can be sold", "sum(fulfillable_quantity)"),),
    pages=Pages(
        operation="getInventorySummaries",
        walk=walk_of(
            INVENTORY_SUMMARIES,
            lambda marketplace_id: {
                "details": True,
                "granularityType": "Marketplace",
                "granularityId": marketplace_id,
                "marketplaceIds": marketplace_id,
            },
        ),
        page_size=50,
        empty_on=(
            "InvalidInput",
            "the seller is not enrolled in FBA, or has no FBA listing; existing rows are kept",
        ),
    ),
    fields=(
        "asin",
        "condition",
        "fnSku",
        "inventoryDetails",
        "lastUpdatedTime",
        "productName",
        "sellerSku",
        "stores",
        "totalQuantity",
    ),
    noun="SKU",
)
