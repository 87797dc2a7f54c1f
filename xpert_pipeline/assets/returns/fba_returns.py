"""fba_returns: units that customers sent back to Amazon, from the FBA customer returns report.

The report also has the customers' own words; they are removed before anything else sees the lines.
"""

from datetime import date, timedelta
from typing import Annotated

from typing_extensions import TypedDict

from xpert_pipeline.sources.day_figures import DayFigure
from xpert_pipeline.sources.line_changes import Keyed, Without
from xpert_pipeline.sources.report import WindowedReport
from xpert_pipeline.sources.values import instant, local_day
from xpert_pipeline.sources.windows import Restatement
from xpert_pipeline.tables.about import About
from xpert_pipeline.tables.columns import At, Null
from xpert_pipeline.tables.contract import Table
from xpert_pipeline.tables.fields import Id, Instant, MarketplaceId, Quantity, Text

RETURN_KEY, PLATE = "return_key", "license-plate-number"


class FbaReturnRow(TypedDict):
    """A unit that a customer sent back to Amazon."""

    marketplace_id: MarketplaceId
    return_key: Annotated[
        Id,
        At(RETURN_KEY),
        "Order, SKU and licence plate. Without a licence plate, a digest of what does not change about the return, and "
        "its number among equal ones of one report. The date is not part of it, because Amazon may date the same "
        "return differently later. So two returns without a licence plate that are equal in all of this, but came in "
        "reports of different days, count as one.",
    ]
    return_date: Annotated[
        date,
        At("return-date", local_day, in_zone=True),
        "Day of returned_at in the seller's first marketplace; the partition.",
    ]
    returned_at: Annotated[Instant, At("return-date", instant), "When the unit arrived at Amazon."]
    order_id: Annotated[Id, At("order-id"), "Amazon's id of the order."]
    sku: Annotated[Text | None, At("sku"), "The seller's own SKU."]
    asin: Annotated[Text | None, At("asin"), "ASIN."]
    fn_sku: Annotated[Text | None, At("fnsku"), "FNSKU: Amazon's label for the stock."]
    product_name: Annotated[Text | None, At("product-name"), "Title of the product."]
    quantity: Annotated[Quantity, At("quantity"), "Units of the return."]
    fulfillment_center_id: Annotated[
        Text | None, At("fulfillment-center-id"), "The fulfilment centre that received it."
    ]
    disposition: Annotated[
        Text | None, At("detailed-disposition"), "State of the unit, such as SELLABLE or CUSTOMER_DAMAGED; an open set."
    ]
    reason_code: Annotated[Text | None, At("reason"), "Why the customer returned it, as Amazon's code; an open set."]
    status: Annotated[Text | None, At("status"), "What Amazon did with the unit, in Amazon's words."]
    license_plate_number: Annotated[
        Text | None, At(PLATE), "Amazon's label on this one unit.", Null("Amazon left it blank.")
    ]


FBA_RETURNS = Table(
    "fba_returns",
    FbaReturnRow,
    key=("marketplace_id", RETURN_KEY),
    day="return_date",
    about=About(
        grain="a unit that a customer sent back to Amazon",
        source="GET_FBA_FULFILLMENT_CUSTOMER_RETURNS_DATA, for the whole account: marketplace_id is the seller's first "
        "marketplace; returns_refunds has that of the order",
        freshness="A live run reads the last 30 days again, at most every six hours.",
        restatement="Amazon changes the status of a return, and may give the same return another date. A return keeps "
        "its key then, so that it moves to its new day. No return is ever deleted. Customers' comments are not stored.",
        example="select sku, reason_code, count(*) as units from fba_returns\n"
        "where return_date > current_date - 30 group by sku, reason_code order by units desc;",
    ),
)

IDS = ("order-id", "sku", PLATE)
CONTENT = ("fnsku", "quantity", "fulfillment-center-id", "detailed-disposition", "reason")
"""Without one of these columns the same return would get another key, and count twice."""
SOURCE = WindowedReport(
    table=FBA_RETURNS,
    group="returns",
    roles=("Amazon Fulfillment",),
    figures=(DayFigure(FBA_RETURNS, "units returned", "sum(quantity)"),),
    report="GET_FBA_FULFILLMENT_CUSTOMER_RETURNS_DATA",
    needs=(*IDS, *CONTENT),
    is_for_account=True,
    longest=30,
    rule=Restatement(restated=timedelta(days=30), oldest=timedelta(days=540)),
    changes=(
        Without(("customer-comments",)),
        Keyed(
            RETURN_KEY,
            ids=IDS,
            unique=PLATE,
            content=CONTENT,
        ),
    ),
)
