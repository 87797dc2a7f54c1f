"""Reads single values of foreign payloads: what is absent or unreadable is None, never a guess."""

from datetime import datetime
from decimal import Decimal
from typing import Any


def instant(text: str | None) -> datetime | None:
    """A time as Amazon writes it."""
    try:
        return datetime.fromisoformat(text) if text else None
    except (TypeError, ValueError):
        return None


def upper(word: str | None) -> str | None:
    """A word in capitals, as the Orders API writes its words."""
    return word.upper() if isinstance(word, str) else word


def plain(value: Any) -> Any:
    """Decimals as text, so that JSON keeps every digit."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    return [plain(inner) for inner in value] if isinstance(value, list) else value
