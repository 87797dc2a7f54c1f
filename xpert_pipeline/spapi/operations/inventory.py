"""FBA Inventory API v1: the units of each SKU in Amazon's fulfilment network now."""

from xpert_pipeline.spapi.operations.paging import PagedOperation

INVENTORY_SUMMARIES = PagedOperation(
    "getInventorySummaries",
    records="payload.inventorySummaries",
    identity=("sellerSku", "fnSku", "condition"),
    read_ahead=250,  # tokens live 30 seconds; 250 pages of 50 SKUs take about 50 MB
)
"""Walk it with `details=True, granularityType="Marketplace", granularityId=ID, marketplaceIds=ID` (one marketplace)."""
