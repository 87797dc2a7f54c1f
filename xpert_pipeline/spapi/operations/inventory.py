"""FBA Inventory API v1: the current units of each SKU in Amazon's fulfilment network."""

from xpert_pipeline.spapi.operations.paging import PagedOperation

INVENTORY_SUMMARIES = PagedOperation(
    "getInventorySummaries",
    records="payload.inventorySummaries",
    identity=("sellerSku", "fnSku", "condition"),
    read_ahead=250,  # tokens expire after 30 seconds; 250 pages of 50 SKUs take about 50 MB
)
"""Call `pages` with `details=True, granularityType="Marketplace", granularityId=ID, marketplaceIds=ID`."""
