"""How numbers of things, and days, read in messages."""

from collections.abc import Collection
from datetime import date


def counted(number: float, one: str, many: str | None = None, *, decimals: int = 0) -> str:
    """A number with its noun, which is singular for exactly one: "1 query", "24 windows".

    Args:
        number: How many.
        one: The noun for one.
        many: The noun for any other number; `one` with an s where it is left out.
        decimals: Shown at most.
    """
    shown = f"{number:,.{decimals}f}"
    if decimals:
        shown = shown.rstrip("0").rstrip(".")
    return f"{shown} {one if shown == '1' else many or one + 's'}"


def day_span(days: Collection[date]) -> str:
    """The first and the last of some days: "2026-03-05", or "2026-03-01 to 2026-03-05"."""
    first, last = min(days), max(days)
    return f"{first}" if first == last else f"{first} to {last}"
