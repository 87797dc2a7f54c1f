"""financial_event_amounts: the single amounts of every transaction, each counted once."""

from datetime import date
from typing import Annotated

from typing_extensions import TypedDict

from xpert_pipeline.tables.about import About
from xpert_pipeline.tables.columns import Null
from xpert_pipeline.tables.contract import Table
from xpert_pipeline.tables.fields import Amount, Currency, Flag, Id, Instant, MarketplaceId, Quantity, Text

NO_ITEM = Null("The amount belongs to the transaction as a whole, or Amazon names none.")


class FinancialEventAmountRow(TypedDict):
    """One leaf of the breakdown of a transaction."""

    marketplace_id: MarketplaceId
    transaction_id: Annotated[Id, "The transaction, as in financial_events."]
    item_index: Annotated[
        Quantity, "The item, as in financial_events; -1 if the transaction's own breakdown is counted."
    ]
    leaf_number: Annotated[Quantity, "Place of the leaf in its breakdown, from 0."]
    amount_tree: Annotated[Text, "The breakdown that is counted: ITEMS or TRANSACTION, never both."]
    path: Annotated[Text, "Amazon's words from the root to the leaf, e.g. AmazonFees/Commission/Base."]
    amount_group: Annotated[
        Text,
        "First word: ProductCharges, Shipping, Tax, Promotion, AmazonFees and others. In a transaction's own "
        "breakdown, the "
        "first word below Sales or Expenses.",
    ]
    amount_name: Annotated[Text, "Name of the amount: the last word of the path that is neither Base nor Tax."]
    is_tax: Annotated[Flag, "Whether it is the tax part of amount_name (the leaf is called Tax), e.g. GST on a fee."]
    amount: Annotated[Amount, "The amount. Money that the seller pays is negative."]
    currency: Annotated[Currency | None, "ISO 4217 code of amount."]
    sku: Annotated[
        Text | None,
        "The item's SKU; also if the transaction has only one item. In a RemovalShipment it can be the FNSKU.",
        NO_ITEM,
    ]
    asin: Annotated[Text | None, "The item's ASIN; also if the transaction has only one item.", NO_ITEM]
    order_id: Annotated[Id | None, "Amazon's order id.", Null("Amazon names none for the transaction.")]
    transaction_type: Annotated[Text, "As in financial_events."]
    transaction_status: Annotated[Text | None, "As in financial_events.", Null("Amazon names no status.")]
    posted_at: Annotated[Instant, "When Amazon posted the transaction."]
    posted_date: Annotated[date, "Marketplace-local day of posted_at; the partition."]
    account_type: Annotated[Text | None, "As in financial_events."]
    financial_event_group_id: Annotated[
        Id | None, "As in financial_events.", Null("The money is deferred, or a later transaction releases it.")
    ]
    is_counted: Annotated[
        Flag, "Whether it counts by its date (accrual); false for the transaction that releases deferred money."
    ]
    is_cash: Annotated[Flag, "Whether it moves money in its group."]


FINANCIAL_EVENT_AMOUNTS = Table(
    "financial_event_amounts",
    FinancialEventAmountRow,
    key=("marketplace_id", "transaction_id", "item_index", "leaf_number"),
    day="posted_date",
    replaced_by=("marketplace_id", "transaction_id"),
    about=About(
        grain="a leaf of a transaction's breakdown",
        source="loaded together with its transaction",
        freshness="As fresh as financial_events.",
        restatement="As financial_events: a transaction that comes again replaces all of its amounts.",
        example="select amount_name, is_tax, sum(amount) as total, currency from financial_event_amounts\n"
        "where is_counted and amount_group = 'AmazonFees' and posted_date >= current_date - 30\n"
        "group by 1, 2, 4 order by total;",
    ),
)
