"""Inventory summaries in the shape of FBA Inventory v1."""

from typing import Any

from xpert_pipeline.sandbox.serving.formats import zulu
from xpert_pipeline.sandbox.world.holdings import Holding
from xpert_pipeline.sandbox.world.movements import IN_TRANSIT, RECEIVING, WORKING

TERMS = ("researchingQuantityInShortTerm", "researchingQuantityInMidTerm", "researchingQuantityInLongTerm")


def summary_payload(holding: Holding, *, details: bool) -> dict[str, Any]:
    """Return one inventory summary, with the quantities by state if details are requested."""
    line = holding.line
    summary: dict[str, Any] = {
        "asin": line.asin,
        "fnSku": line.fn_sku,
        "sellerSku": line.sku,
        "condition": line.condition,
        "lastUpdatedTime": zulu(line.touched),
        "productName": line.title,
        "totalQuantity": holding.total,
        "stores": [],
    }
    return summary | ({"inventoryDetails": _details(holding)} if details else {})


def _details(holding: Holding) -> dict[str, Any]:
    return {
        "fulfillableQuantity": holding.fulfillable,
        "inboundWorkingQuantity": holding.inbound.get(WORKING, 0),
        "inboundShippedQuantity": holding.inbound.get(IN_TRANSIT, 0),
        "inboundReceivingQuantity": holding.inbound.get(RECEIVING, 0),
        "reservedQuantity": {
            "totalReservedQuantity": holding.reserved,
            "pendingCustomerOrderQuantity": holding.customer_orders,
            "pendingTransshipmentQuantity": holding.transshipment,
            "fcProcessingQuantity": holding.fc_processing,
        },
        "researchingQuantity": {
            "totalResearchingQuantity": sum(holding.researching),
            "researchingQuantityBreakdown": [
                {"name": name, "quantity": units} for name, units in zip(TERMS, holding.researching, strict=True)
            ],
        },
        "unfulfillableQuantity": {
            "totalUnfulfillableQuantity": sum(holding.unfulfillable.values()),
            "customerDamagedQuantity": holding.unfulfillable["CUSTOMER_DAMAGED"],
            "warehouseDamagedQuantity": holding.unfulfillable["WAREHOUSE_DAMAGED"],
            "distributorDamagedQuantity": holding.unfulfillable["DISTRIBUTOR_DAMAGED"],
            "carrierDamagedQuantity": holding.unfulfillable["CARRIER_DAMAGED"],
            "defectiveQuantity": holding.unfulfillable["DEFECTIVE"],
            "expiredQuantity": holding.unfulfillable["EXPIRED"],
        },
    }
