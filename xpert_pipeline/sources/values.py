"""Reads single values of Amazon's payloads. A value that is absent or unreadable is None, never a guess."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

AMOUNT_PLACES = Decimal("0.0001")
"""Decimals that the columns of amounts keep."""
STORED_DECIMALS = 4


def value_at(record: Any, path: str) -> Any:
    """The value at a dotted path; None where any part of the path is absent."""
    for name in path.split("."):
        record = record.get(name) if isinstance(record, Mapping) else None
    return record


def instant(text: Any) -> datetime | None:
    """A time as Amazon writes it."""
    try:
        return datetime.fromisoformat(text) if text else None
    except (TypeError, ValueError):
        return None


def upper(word: str | None) -> str | None:
    """A word in capitals, as the Orders API writes its words."""
    return word.upper() if isinstance(word, str) else word


def plain(value: Any) -> Any:
    """JSON whose decimals are text, so that every digit is kept."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    return [plain(inner) for inner in value] if isinstance(value, list) else value


def text_or_none(value: Any) -> str | None:
    """A cell of a flat file; an empty cell has no value."""
    return value or None


def number(value: Any) -> Decimal | None:
    """A figure; None where it is absent.

    Raises:
        TypeError: It is not a number.
    """
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise TypeError("not a number")
    return Decimal(value)


def digits(value: Decimal | None, places: int = 0) -> str | None:
    """A figure as text for JSON, the same text for equal figures: at least `places` decimals, no needless zeros."""
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
    """The entries of a list that may hold nulls, as Amazon's schemas allow; nulls are counted."""
    for entry in values or ():
        if entry is None:
            signals[f"null among {what}"] += 1
        else:
            yield entry
