"""Formats counts and days for messages."""

from collections.abc import Collection
from datetime import date


def counted(number: float, one: str, many: str | None = None, *, decimals: int = 0) -> str:
    """Format a number with its noun in the singular or plural: "1 query", "24 windows".

    Args:
        number: The number.
        one: The singular noun.
        many: The plural noun; by default the singular and an s.
        decimals: How many decimals to show at most.
    """
    shown = f"{number:,.{decimals}f}"
    if decimals:
        shown = shown.rstrip("0").rstrip(".")
    return f"{shown} {one if shown == '1' else many or one + 's'}"


def day_span(days: Collection[date]) -> str:
    """Format the first and the last of some days: "2026-03-05", or "2026-03-01 to 2026-03-05"."""
    first, last = min(days), max(days)
    return f"{first}" if first == last else f"{first} to {last}"
