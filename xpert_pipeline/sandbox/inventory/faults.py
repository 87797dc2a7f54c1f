"""The faults of inventory readings. A reading is a first page and all pages that follow it."""

from collections.abc import Collection

from xpert_pipeline.sandbox.faults import FaultKind
from xpert_pipeline.sandbox.world.movements import StockLine

READING = "inventory reading"
"""Place: the first page of a reading; the fault then lasts for all of its pages."""
LEDGER = "ledger"
"""Place: a report of the ledger."""
SHRUNK, SKU_MISSING, NOT_ENROLLED = "inventory-shrunk", "inventory-sku-missing", "not-enrolled-in-fba"
UNSHIPPED = "ledger-without-shipment"

FAULTS = (
    FaultKind(SHRUNK, READING, "a reading ends without a token after half of the SKUs, as if there were no more"),
    FaultKind(SKU_MISSING, READING, "a reading leaves out one SKU"),
    FaultKind(UNSHIPPED, LEDGER, "the ledger books the units of one shipment to customers as other events"),
    FaultKind(NOT_ENROLLED, READING, "400 InvalidInput: the seller does not use Fulfillment by Amazon"),
)


def faulty_lines(lines: list[StockLine], faults: Collection[str]) -> list[StockLine]:
    """Return the lines that a reading with these faults contains."""
    skus = list(dict.fromkeys(line.sku for line in lines))
    if SHRUNK in faults:
        skus = skus[: len(skus) // 2]
    if SKU_MISSING in faults:
        del skus[len(skus) // 2 : len(skus) // 2 + 1]
    kept = set(skus)
    return [line for line in lines if line.sku in kept]
