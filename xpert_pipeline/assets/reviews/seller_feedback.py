"""seller_feedback: how customers rated the seller, from the feedback report. Their words and addresses are not kept."""

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Annotated, Any

from pydantic import Field
from typing_extensions import TypedDict

from xpert_pipeline.sources.collect import Row, Unfit
from xpert_pipeline.sources.day_figures import DayFigure
from xpert_pipeline.sources.flat_records import RAGGED
from xpert_pipeline.sources.job_windows import Requested
from xpert_pipeline.sources.report import WindowedReport
from xpert_pipeline.sources.windows import Restatement
from xpert_pipeline.spapi.operations.seller_feedback import CELLS, REPORT, read_feedback
from xpert_pipeline.tables.about import About
from xpert_pipeline.tables.contract import Table
from xpert_pipeline.tables.fields import Id, MarketplaceId, Quantity

FORMATS = ("%m/%d/%y", "%m/%d/%Y")


class SellerFeedbackRow(TypedDict):
    """A customer's rating of the seller."""

    marketplace_id: MarketplaceId
    order_id: Annotated[Id, "Amazon's id of the order."]
    feedback_date: Annotated[date, "Day of the feedback; the partition."]
    rating: Annotated[Quantity, Field(ge=1, le=5), "Stars, from 1 to 5."]


SELLER_FEEDBACK = Table(
    "seller_feedback",
    SellerFeedbackRow,
    key=("marketplace_id", "order_id"),
    day="feedback_date",
    replaced_by=("marketplace_id", "feedback_date"),
    about=About(
        grain="a customer's rating of the seller for an order",
        source="GET_SELLER_FEEDBACK_DATA",
        freshness="A live run reads the last 30 days again, at most every six hours.",
        restatement="A customer may remove feedback; its row is then deleted. Comments, responses and addresses are "
        "not stored. The report has the lower ratings only.",
        example="select date_trunc('month', feedback_date) as month, rating, count(*) from seller_feedback\n"
        "group by month, rating order by month desc, rating;",
    ),
)


def parse_feedback(record: Mapping[str, Any], requested: Requested, _signals: Counter[str]) -> Row:
    """Parse one line.

    Raises:
        Unfit: The line has more or fewer cells than the header; or its date is not written as month, day and year, or
            is not in the report's window, so that day and month may be exchanged.
    """
    if CELLS in record:
        raise Unfit(RAGGED, may_be=None)
    day = _day(record["Date"])
    if day is None or day not in requested.days:
        raise Unfit("its date is not a day of the report, written as month, day and year")
    return {
        "marketplace_id": requested.markets[0].id,
        "order_id": record["Order ID"],
        "feedback_date": day,
        "rating": record["Rating"],
    }


def _day(text: str | None) -> date | None:
    for format_ in FORMATS:
        try:
            return datetime.strptime(text or "", format_).date()  # noqa: DTZ007  a day, which has no zone
        except ValueError:
            continue
    return None


SOURCE = WindowedReport(
    table=SELLER_FEEDBACK,
    group="reviews",
    roles=("Selling Partner Insights",),
    figures=(DayFigure(SELLER_FEEDBACK, "ratings", "count(*)"),),
    report=REPORT,
    longest=30,
    rule=Restatement(restated=timedelta(days=30), oldest=timedelta(days=365)),
    read_lines=read_feedback,
    parse=parse_feedback,
)
