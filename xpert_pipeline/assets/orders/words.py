"""The words of orders: one vocabulary in the tables, whichever source a row came from.

The tables use the words of Orders v2026-01-01, such as SECOND_DAY. Reports spell them otherwise, such as SecondDay.
"""

import re
from collections import Counter

AMAZON, NON_AMAZON = "AMAZON", "NON_AMAZON"
"""Sales channels: Amazon itself, or another shop whose order is only shipped by Amazon."""
STATUSES = frozenset(
    ("PENDING_AVAILABILITY", "PENDING", "UNSHIPPED", "PARTIALLY_SHIPPED", "SHIPPED", "CANCELLED", "UNFULFILLABLE")
)
CANCELLED_IN_REPORTS = ("Cancelled", "Canceled")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_GAP = re.compile(r"[^A-Za-z0-9]+")


def code(word: str | None) -> str | None:
    """Spell a word as the Orders API does: `SecondDay` and `Second Day` become `SECOND_DAY`."""
    return _GAP.sub("_", _HUMP.sub("_", word.strip())).upper() if isinstance(word, str) else word


def sales_channel(word: str | None, signals: Counter[str]) -> str | None:
    """Return AMAZON or NON_AMAZON for the name of a sales channel in any source.

    Reports name Amazon by its domain (`Amazon.in`), and other shops by `Non-Amazon`, sometimes with a country. Any
    other name is kept, counted, and is not a sale on Amazon.
    """
    channel = code(word)
    if channel is None:
        return None
    if channel == AMAZON or channel.startswith("AMAZON_"):
        return AMAZON
    if channel == NON_AMAZON or channel.startswith("NON_AMAZON_"):
        return NON_AMAZON
    signals[f"unknown sales channel {channel}"] += 1
    return channel


def known_status(word: str | None, signals: Counter[str]) -> str | None:
    """Return the status as received; count it if it is unknown."""
    if word and word not in STATUSES:
        signals[f"unknown fulfillment status {word}"] += 1
    return word


def report_status(word: str | None, signals: Counter[str]) -> str | None:
    """Return the API's word for an order's status in a report; count it if it is unknown."""
    return known_status("CANCELLED" if word in CANCELLED_IN_REPORTS else code(word), signals)
