"""financial_events: every transaction of the account, and its items."""

from datetime import date
from typing import Annotated, Any

from typing_extensions import TypedDict

from xpert_pipeline.tables.about import About
from xpert_pipeline.tables.columns import Null, Unfilled
from xpert_pipeline.tables.contract import Table
from xpert_pipeline.tables.fields import Amount, Currency, Flag, Id, Instant, MarketplaceId, Quantity, Text

NOT_NAMED = Null("Amazon names none for the transaction.")
OF_AN_ITEM = Null("The row is a transaction and not an item, or Amazon names none.")


class FinancialEventRow(TypedDict):
    """One transaction (item_index -1), or one of its items. An item repeats the facts of its transaction."""

    marketplace_id: MarketplaceId
    transaction_id: Annotated[
        Id,
        "Amazon's id of the transaction. Without one: `hash:` and a hash of the marketplace, type, time, total "
        "and order, "
        "shipment, refund and invoice; equal ones are numbered (`hash:...:2`).",
    ]
    item_index: Annotated[Quantity, "Place of the item, from 0; -1 for the transaction itself."]
    has_amazon_id: Annotated[Flag, "Whether transaction_id is Amazon's own."]
    transaction_type: Annotated[
        Text, "Shipment, Refund, ServiceFee, ProductAdsPayment and others, in Amazon's spelling."
    ]
    transaction_status: Annotated[
        Text | None,
        "DEFERRED: the money waits. DEFERRED_RELEASED: it was deferred, and a later transaction released it. RELEASED.",
        Null("Amazon names no status, as for some old transactions."),
    ]
    received_status: Annotated[
        Text | None, "The status in the spelling in which it came.", Null("Amazon names no status.")
    ]
    description: Annotated[Text | None, "Amazon's words for the transaction; for an item, usually the product's title."]
    posted_at: Annotated[Instant, "When Amazon posted the transaction."]
    posted_date: Annotated[date, "Marketplace-local day of posted_at; the partition."]
    account_type: Annotated[
        Text | None, "The kind of account, e.g. Standard Orders. In India it is the payment rail: electronic, or cash."
    ]
    order_id: Annotated[Id | None, "Amazon's order id.", NOT_NAMED]
    shipment_id: Annotated[Id | None, "Amazon's shipment id.", NOT_NAMED]
    refund_id: Annotated[Id | None, "Id of the refund.", NOT_NAMED]
    invoice_id: Annotated[Id | None, "Id of the invoice.", NOT_NAMED, Unfilled("The sandbox issues no invoices.")]
    settlement_id: Annotated[Id | None, "Id of the settlement that paid the money.", Null("It is not settled yet.")]
    financial_event_group_id: Annotated[
        Id | None,
        "The financial event group, which becomes one settlement.",
        Null("The money is deferred, or a later transaction releases it."),
    ]
    disbursement_id: Annotated[Id | None, "Id of the payment to the bank.", NOT_NAMED]
    transfer_id: Annotated[Id | None, "Id of the transfer.", NOT_NAMED]
    deferred_transaction_id: Annotated[Id | None, "The deferred transaction whose money this one releases.", NOT_NAMED]
    release_transaction_id: Annotated[
        Id | None, "The later transaction that released the money of this one.", NOT_NAMED
    ]
    order_adjustment_item_id: Annotated[Id | None, "Id of the item's refund, claim or chargeback.", OF_AN_ITEM]
    coupon_id: Annotated[Id | None, "Id of the coupon.", OF_AN_ITEM, Unfilled("The sandbox has no coupons.")]
    removal_shipment_item_id: Annotated[Id | None, "Id of the item in a removal shipment.", OF_AN_ITEM]
    sku: Annotated[Text | None, "The seller's own SKU. In a RemovalShipment it can be the FNSKU.", OF_AN_ITEM]
    asin: Annotated[Text | None, "ASIN.", OF_AN_ITEM]
    quantity: Annotated[Quantity | None, "Units. A shipment whose amount is 0 still moved its units.", OF_AN_ITEM]
    fulfillment_network: Annotated[Text | None, "AFN (Amazon) or MFN (the merchant).", OF_AN_ITEM]
    total_amount: Annotated[
        Amount | None, "Total of the transaction or of the item. Money that the seller pays is negative."
    ]
    currency: Annotated[Currency | None, "ISO 4217 code of total_amount."]
    deferral_reason: Annotated[
        Text | None,
        "Why the money waits or waited, such as B2B (a business order with an invoice) or DD7 (by day of delivery).",
        Null("It was not deferred, as far as Amazon tells."),
    ]
    matures_at: Annotated[
        Instant | None, "When deferred money is or was released.", Null("It was not deferred, as far as Amazon tells.")
    ]
    amount_tree: Annotated[
        Text | None,
        "The breakdown whose leaves are in financial_event_amounts: ITEMS, those of the items, or TRANSACTION, "
        "its own.",
        Null("Amazon breaks nothing down."),
    ]
    is_balanced: Annotated[
        Flag,
        "Whether the breakdown adds up: every node to the sum of its children, and all leaves to total_amount.",
    ]
    imbalance_amount: Annotated[
        Amount | None,
        "What the leaves lack of total_amount; if nothing, the largest difference between a node and its children.",
        Null("It adds up, or its amounts have several currencies or are unknown, so that nobody can add them."),
        Unfilled("Every breakdown of the sandbox adds up."),
    ]
    breakdowns: Annotated[
        Any,
        "The breakdown as it came, if it does not add up.",
        Null("It adds up; its leaves are in financial_event_amounts."),
        Unfilled("Every breakdown of the sandbox adds up."),
    ]
    is_counted: Annotated[
        Flag,
        "Whether the transaction counts by its date (accrual). Deferred money has two transactions, which name "
        "each other: "
        "the first one counts, the one that releases it does not.",
    ]
    is_cash: Annotated[Flag, "Whether it moves money in its group: its status is RELEASED, or Amazon names none."]


FINANCIAL_EVENTS = Table(
    "financial_events",
    FinancialEventRow,
    key=("marketplace_id", "transaction_id", "item_index"),
    day="posted_date",
    replaced_by=("marketplace_id", "transaction_id"),
    about=About(
        grain="a transaction (item_index -1), or one of its items",
        source="listTransactions (Finances 2024-06-19)",
        freshness="Daily. Transactions of the last 48 hours may still be missing.",
        restatement="The last 45 days are read again every day, because a status changes without a new date. What"
        " does not "
        "come again on a day of which others come is deleted.",
        example="select posted_date, transaction_type, sum(total_amount) as total, currency from financial_events\n"
        "where item_index = -1 and is_counted and posted_date >= current_date - 30 group by 1, 2, 4 order by 1 desc;",
    ),
)
