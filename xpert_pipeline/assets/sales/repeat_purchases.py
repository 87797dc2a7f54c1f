"""repeat_purchases: customers of each product who order again, by week, as Amazon adds them up.

Amazon gives it to brand owners with the role Brand Analytics. Beside the orders of the week: `customer_metrics`.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated, Any

from typing_extensions import TypedDict

from xpert_pipeline.sources.collect import Row, Unfit
from xpert_pipeline.sources.day_figures import DayFigure
from xpert_pipeline.sources.job_windows import Requested
from xpert_pipeline.sources.kiosk.records import Money
from xpert_pipeline.sources.rows import unknown_fields
from xpert_pipeline.sources.source import Pace
from xpert_pipeline.sources.values import number, percent
from xpert_pipeline.sources.weekly_report import WeeklyReport
from xpert_pipeline.sources.windows import Restatement
from xpert_pipeline.spapi.operations.repeat_customers import REPORT, read_asins
from xpert_pipeline.tables.about import About
from xpert_pipeline.tables.contract import Table
from xpert_pipeline.tables.fields import Amount, Currency, Id, MarketplaceId, Percent, Quantity


class RepeatPurchasesRow(TypedDict):
    """The customers of one product in a week, without any person."""

    marketplace_id: MarketplaceId
    period_start: Annotated[date, "Sunday: the week's first day; the partition."]
    period_end: Annotated[date, "Saturday: the week's last day."]
    asin: Annotated[Id, "ASIN."]
    orders: Annotated[Quantity | None, "Orders with the ASIN, whatever the number of units."]
    unique_customers: Annotated[Quantity | None, "Customers who placed them, each counted once."]
    repeat_customer_pct: Annotated[
        Percent | None,
        "Share of these customers who are repeat customers, by Amazon's own rule, which it does not tell.",
    ]
    repeat_revenue: Annotated[Amount | None, "Ordered revenue from repeat customers; returns are not subtracted."]
    repeat_revenue_pct: Annotated[Percent | None, "Share of repeat_revenue in the ordered revenue of the ASIN."]
    currency: Annotated[Currency | None, "ISO 4217 code of repeat_revenue."]


REPEAT_PURCHASES = Table(
    "repeat_purchases",
    RepeatPurchasesRow,
    key=("marketplace_id", "period_start", "asin"),
    day="period_start",
    replaced_by=("marketplace_id", "period_start"),
    about=About(
        grain="an ASIN and a week",
        source=f"{REPORT}: one report for a week, with all ASINs; brand owners only",
        freshness="Amazon has a week about ten days after its end; then it is read.",
        restatement="A week is read once more three weeks after its end, because Amazon may have it late. Each reading "
        "replaces the week. The figures are stored as Amazon reports them, also those of few customers. Customers of "
        "several ASINs or weeks cannot be added: the same person may be among them.",
        example="select period_start, asin, unique_customers, repeat_customer_pct, repeat_revenue, currency\n"
        "from repeat_purchases order by period_start desc, repeat_revenue desc nulls last limit 20;",
    ),
)
FIELDS = {
    "startDate", "endDate", "asin", "orders", "uniqueCustomers", "repeatCustomersPctTotal", "repeatPurchaseRevenue",
    "repeatPurchaseRevenuePctTotal",
}  # fmt: skip


def parse_asin(record: Mapping[str, Any], requested: Requested, signals: Counter[str]) -> Row:
    """Parse one record: an ASIN in a week. A share becomes a percentage.

    Raises:
        Unfit: It is of another week, or its amount has no currency.
    """
    (market,), money = requested.markets, Money()
    start, end = date.fromisoformat(record["startDate"]), date.fromisoformat(record["endDate"])
    if (start, end) != (min(requested.days), max(requested.days)):
        raise Unfit(f"it is of {start} to {end}, which was not requested")
    signals.update(unknown_fields(record, FIELDS))
    return {
        "marketplace_id": market.id,
        "period_start": start,
        "period_end": end,
        "asin": record.get("asin"),
        "orders": number(record.get("orders")),
        "unique_customers": number(record.get("uniqueCustomers")),
        "repeat_customer_pct": percent(record.get("repeatCustomersPctTotal")),
        "repeat_revenue": money.read(record.get("repeatPurchaseRevenue")),
        "repeat_revenue_pct": percent(record.get("repeatPurchaseRevenuePctTotal")),
        "currency": money.currency,
    }


SOURCE = WeeklyReport(
    table=REPEAT_PURCHASES,
    pace=Pace.LAST,
    group="sales",
    roles=("Brand Analytics",),
    figures=(DayFigure(REPEAT_PURCHASES, "revenue from repeat customers", "sum(repeat_revenue)", "currency"),),
    report=REPORT,
    options={"reportPeriod": "WEEK"},
    ready_after=timedelta(days=10),
    rule=Restatement(restated=timedelta(days=21), oldest=timedelta(days=730)),
    read_lines=read_asins,
    parse=parse_asin,
)
