"""Reads a value from a nested JSON answer by its dotted path, such as `payload.inventorySummaries`."""

from typing import Any


def value_at(record: Any, path: str) -> Any:
    """Return the value at a dotted path; None if any part of the path is missing."""
    for name in path.split("."):
        record = record.get(name) if isinstance(record, dict) else None
    return record
