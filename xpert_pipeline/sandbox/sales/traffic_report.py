"""Writes GET_SALES_AND_TRAFFIC_REPORT: one JSON document with figures by date, and by ASIN over the whole window."""

import json
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

from xpert_pipeline.sandbox.jobs.kiosk_view import View, view_of
from xpert_pipeline.sandbox.jobs.report_kind import ReportInput, ReportKind
from xpert_pipeline.sandbox.jobs.report_limits import AppPlan
from xpert_pipeline.sandbox.jobs.report_store import Report
from xpert_pipeline.sandbox.marketplaces import STORES
from xpert_pipeline.sandbox.sales import traffic_queries as kiosk_traffic
from xpert_pipeline.sandbox.serving.errors import invalid
from xpert_pipeline.sandbox.world.ledger import last_day
from xpert_pipeline.sandbox.world.records import World

DATES, ASINS = ("DAY", "WEEK", "MONTH"), ("PARENT", "CHILD", "SKU")
_NO_B2B = ("unitsRefunded", "refundRate", "claimsGranted", "claimsAmount", "shippedProductSales", "unitsShipped",
           "ordersShipped", "feedbackReceived", "negativeFeedbackReceived", "receivedNegativeFeedbackRate")  # fmt: skip
"""Fields that the report does not have for business customers."""
_ASIN_SALES = ("unitsOrdered", "orderedProductSales", "totalOrderItems")


def traffic_options(requested: Any) -> dict[str, str]:
    """Return the report's options, with defaults for those that are not requested.

    Raises:
        ApiError: 400 for an unknown option or value.
    """
    allowed = {"dateGranularity": DATES, "asinGranularity": ASINS}
    options = {"dateGranularity": "DAY", "asinGranularity": "PARENT"}
    for name, value in (requested if isinstance(requested, dict) else {}).items():
        if value not in allowed.get(name, ()):
            raise invalid(f"reportOptions: {name}={value} is not supported by this report type.")
        options[name] = value
    return options


def days_with_data(world: World, report: Report) -> int:
    """Count the days with figures in a report's window, summed over its stores; this needs no ledger."""
    days = 0
    for marketplace_id in report.marketplace_ids:
        if marketplace_id in world.opened:
            opened = STORES[marketplace_id].day_of(world.opened[marketplace_id])
            first = max(_date(report.start).toordinal(), opened)
            days += max(
                0, min(_date(report.end).toordinal(), last_day(world, marketplace_id, report.created)) + 1 - first
            )
    return days


def traffic_report(content: ReportInput) -> Iterator[str]:
    """Yield the document."""
    world, report = content.world, content.report
    view = view_of(world, report.created)
    start, end = _date(report.start), _date(report.end)
    arguments = {"marketplaceIds": list(report.marketplace_ids), "startDate": start, "endDate": end}
    document = {
        "reportSpecification": {
            "reportType": report.report_type,
            "reportOptions": dict(report.options),
            "dataStartTime": start.isoformat(),
            "dataEndTime": end.isoformat(),
            "marketplaceIds": list(report.marketplace_ids),
        },
        "salesAndTrafficByDate": _by_date(view, arguments | {"aggregateBy": report.options["dateGranularity"]}),
        "salesAndTrafficByAsin": _by_asin(view, arguments | {"aggregateBy": report.options["asinGranularity"]}),
    }
    yield json.dumps(document, ensure_ascii=False, default=float)


def _by_date(view: View, arguments: Mapping[str, Any]) -> list[dict[str, Any]]:
    records = (
        kiosk_traffic.date_record(view, arguments, group) for group in kiosk_traffic.date_groups(view, arguments)
    )
    return [
        {
            "date": record["startDate"],
            "salesByDate": _report_fields(record["sales"]),
            "trafficByDate": _report_fields(record["traffic"]),
        }
        for record in records
    ]


def _by_asin(view: View, arguments: Mapping[str, Any]) -> list[dict[str, Any]]:
    records = (
        kiosk_traffic.asin_record(view, arguments, group) for group in kiosk_traffic.asin_groups(view, arguments)
    )
    return [
        {name: record[name] for name in ("parentAsin", "childAsin", "sku") if record[name] is not None}
        | {
            "salesByAsin": _report_fields(record["sales"], only=_ASIN_SALES),
            "trafficByAsin": _report_fields(record["traffic"]),
        }
        for record in records
    ]


def _report_fields(facts: Mapping[str, Any], *, only: Collection[str] = ()) -> dict[str, Any]:
    """Return the report's fields, without those that have no value."""
    return {
        name: value
        for name, value in facts.items()
        if value is not None
        and not (name.endswith("B2B") and name.removesuffix("B2B") in _NO_B2B)
        and (not only or name.removesuffix("B2B") in only)
    }


def _date(seconds: float) -> date:
    """Return the UTC date of a time in the request, which is the date that Amazon uses."""
    return datetime.fromtimestamp(seconds, UTC).date()


SALES_AND_TRAFFIC = ReportKind(
    name="GET_SALES_AND_TRAFFIC_REPORT",
    roles=("Brand Analytics",),
    content_type="application/json",
    count=days_with_data,
    write=traffic_report,
    minimum_seconds=None,
    options=traffic_options,
    app_plan=AppPlan(seconds=900.0, burst=1, most=96),
)
