"""Writes GET_BRAND_ANALYTICS_REPEAT_PURCHASE_REPORT: one JSON document about all ASINs in one or more weeks."""

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

from xpert_pipeline.sandbox.jobs.report_kind import ReportInput, ReportKind
from xpert_pipeline.sandbox.jobs.report_store import Report
from xpert_pipeline.sandbox.marketplaces import STORES
from xpert_pipeline.sandbox.sales import brand_weeks
from xpert_pipeline.sandbox.world.customers import Purchases, purchases
from xpert_pipeline.sandbox.world.records import World
from xpert_pipeline.sandbox.world.searches import DAYS


def repeat_options(requested: Any) -> dict[str, str]:
    """Return the report's options.

    Raises:
        ApiError: 400 for a missing, unknown or bad option.
    """
    return {"reportPeriod": str(brand_weeks.period_options(requested, ())["reportPeriod"])}


def why_refused(world: World, report: Report) -> str | None:
    """Return why a report ends FATAL; None if it has data."""
    return brand_weeks.why_refused(world, report, _found(world, report), one_week=False)


def _found(world: World, report: Report) -> Iterator[tuple[int, Purchases]]:
    first, last = (day.toordinal() for day in brand_weeks.bounds(report))
    for sunday in range(first, last + 1, DAYS):
        for bought in purchases(world, report.marketplace_ids[0], sunday, report.created):
            yield sunday, bought


def repeat_report(content: ReportInput) -> Iterator[str]:
    """Yield the document."""
    currency = STORES[content.report.marketplace_ids[0]].currency
    document = {
        "reportSpecification": brand_weeks.specification(content.report),
        "dataByAsin": [_record(sunday, bought, currency) for sunday, bought in _found(content.world, content.report)],
    }
    yield json.dumps(document, ensure_ascii=False, default=float)


def _record(sunday: int, bought: Purchases, currency: str) -> dict[str, Any]:
    return {
        "startDate": date.fromordinal(sunday).isoformat(),
        "endDate": date.fromordinal(sunday + DAYS - 1).isoformat(),
        "asin": bought.asin,
        "orders": bought.orders.total(),
        "uniqueCustomers": len(bought.orders),
        "repeatCustomersPctTotal": bought.repeat_customer_share,
        "repeatPurchaseRevenue": {"amount": bought.repeat_revenue, "currencyCode": currency},
        "repeatPurchaseRevenuePctTotal": bought.repeat_revenue_share,
    }


REPEAT_PURCHASES = ReportKind(
    name="GET_BRAND_ANALYTICS_REPEAT_PURCHASE_REPORT",
    roles=("Brand Analytics",),
    content_type="application/json",
    count=lambda world, report: sum(1 for _ in _found(world, report)),
    write=repeat_report,
    minimum_seconds=None,
    refusal=why_refused,
    options=repeat_options,
)
