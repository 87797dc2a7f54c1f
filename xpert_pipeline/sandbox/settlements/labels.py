"""The words of settlement reports, which differ from those of transactions.

The words that India's reports use were seen there; for other stores the sandbox uses the same ones, except for the two
halves of the tax on a fee, which only India has.
"""

from functools import lru_cache
from typing import NamedTuple

from xpert_pipeline.sandbox.world.postings import (
    ADJUSTMENT,
    ADVERTISING,
    REFUND,
    REIMBURSEMENT,
    REMOVAL,
    RETROCHARGE,
    SERVICE_FEE,
    SHIPMENT,
)

ITEM_PRICE, ITEM_FEES, PROMOTION, OTHER = "ItemPrice", "ItemFees", "Promotion", "other-transaction"


class Label(NamedTuple):
    """What a row calls its amount; the words of a tax come after those of its fee."""

    type: str
    description: str


FEES = {
    "Commission": "Commission",
    "FixedClosingFee": "Fixed closing fee",
    "FBAPerUnitFulfillmentFee": "FBA Weight Handling Fee",
    "ShippingHB": "Easy Ship weight handling fees",
    "RefundCommission": "Refund commission",
    "AdvertisingFee": "TransactionTotalAmount",
    "Subscription": "Subscription",
    "FBAStorageFee": "Base fee",
    "FBAInboundConvenienceFee": "FBA Inbound Convenience Fee",
}
"""Amazon's word for a fee in a transaction → in a settlement."""
PRICES = {
    ("ProductCharges", "OurPricePrincipal"): Label(ITEM_PRICE, "Principal"),
    ("Tax", "OurPriceTax"): Label(ITEM_PRICE, "Product Tax"),
    ("Shipping", "ShippingPrincipal"): Label(ITEM_PRICE, "Shipping"),
    ("GiftWrap", "GiftWrapPrincipal"): Label(ITEM_PRICE, "Gift wrap"),
    ("CashOnDelivery", "CODPrincipal"): Label(ITEM_PRICE, "COD"),
    ("Promotion", "OurPricePromotion"): Label(PROMOTION, "Principal"),
    ("ItemTDS",): Label("ItemTDS", "TDS (Section 194-O)"),
    ("Adjustments", "GoodwillPrincipal"): Label(OTHER, "Goodwill"),
    ("Retrocharge", "TaxOnRevenue"): Label(OTHER, "Tax on revenue"),
    ("FBAInventoryReimbursement",): Label("FBA Inventory Reimbursement", "REVERSAL_REIMBURSEMENT"),
    ("ProductCharges", "RecommerceLiquidation"): Label("FBA Liquidations", "Liquidations Revenue"),
    ("DebtPayment",): Label(OTHER, "Debt adjustment"),
}
"""The words of other leaves in a transaction → in a settlement."""
TRANSACTION_TYPES = {
    SHIPMENT: "Order",
    REFUND: "Refund",
    ADVERTISING: "ServiceFee",
    REIMBURSEMENT: OTHER,
    REMOVAL: OTHER,
    ADJUSTMENT: OTHER,
    RETROCHARGE: OTHER,
}
FEE_GROUPS = {
    "AdvertisingFee": "Cost of Advertising",
    "FBAStorageFee": "FBA Inventory Storage Fee",
    "FBAInboundConvenienceFee": "FBAFees",
}
"""Fees that have a group of their own, not ItemFees."""
WITHOUT_TYPE = ("FBAStorageFee", "FBAInboundConvenienceFee")
"""Fees of Amazon's warehouses: India's rows of them have no transaction type."""
CURRENT_RESERVE, PREVIOUS_RESERVE = "Current Reserve Amount", "Previous Reserve Amount Balance"


@lru_cache(maxsize=1_000)
def label_of(path: tuple[str, ...]) -> Label:
    """Return the words of a leaf, without those of the halves of a tax."""
    if path in PRICES:
        return PRICES[path]
    group, *words = path
    if group == "ItemTCS":
        return Label("ItemTCS", words[0])
    if group == "AmazonFees":
        return Label(FEE_GROUPS.get(words[0], ITEM_FEES), FEES.get(words[0], words[0]))
    return Label(OTHER, " ".join(dict.fromkeys(path)))


@lru_cache(maxsize=1_000)
def transaction_type(kind: str, path: tuple[str, ...]) -> str:
    """Return the transaction type of a leaf's row; it may be empty."""
    if kind == SERVICE_FEE:
        return "" if len(path) > 1 and path[1] in WITHOUT_TYPE else "ServiceFee"
    return TRANSACTION_TYPES.get(kind, OTHER)
