"""Sales API v1: Amazon's own count of orders, units and sales, to compare ours with."""

from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, Literal
from zoneinfo import ZoneInfo

from xpert_pipeline.spapi.session import SellerApi

LONGEST = timedelta(days=730)
Granularity = Literal["Hour", "Day", "Week", "Month", "Year", "Total"]


def get_order_metrics(
    api: SellerApi,
    start: datetime,
    end: datetime,
    *,
    granularity: Granularity = "Day",
    timezone: str | None = None,
) -> list[dict[str, Any]]:
    """Ask for order metrics over a half-open span (getOrderMetrics); one call for each two years.

    Args:
        api: the seller.
        start: first moment; day boundaries are those of `timezone`.
        end: first moment after the span.
        granularity: length of the intervals.
        timezone: IANA name; the marketplace's own by default.

    Returns:
        `{"interval": "from--to", "unitCount", "orderItemCount", "orderCount", "averageUnitPrice",
        "totalSales": {"amount", "currencyCode"}}` for each interval, oldest first. "Total" over more than
        two years gives one entry for each two.

    Raises:
        ValueError: for a naive time or an empty or reversed span.
    """
    if start.tzinfo is None or end.tzinfo is None:
        raise ValueError("get_order_metrics wants aware times")
    if end <= start:
        raise ValueError(f"the span ends ({end}) before it starts ({start})")
    zone = ZoneInfo(timezone or api.marketplace.timezone)
    start, end = start.astimezone(zone), end.astimezone(zone)
    metrics: list[dict[str, Any]] = []
    while start < end:
        until = min(start + LONGEST, end)  # same clock time: wall arithmetic within one zone
        answer = api.call(
            "getOrderMetrics",
            (_offset(start), _offset(until)),
            SimpleNamespace(value=granularity),
            str(zone),
            expects={"payload": list},
            marketplaceIds=[api.marketplace.id],
        )
        metrics += answer["payload"]
        start = until
    return metrics


def _offset(moment: datetime) -> str:
    """Write a moment with its zone's offset, as the interval must have."""
    return moment.isoformat(timespec="seconds")
