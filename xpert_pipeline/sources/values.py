"""Reads single values of Amazon's payloads. A value that is absent or unreadable is None, never a guess."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

AMOUNT_PLACES = Decimal("0.0001")
"""The smallest amount that amount columns store."""
STORED_DECIMALS = 4
HUNDRED = Decimal(100)


def value_at(record: Any, path: str) -> Any:
    """The value at a dotted path; None if any part of the path is absent."""
    for name in path.split("."):
        record = record.get(name) if isinstance(record, Mapping) else None
    return record


def instant(text: Any) -> datetime | None:
    """Parse a time; None if it is absent or unreadable."""
    try:
        return datetime.fromisoformat(text) if text else None
    except (TypeError, ValueError):
        return None


def calendar_day(text: Any) -> date | None:
    """Read a day without a time, such as 2026-11-30; None if it is absent or unreadable."""
    try:
        return date.fromisoformat(text) if text else None
    except (TypeError, ValueError):
        return None


def local_day(text: Any, zone: ZoneInfo) -> date | None:
    """The local day of a time as Amazon writes it."""
    moment = instant(text)
    return moment.astimezone(zone).date() if moment and moment.tzinfo else None


def plain(value: Any) -> Any:
    """Convert the decimals of a JSON value to text, so that every digit is kept."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    return [plain(inner) for inner in value] if isinstance(value, list) else value


def text_or_none(value: Any) -> str | None:
    """Return the text of a flat-file cell; None if it is empty."""
    return value or None


def number(value: Any) -> Decimal | None:
    """Return a number as a Decimal; None if it is absent.

    Raises:
        TypeError: It is not a number.
    """
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise TypeError("not a number")
    return Decimal(value)


def percent(share: Any) -> Decimal | None:
    """Return a fraction of 1 in percent; None if it is absent.

    Raises:
        TypeError: It is not a number.
    """
    known = number(share)
    return None if known is None else known * HUNDRED


def digits(value: Decimal | None, places: int = 0) -> str | None:
    """Format a number for JSON: at least `places` decimals, no other trailing zeros. Equal numbers give equal text."""
    if value is None:
        return None
    short = value.normalize() + 0
    _, _, exponent = short.as_tuple()
    return f"{short:f}" if isinstance(exponent, int) and exponent < -places else f"{short:.{places}f}"


def is_rounded(amount: Decimal | None) -> bool:
    """Whether storing an amount loses decimals."""
    if amount is None:
        return False
    _, _, exponent = amount.as_tuple()
    return isinstance(exponent, int) and exponent < -STORED_DECIMALS and amount != amount.quantize(AMOUNT_PLACES)


def entries(values: Iterable[Any] | None, what: str, signals: Counter[str]) -> Iterator[Mapping[str, Any]]:
    """Yield the entries of a list without its nulls, which Amazon's schemas allow; count the nulls."""
    for entry in values or ():
        if entry is None:
            signals[f"null among {what}"] += 1
        else:
            yield entry
