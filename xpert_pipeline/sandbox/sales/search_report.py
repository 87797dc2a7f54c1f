"""Writes GET_BRAND_ANALYTICS_SEARCH_QUERY_PERFORMANCE_REPORT: one JSON document about some ASINs in one week."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from xpert_pipeline.sandbox.jobs.report_kind import ReportInput, ReportKind
from xpert_pipeline.sandbox.jobs.report_store import Report
from xpert_pipeline.sandbox.sales import brand_weeks
from xpert_pipeline.sandbox.serving.errors import invalid
from xpert_pipeline.sandbox.world.ledger import Ledger, ledger_of
from xpert_pipeline.sandbox.world.records import World
from xpert_pipeline.sandbox.world.searches import Search, price, searches, share

LONGEST_OPTION = 200


def search_options(requested: Any) -> dict[str, str]:
    """Return the report's options.

    Raises:
        ApiError: 400 for a missing, unknown or bad option.
    """
    options = brand_weeks.period_options(requested, ("asin",))
    if not 0 < len(str(options.get("asin") or "")) <= LONGEST_OPTION:
        raise invalid(f"reportOptions: asin is required and has at most {LONGEST_OPTION} characters.")
    return {"reportPeriod": str(options["reportPeriod"]), "asin": str(options["asin"])}


def why_refused(world: World, report: Report) -> str | None:
    """Return why a report ends FATAL; None if it has data."""
    return brand_weeks.why_refused(world, report, _found(world, report), one_week=True)


def _found(world: World, report: Report) -> Iterator[tuple[Ledger, Search, str]]:
    ledger = ledger_of(world, report.marketplace_ids[0], report.created)
    asins = set(report.options["asin"].split())
    for search in searches(ledger, brand_weeks.bounds(report)[0].toordinal()):
        for asin in search.own:
            if asin in asins:
                yield ledger, search, asin


def search_report(content: ReportInput) -> Iterator[str]:
    """Yield the document."""
    report = content.report
    start, end = (day.isoformat() for day in brand_weeks.bounds(report))
    document = {
        "reportSpecification": brand_weeks.specification(report),
        "dataByAsin": [
            {"startDate": start, "endDate": end, "asin": asin, **_data(ledger, search, asin)}
            for ledger, search, asin in _found(content.world, report)
        ],
    }
    yield json.dumps(document, ensure_ascii=False, default=float)


def _data(ledger: Ledger, search: Search, asin: str) -> dict[str, Any]:
    everyone, own = search.everyone, search.own[asin]
    return {
        "searchQueryData": {
            "searchQuery": search.query,
            "searchQueryScore": score(search),
            "searchQueryVolume": search.volume,
        },
        "impressionData": {
            "totalQueryImpressionCount": everyone.impressions,
            "asinImpressionCount": own.impressions,
            "asinImpressionShare": share(own.impressions, everyone.impressions),
        },
        "clickData": _step(ledger, search, asin, "Click", everyone.clicks, own.clicks),
        "cartAddData": _step(ledger, search, asin, "CartAdd", everyone.cart_adds, own.cart_adds),
        "purchaseData": _step(ledger, search, asin, "Purchase", everyone.purchases, own.purchases),
    }


def _step(ledger: Ledger, search: Search, asin: str, name: str, total: int, own: int) -> dict[str, Any]:
    fast = total // 10
    return {
        f"total{name}Count": total,
        f"total{name}Rate": share(total, search.volume),
        f"asin{name}Count": own,
        f"asin{name}Share": share(own, total),
        f"totalMedian{name}Price": _money(ledger, medians(ledger, asin, own)[0]),
        f"asinMedian{name}Price": _money(ledger, medians(ledger, asin, own)[1]),
        f"totalSameDayShipping{name}Count": 0,
        f"totalOneDayShipping{name}Count": fast,
        f"totalTwoDayShipping{name}Count": fast,
    }


def score(search: Search) -> int:
    """Return the rank of a query among those of any of its ASINs: the one with the fewest words is the first."""
    return len(search.query.split())


def medians(ledger: Ledger, asin: str, own: int) -> tuple[Decimal | None, Decimal | None]:
    """Return the median prices of all products and of the ASIN; the latter is None if nothing happened to it."""
    known = price(ledger, asin)
    everyone = (known * Decimal("0.9")).quantize(Decimal("0.01")) if known is not None else None
    return everyone, known if own else None


def _money(ledger: Ledger, amount: Decimal | None) -> dict[str, Any] | None:
    return None if amount is None else {"amount": amount, "currencyCode": ledger.store.currency}


SEARCH_QUERY_PERFORMANCE = ReportKind(
    name="GET_BRAND_ANALYTICS_SEARCH_QUERY_PERFORMANCE_REPORT",
    roles=("Brand Analytics",),
    content_type="application/json",
    count=lambda world, report: sum(1 for _ in _found(world, report)),
    write=search_report,
    minimum_seconds=None,
    refusal=why_refused,
    options=search_options,
)
