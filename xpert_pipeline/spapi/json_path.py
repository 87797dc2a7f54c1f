"""Reads a value from a nested JSON answer by its dotted path, such as `payload.inventorySummaries`.

Where Amazon has changed the place of a value, the path names both places: `payload.transactions|transactions`.
"""

from typing import Any


def value_at(record: Any, path: str) -> Any:
    """Return the value at a dotted path; None if any part of the path is missing.

    Of several paths, separated by `|`, the first one with a value counts.
    """
    for way in path.split("|"):
        value = record
        for name in way.split("."):
            value = value.get(name) if isinstance(value, dict) else None
        if value is not None:
            return value
    return None
