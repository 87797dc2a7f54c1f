"""fees_breakdown: Amazon's fees as it estimates them, as its transactions charge them, and as economics tell them."""

from datetime import date
from decimal import Decimal
from typing import Annotated

from typing_extensions import TypedDict

from xpert_pipeline.sources.day_figures import DayFigure
from xpert_pipeline.sources.derived import Derived
from xpert_pipeline.tables.about import About
from xpert_pipeline.tables.columns import Null, SqlType, Unit
from xpert_pipeline.tables.contract import Table
from xpert_pipeline.tables.fields import Amount, Currency, Flag, Id, MarketplaceId, Text

ESTIMATES_ONLY = Null("The row is no estimate.")
TRANSACTIONS_ONLY = Null("The row is of no transaction, or Amazon names none.")
UNKNOWN = Null("A part of it is unknown or in another currency, or the row is of tax that Amazon withheld.")


class FeeRow(TypedDict):
    """One kind of fee of one product, transaction or estimate. Amounts are positive if the seller pays."""

    marketplace_id: MarketplaceId
    fee_source: Annotated[
        Id,
        "Who tells the fee: estimate (for one unit, before a sale), actual_txn (charged in a transaction) or "
        "actual_day (a SKU's day in economics). They tell the same fees, so they must never be added together.",
    ]
    ref_key: Annotated[
        Id,
        "What the fee belongs to: sku@price@fulfilment for an estimate, transaction_id#item_index for a transaction, "
        "the SKU for a day.",
    ]
    fee_type: Annotated[
        Id, "Amazon's name of the fee, which differs between the sources; '(no estimate)' if it refused the estimate."
    ]
    period_start: Annotated[date, "Marketplace-local day of the estimate, the posting or the sale; the partition."]
    period_end: Annotated[date | None, "Last day of the fee.", Null("An estimate holds until the next one.")]
    sku: Annotated[Text | None, "The seller's own SKU.", Null("The fee belongs to no single SKU.")]
    asin: Annotated[Text | None, "ASIN.", Null("The fee belongs to no single product, or Amazon names none.")]
    order_id: Annotated[Text | None, "Amazon's order id.", TRANSACTIONS_ONLY]
    transaction_id: Annotated[Text | None, "The transaction, as in financial_events.", TRANSACTIONS_ONLY]
    transaction_type: Annotated[
        Text | None, "As in financial_events, such as Shipment or ServiceFee.", TRANSACTIONS_ONLY
    ]
    fee_group: Annotated[
        Text | None,
        "What Amazon counts the fee to, such as AmazonFees or FBAFees; ItemTCS and ItemTDS are withheld tax.",
        Null("Amazon names no group."),
    ]
    listing_price: Annotated[Amount | None, "Price that the estimate assumes.", ESTIMATES_ONLY]
    is_fba: Annotated[Flag | None, "Whether the estimate assumes that Amazon fulfils the listing.", ESTIMATES_ONLY]
    estimated_by: Annotated[
        Text | None, "Who estimated, as in fee_estimates: economicsPreview or getMyFeesEstimates.", ESTIMATES_ONLY
    ]
    quantity: Annotated[
        Decimal | None,
        SqlType("numeric"),
        Unit("count"),
        "Units charged; 1 for an estimate.",
        Null("The fee is not charged per unit, or the row is of a transaction."),
    ]
    fee_amount: Annotated[Amount | None, "The fee before promotion and tax.", UNKNOWN]
    promotion_amount: Annotated[
        Amount | None,
        "What Amazon takes off.",
        Null("It is unknown, or the row is of a transaction, whose fee_amount is already reduced."),
    ]
    tax_amount: Annotated[
        Amount | None, "Tax on the fee, in India GST: input credit for a registered seller, not a cost.", UNKNOWN
    ]
    final_amount: Annotated[
        Amount | None,
        "What Amazon charges: fee_amount - promotion_amount + tax_amount. Without the tax, final_amount - tax_amount.",
        UNKNOWN,
    ]
    tcs_amount: Annotated[
        Amount | None,
        "Tax collected at source (GST) that Amazon withheld: prepaid tax, no fee.",
        Null("The row is of something else."),
    ]
    tds_amount: Annotated[
        Amount | None,
        "Income tax deducted at source that Amazon withheld: prepaid tax, no fee.",
        Null("The row is of something else."),
    ]
    currency: Annotated[
        Currency | None,
        "ISO 4217 code for all amounts of the row.",
        Null("No amount is known, or the currencies differ."),
    ]
    status: Annotated[Text | None, "Status of the estimate: Success or ClientError.", ESTIMATES_ONLY]
    error_code: Annotated[Text | None, "Amazon's code of a refused estimate.", Null("Nothing was refused.")]


FEES_BREAKDOWN = Table(
    "fees_breakdown",
    FeeRow,
    key=("marketplace_id", "fee_source", "ref_key", "fee_type", "period_start"),
    day="period_start",
    about=About(
        grain="a kind of fee of an estimate, of a transaction's item, or of a SKU's day, as fee_source says",
        source="fee_estimates, financial_event_amounts and economics_daily, by sql/transforms/fees_breakdown.sql",
        freshness="Computed after every load of its sources, for each day that changed.",
        restatement="Changes with its sources: economics for two weeks, transactions when Amazon posts them again. "
        "Deferred money counts once, on the day of its first transaction. A transaction charges a fee when the order "
        "ships, economics tell it on the day of purchase: the check fees_equal_economics compares the two.",
        example="select fee_type, sum(final_amount - tax_amount) as cost, sum(tax_amount) as gst, currency\n"
        "from fees_breakdown\n"
        "where fee_source = 'actual_txn' and period_start >= current_date - 30\n"
        "group by fee_type, currency order by cost desc nulls last;",
    ),
)

SOURCE = Derived(
    table=FEES_BREAKDOWN,
    group="finance",
    after=("fee_estimates", "financial_events", "financial_event_amounts", "economics_daily"),
    figures=(
        DayFigure(
            FEES_BREAKDOWN, "fees charged", "sum(final_amount) filter (where fee_source = 'actual_txn')", "currency"
        ),
    ),
)
