"""Writes GET_V2_SELLER_PERFORMANCE_REPORT: one JSON document about the present state, whatever period is asked for."""

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

from xpert_pipeline.sandbox.jobs.report_kind import ReportInput, ReportKind
from xpert_pipeline.sandbox.jobs.report_store import Report
from xpert_pipeline.sandbox.world.health import Health, Rate, health
from xpert_pipeline.sandbox.world.records import World


def _stores(world: World, report: Report) -> list[str]:
    return [store for store in report.marketplace_ids if store in world.marketplace_ids]


def _write(content: ReportInput) -> Iterator[str]:
    report, world = content.report, content.world
    found = {store: health(world, store, report.created) for store in _stores(world, report)}
    document = {
        "accountStatuses": [{"marketplaceId": store, "status": each.status} for store, each in found.items()],
        "performanceMetrics": [{"marketplaceId": store, **_metrics(each)} for store, each in found.items()],
    }
    yield json.dumps(document, default=float)


def _metrics(found: Health) -> dict[str, Any]:
    """All metrics of a store but the one that Amazon has only in the US."""
    rates = found.rates
    late, cancelled, invoiced = rates["late"], rates["cancelled"], rates["invoiced"]
    delivered, tracked = rates["delivered"], rates["tracked"]
    return {
        "orderDefectRate": {
            "afn": _defects(rates["fba defects"], "afn"),
            "mfn": _defects(rates["merchant defects"], "mfn"),
        },
        "lateShipmentRate": _rate(late) | {"orderCount": late.counted, "lateShipmentCount": late.meant},
        "preFulfillmentCancellationRate": _rate(cancelled)
        | {"orderCount": cancelled.counted, "cancellationCount": cancelled.meant},
        "onTimeDeliveryRate": _rate(delivered)
        | {"shipmentCountWithValidTracking": delivered.counted, "onTimeDeliveryCount": delivered.meant},
        "validTrackingRate": _rate(tracked) | {"shipmentCount": tracked.counted, "validTrackingCount": tracked.meant},
        "invoiceDefectRate": _rate(invoiced)
        | {
            "orderCount": invoiced.counted,
            "invoiceDefect": {"count": invoiced.meant, "status": invoiced.status},
            "missingInvoice": _part(invoiced.meant),
            "lateInvoice": _part(0),
        },
        "accountHealthRating": {
            "ahrStatus": found.rating,
            "ahrScore": found.score,
            "reportingDateRange": _range(found.first, found.last),
        },
        "warningStates": [],
    } | {kind: _violations(found, count) for kind, count in found.violations.items()}


def _defects(rate: Rate, fulfilment: str) -> dict[str, Any]:
    return _rate(rate) | {
        "orderCount": rate.counted,
        "orderWithDefects": {"count": rate.meant, "status": rate.status},
        "claims": _part(0),
        "chargebacks": _part(0),
        "negativeFeedback": _part(rate.meant),
        "fulfillmentType": fulfilment,
    }


def _rate(rate: Rate) -> dict[str, Any]:
    return {
        "reportingDateRange": _range(rate.first, rate.last),
        "status": rate.status,
        "rate": rate.rate,
        "targetValue": rate.target,
        "targetCondition": "GREATER_THAN" if rate.is_good else "LESS_THAN",
    }


def _part(count: int) -> dict[str, Any]:
    return {"count": count, "status": "NONE"}


def _violations(found: Health, count: int) -> dict[str, Any]:
    return {
        "reportingDateRange": _range(found.first, found.last),
        "defectsCount": count,
        "status": "BAD" if count else "GOOD",
        "targetValue": 0,
        "targetCondition": "EQUALS",
    }


def _range(first: date, last: date) -> dict[str, str]:
    return {"reportingDateFrom": f"{first}T00:00Z", "reportingDateTo": f"{last}T23:59Z"}


SELLER_PERFORMANCE = ReportKind(
    name="GET_V2_SELLER_PERFORMANCE_REPORT",
    roles=("Selling Partner Insights",),
    content_type="application/json",
    count=lambda world, report: len(_stores(world, report)),
    write=_write,
    minimum_seconds=None,
)
