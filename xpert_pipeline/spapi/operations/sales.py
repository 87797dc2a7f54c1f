"""Sales API v1: Amazon's own counts of orders, units and sales, to compare with ours."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, Literal
from zoneinfo import ZoneInfo

from xpert_pipeline.spapi.errors import BadAnswer
from xpert_pipeline.spapi.marketplaces import by_id
from xpert_pipeline.spapi.session import SellerApi

LONGEST = timedelta(days=730)
Granularity = Literal["Hour", "Day", "Week", "Month", "Year", "Total"]


def get_order_metrics(
    api: SellerApi,
    marketplace_id: str,
    start: datetime,
    end: datetime,
    *,
    granularity: Granularity = "Day",
    timezone: str | None = None,
) -> list[dict[str, Any]]:
    """Return one marketplace's order metrics over a half-open span (getOrderMetrics), with one call per two years.

    Args:
        api: The seller.
        marketplace_id: The marketplace.
        start: First moment; days begin at midnight in `timezone`.
        end: First moment after the span.
        granularity: Length of the intervals.
        timezone: IANA name; the marketplace's own by default.

    Returns:
        `{"interval": "from--to", "unitCount", "orderItemCount", "orderCount", "averageUnitPrice",
        "totalSales": {"amount", "currencyCode"}}` for each interval, oldest first; amounts in the marketplace's
        currency. "Total" over more than two years returns one entry per two years.

    Raises:
        ValueError: A naive time, or an empty or reversed span.
    """
    if start.tzinfo is None or end.tzinfo is None:
        raise ValueError("get_order_metrics needs aware times")
    if end <= start:
        raise ValueError(f"the span ends ({end}) before it starts ({start})")
    zone = ZoneInfo(timezone or by_id(marketplace_id).timezone)
    start, end = start.astimezone(zone), end.astimezone(zone)
    metrics: list[dict[str, Any]] = []
    while start < end:
        until = min(start + LONGEST, end)  # keeps the time of day: arithmetic within one zone
        answer = api.call(
            "getOrderMetrics",
            (_offset(start), _offset(until)),
            SimpleNamespace(value=granularity),
            str(zone),
            expects={"payload": list},
            marketplaceIds=[marketplace_id],
        )
        metrics += answer["payload"]
        start = until
    return metrics


def count_orders(api: SellerApi, marketplace_id: str, start: datetime, end: datetime) -> int:
    """Return how many orders one marketplace had in a half-open span, according to Amazon's order metrics.

    Raises:
        BadAnswer: The metrics contain no counts.
    """
    metrics = get_order_metrics(api, marketplace_id, start, end, granularity="Total")
    with _readable(api):
        return sum(_whole(interval["orderCount"]) for interval in metrics)


def order_metrics_by_day(
    api: SellerApi, marketplace_id: str, start: datetime, end: datetime
) -> dict[date, tuple[int, int, Decimal]]:
    """Return orders, units and sales of each local day in a half-open span, according to Amazon's order metrics.

    Sales are in the marketplace's currency.

    Raises:
        BadAnswer: The metrics contain no such figures.
    """
    zone = by_id(marketplace_id).zone
    metrics = get_order_metrics(api, marketplace_id, start, end, granularity="Day")
    with _readable(api):
        return {
            datetime.fromisoformat(interval["interval"].split("--")[0]).astimezone(zone).date(): (
                _whole(interval["orderCount"]),
                _whole(interval["unitCount"]),
                Decimal(str(interval["totalSales"]["amount"])),
            )
            for interval in metrics
        }


@contextmanager
def _readable(api: SellerApi) -> Iterator[None]:
    """Turn the errors of reading an answer of another shape into one that names it."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError) as exc:
        message = f"the metrics have an unknown shape ({type(exc).__name__})"
        raise BadAnswer(message, operation="getOrderMetrics", seller=api.seller_id) from exc


def _whole(figure: Any) -> int:
    """Return a count.

    Raises:
        ValueError: It is not a whole number from 0.
    """
    if isinstance(figure, bool) or figure != int(figure) or figure < 0:
        raise ValueError("not a count")
    return int(figure)


def _offset(moment: datetime) -> str:
    """Write a moment with its zone's offset, as `interval` requires."""
    return moment.isoformat(timespec="seconds")
