"""merchant_returns: return requests for orders that the seller ships, from the flat file by return date."""

from datetime import date, timedelta
from typing import Annotated, Any

from typing_extensions import TypedDict

from xpert_pipeline.sources.day_figures import DayFigure
from xpert_pipeline.sources.line_changes import Keyed
from xpert_pipeline.sources.report import WindowedReport
from xpert_pipeline.sources.windows import Restatement
from xpert_pipeline.tables.about import About
from xpert_pipeline.tables.columns import At, Null
from xpert_pipeline.tables.contract import Table
from xpert_pipeline.tables.fields import Amount, Currency, Flag, Id, MarketplaceId, Quantity, Text

RETURN_KEY, RMA = "return_key", "Amazon RMA ID"
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
YES_OR_NO = {"y": True, "yes": True, "true": True, "n": False, "no": False, "false": False}
UNCLEAR = "Amazon left it blank, or wrote neither yes nor no."


def report_day(text: Any) -> date | None:
    """Read a day such as 05-Jan-2026; None if it is blank or written in another way."""
    try:
        day, month, year = str(text or "").split("-")
        return date(int(year), MONTHS.index(month.strip().title()) + 1, int(day))
    except ValueError:
        return None


def yes_or_no(text: Any) -> bool | None:
    """Read Y or N; None if it is neither."""
    return YES_OR_NO.get(str(text or "").strip().lower())


class MerchantReturnRow(TypedDict):
    """A line of a return request."""

    marketplace_id: MarketplaceId
    return_key: Annotated[
        Id,
        At(RETURN_KEY),
        "Amazon's return id, order, SKU and, if the report has it, order item. Without a return id, a digest of what "
        "does not change about the request, and its number among equal ones.",
    ]
    return_date: Annotated[
        date, At("Return request date", report_day), "Day on which the customer requested the return; the partition."
    ]
    order_id: Annotated[Id, At("Order ID"), "Amazon's id of the order."]
    order_item_id: Annotated[
        Text | None, At("Order Item ID"), "Amazon's id of the order line.", Null("The report does not have it.")
    ]
    order_date: Annotated[date | None, At("Order date", report_day), "Day of the order."]
    rma_id: Annotated[Text | None, At(RMA), "Amazon's id of the return request."]
    merchant_rma_id: Annotated[Text | None, At("Merchant RMA ID"), "The seller's own id of the return request."]
    status: Annotated[Text | None, At("Return request status"), "State of the request, in Amazon's words."]
    sku: Annotated[Text | None, At("Merchant SKU"), "The seller's own SKU."]
    asin: Annotated[Text | None, At("ASIN"), "ASIN."]
    product_name: Annotated[Text | None, At("Item Name"), "Title of the product."]
    quantity: Annotated[Quantity, At("Return quantity"), "Units to be returned."]
    order_quantity: Annotated[Quantity | None, At("Order quantity"), "Units that were ordered."]
    reason_code: Annotated[
        Text | None, At("Return Reason"), "Why the customer returns it, as Amazon's code; an open set."
    ]
    is_in_policy: Annotated[
        Flag | None, At("In policy", yes_or_no), "Whether Amazon's return policy covers it.", Null(UNCLEAR)
    ]
    return_type: Annotated[Text | None, At("Return type"), "Kind of return, in Amazon's words."]
    resolution: Annotated[Text | None, At("Resolution"), "What the customer gets, such as a refund, in Amazon's words."]
    is_prime: Annotated[Flag | None, At("Is prime", yes_or_no), "Whether the order is a Prime order.", Null(UNCLEAR)]
    has_a_to_z_claim: Annotated[
        Flag | None, At("A-to-Z Claim", yes_or_no), "Whether the customer made an A-to-z claim.", Null(UNCLEAR)
    ]
    delivery_date: Annotated[
        date | None,
        At("Return delivery date", report_day),
        "Day on which the returned parcel arrived.",
        Null("It has not arrived, or Amazon does not know."),
    ]
    label_type: Annotated[Text | None, At("Label type"), "Kind of return label."]
    label_cost: Annotated[Amount | None, At("Label cost"), "Cost of the return label."]
    label_payer: Annotated[Text | None, At("Label to be paid by"), "Who pays for the return label, in Amazon's words."]
    return_carrier: Annotated[Text | None, At("Return carrier"), "Carrier of the return."]
    invoice_number: Annotated[Text | None, At("Invoice number"), "Number of the invoice."]
    order_amount: Annotated[Amount | None, At("Order Amount"), "What the customer paid for the line."]
    refunded_amount: Annotated[
        Amount | None,
        At("Refunded Amount"),
        "What the customer got back, as the report says it; finances are the measure.",
        Null("Nothing was refunded yet."),
    ]
    currency: Annotated[Currency | None, At("Currency code"), "ISO 4217 code for all amounts of the row."]
    safe_t_claim_id: Annotated[
        Text | None, At("SafeT claim id"), "Id of the seller's SAFE-T claim.", Null("There is no claim.")
    ]
    safe_t_claim_status: Annotated[
        Text | None, At("SafeT claim state"), "State of the claim, in Amazon's words.", Null("There is no claim.")
    ]
    safe_t_claim_date: Annotated[
        date | None, At("SafeT claim creation time", report_day), "Day of the claim.", Null("There is no claim.")
    ]
    safe_t_action_reason: Annotated[
        Text | None, At("SafeT Action reason"), "Amazon's reason for its decision.", Null("There is no claim.")
    ]
    safe_t_reimbursed_amount: Annotated[
        Amount | None,
        At("SafeT claim reimbursement amount"),
        "What Amazon paid for the claim.",
        Null("Amazon paid nothing, or there is no claim."),
    ]


MERCHANT_RETURNS = Table(
    "merchant_returns",
    MerchantReturnRow,
    key=("marketplace_id", RETURN_KEY),
    day="return_date",
    about=About(
        grain="a line of a return request for an order that the seller ships",
        source="GET_FLAT_FILE_RETURNS_DATA_BY_RETURN_DATE",
        freshness="A live run reads the last 60 days again, at most every six hours.",
        restatement="Amazon changes a request until it is closed. No request is ever deleted. If Amazon fulfils all of "
        "the seller's orders, there are none, and Amazon cancels the report.",
        example="select status, count(*) as requests, sum(quantity) as units from merchant_returns\n"
        "where return_date > current_date - 60 group by status order by requests desc;",
    ),
)

IDS, CONTENT = (RMA, "Order ID", "Merchant SKU"), ("Return request date", "Return quantity", "Return Reason")
"""Without one of these columns the same request would get another key, and count twice."""
SOURCE = WindowedReport(
    table=MERCHANT_RETURNS,
    group="returns",
    roles=("Inventory and Order Tracking",),
    figures=(DayFigure(MERCHANT_RETURNS, "units requested", "sum(quantity)"),),
    report="GET_FLAT_FILE_RETURNS_DATA_BY_RETURN_DATE",
    needs=(*IDS, *CONTENT),
    ignores=("Tracking ID",),
    longest=60,
    rule=Restatement(restated=timedelta(days=60), oldest=timedelta(days=730)),
    changes=(
        Keyed(
            RETURN_KEY,
            ids=(*IDS, "Order Item ID"),
            unique=RMA,
            content=CONTENT,
        ),
    ),
)
