"""returns_refunds: returns to Amazon and to the seller, and refunds, side by side."""

from datetime import date
from typing import Annotated

from typing_extensions import TypedDict

from xpert_pipeline.sources.day_figures import DayFigure
from xpert_pipeline.sources.derived import Derived
from xpert_pipeline.tables.about import About
from xpert_pipeline.tables.columns import Null
from xpert_pipeline.tables.contract import Table
from xpert_pipeline.tables.fields import Amount, Currency, Flag, Id, Instant, Quantity, Text

NO_RETURN = "The row is a refund."
NO_REFUND = "The row is a return."
NOT_FBA = "The row is not a return to Amazon."
NOT_MERCHANT = "The row is not a return request."
NO_REASON = "Amazon did not report it, or the row is a refund."


class ReturnsRefundsRow(TypedDict):
    """A return or a refund."""

    marketplace_id: Annotated[
        Id,
        "Amazon's id of the marketplace: that of the order; if the order of a return to Amazon is not known, the "
        "seller's first one.",
    ]
    record_type: Annotated[
        Id, "FBA: a unit that came back to Amazon. MFN: a line of a return request to the seller. REFUND: a refund."
    ]
    return_key: Annotated[
        Id,
        "Key within the record type: return_key of fba_returns or merchant_returns; of a refund, its transaction and "
        "the place of the item in it.",
    ]
    event_date: Annotated[date, "Day of the return, request or refund; the partition."]
    order_id: Annotated[Text | None, "Amazon's id of the order."]
    order_item_id: Annotated[Text | None, "Amazon's id of the order line.", Null("Only return requests may have it.")]
    sku: Annotated[Text | None, "The seller's own SKU."]
    asin: Annotated[Text | None, "ASIN."]
    fn_sku: Annotated[Text | None, "FNSKU: Amazon's label for the stock.", Null(NOT_FBA)]
    quantity: Annotated[Quantity | None, "Units. Never add those of different record types: they are the same units."]
    return_date: Annotated[date | None, "Day of the return or of the request.", Null(NO_RETURN)]
    returned_at: Annotated[Instant | None, "When the unit arrived at Amazon.", Null(NOT_FBA)]
    refund_date: Annotated[date | None, "Day of the refund.", Null(NO_REFUND)]
    refunded_at: Annotated[Instant | None, "When the refund was posted.", Null(NO_REFUND)]
    reason_code: Annotated[Text | None, "Why the customer returned it, as Amazon's code; an open set.", Null(NO_REASON)]
    disposition: Annotated[Text | None, "State of the unit on arrival at Amazon; an open set.", Null(NOT_FBA)]
    status: Annotated[Text | None, "State of the return or the refund, in Amazon's words."]
    resolution: Annotated[Text | None, "What the customer gets, in Amazon's words.", Null(NOT_MERCHANT)]
    fulfilled_by: Annotated[Text | None, "AMAZON or MERCHANT: who shipped it.", Null("Amazon does not say it.")]
    fulfillment_center_id: Annotated[Text | None, "The fulfilment centre that received the unit.", Null(NOT_FBA)]
    refund_amount: Annotated[
        Amount | None,
        "What the refund moved: price, charges and tax given back, less the fees that Amazon gives back; negative. "
        "Only REFUND rows have it, so that it may be added.",
        Null(NO_REFUND),
    ]
    currency: Annotated[Currency | None, "ISO 4217 code for all amounts of the row.", Null("The row has no amount.")]
    refund_transaction_id: Annotated[Text | None, "The transaction of the refund in financial_events.", Null(NO_REFUND)]
    rma_id: Annotated[Text | None, "Amazon's id of the return request.", Null(NOT_MERCHANT)]
    is_in_policy: Annotated[Flag | None, "Whether Amazon's return policy covers the return.", Null(NOT_MERCHANT)]
    label_cost: Annotated[Amount | None, "Cost of the return label.", Null(NOT_MERCHANT)]
    has_a_to_z_claim: Annotated[Flag | None, "Whether the customer made an A-to-z claim.", Null(NOT_MERCHANT)]


RETURNS_REFUNDS = Table(
    "returns_refunds",
    ReturnsRefundsRow,
    key=("record_type", "return_key"),
    day="event_date",
    about=About(
        grain="a unit that came back to Amazon, a line of a return request, or a refund",
        source="fba_returns, merchant_returns and refunds in financial_events, by sql/transforms/returns_refunds.sql",
        freshness="Computed after every load of these tables, for each day that changed.",
        restatement="A return that Amazon dates differently moves to its new day. One return is often two rows: a "
        "refund, and the return or the request; so choose a record_type before you add units. A deferred refund counts "
        "once, on the day of its first transaction.",
        example="select event_date, record_type, sum(quantity) as units from returns_refunds\n"
        "group by event_date, record_type order by event_date desc;",
    ),
)

SOURCE = Derived(
    table=RETURNS_REFUNDS,
    group="returns",
    after=("orders", "fba_returns", "merchant_returns", "financial_events"),
    complete_when=("fba_returns", "merchant_returns", "financial_events"),
    figures=(
        DayFigure(RETURNS_REFUNDS, "units back at Amazon", "sum(quantity) filter (where record_type = 'FBA')"),
        DayFigure(RETURNS_REFUNDS, "units requested", "sum(quantity) filter (where record_type = 'MFN')"),
        DayFigure(RETURNS_REFUNDS, "refunds", "sum(refund_amount)", "currency"),
    ),
)
