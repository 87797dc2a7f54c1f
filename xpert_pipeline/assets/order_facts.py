"""What both order sources have in common: days, status words, counts, and the columns that items share."""

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from xpert_pipeline.assets.payloads import instant

STATUSES = frozenset(
    ("PENDING_AVAILABILITY", "PENDING", "UNSHIPPED", "PARTIALLY_SHIPPED", "SHIPPED", "CANCELLED", "UNFULFILLABLE")
)


def shared(order: Mapping[str, Any]) -> dict[str, Any]:
    """Columns of an item that are those of its order."""
    return {
        name: order[name] for name in ("marketplace_id", "order_id", "purchase_date", "order_date", "last_updated_at")
    }


def count(order: dict[str, Any], items: list[dict[str, Any]]) -> None:
    """Note in the order how many items and units it has."""
    quantities = [item["quantity_ordered"] for item in items]
    order["item_count"] = len(items)
    order["units_ordered"] = sum(int(q) for q in quantities if isinstance(q, int) or str(q).isdigit())


def times(created: str | None, updated: str | None, zone: ZoneInfo) -> dict[str, datetime | date | None]:
    """Times of an order, and the marketplace-local day it was placed on."""
    purchased = instant(created)
    return {
        "purchase_date": purchased,
        "order_date": purchased.astimezone(zone).date() if purchased and purchased.tzinfo else None,
        "last_updated_at": instant(updated),
    }


def status(word: str | None, signals: Counter[str]) -> str | None:
    """The status as it came; a word unknown today is counted."""
    if word and word not in STATUSES:
        signals[f"unknown fulfillment status {word}"] += 1
    return word
