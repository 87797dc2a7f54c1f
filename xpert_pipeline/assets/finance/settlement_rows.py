"""settlement_rows: the rows of each settlement report, as Amazon wrote them."""

from datetime import date
from typing import Annotated

from typing_extensions import TypedDict

from xpert_pipeline.tables.about import About
from xpert_pipeline.tables.columns import Null, Unfilled
from xpert_pipeline.tables.contract import Table
from xpert_pipeline.tables.fields import Amount, Currency, Id, Instant, MarketplaceId, Quantity, Text

OWN_IDS = "The sandbox's seller gives its order lines no ids of its own."


class SettlementLineRow(TypedDict):
    """One row of a settlement report, other than its summary."""

    marketplace_id: MarketplaceId
    settlement_id: Annotated[Id, "The settlement."]
    row_number: Annotated[
        Quantity,
        "Number of the row in the report, below the header; the summary is usually row 1. Equal rows are real.",
    ]
    posted_date: Annotated[
        date | None,
        "Marketplace-local day on which the amount was posted; the partition.",
        Null("The row has no date."),
    ]
    posted_at: Annotated[Instant | None, "When it was posted.", Null("The row has a day without a time, or no date.")]
    transaction_type: Annotated[
        Text | None, "Order, Refund, ServiceFee, other-transaction, ...; an open set.", Null("Amazon left it empty.")
    ]
    order_id: Annotated[
        Text | None,
        "The order; for some fees of Amazon's warehouses the inbound shipment (FBA...).",
        Null("The amount belongs to no order."),
    ]
    merchant_order_id: Annotated[Text | None, "The seller's own order id."]
    adjustment_id: Annotated[Text | None, "Amazon's id of the adjustment, for refunds."]
    shipment_id: Annotated[Text | None, "The shipment."]
    marketplace_name: Annotated[
        Text | None, "The store, such as Amazon.in.", Null("Empty for advertising, inbound fees and adjustments.")
    ]
    amount_type: Annotated[
        Text, "Group of the amount, such as ItemPrice, ItemFees or Cost of Advertising; an open set."
    ]
    amount_description: Annotated[Text | None, "What the amount is for, such as Principal or Commission; an open set."]
    amount: Annotated[Amount, "The amount; negative if the seller pays it."]
    currency: Annotated[Currency, "ISO 4217 code of the amount: the row's own, or the settlement's."]
    fulfillment_id: Annotated[Text | None, "AFN if Amazon fulfilled, MFN if the seller did."]
    order_item_code: Annotated[Text | None, "Amazon's id of the order line."]
    merchant_order_item_id: Annotated[Text | None, "The seller's own id of the order line.", Unfilled(OWN_IDS)]
    merchant_adjustment_item_id: Annotated[Text | None, "The seller's own id of the adjusted line.", Unfilled(OWN_IDS)]
    sku: Annotated[Text | None, "The seller's own SKU.", Null("The amount belongs to no SKU.")]
    quantity_purchased: Annotated[Quantity | None, "Units."]
    promotion_id: Annotated[Text | None, "The promotion."]


SETTLEMENT_ROWS = Table(
    "settlement_rows",
    SettlementLineRow,
    key=("settlement_id", "row_number"),
    day="posted_date",
    replaced_by=("settlement_id",),
    about=About(
        grain="a row of a settlement report: one amount of one transaction",
        source="the report GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2",
        freshness="With its settlement.",
        restatement="A settlement does not change. Equal rows are real: the key is the row's number in the report.",
        example="select amount_type, amount_description, sum(amount) as amount, currency from settlement_rows\n"
        "group by amount_type, amount_description, currency order by amount;",
    ),
)
