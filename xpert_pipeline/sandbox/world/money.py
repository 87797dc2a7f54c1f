"""Amounts as Amazon writes them: decimal text, at least two places."""

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from functools import lru_cache

CENT = Decimal("0.01")
FINEST = Decimal("0.0001")


def written(amount: Decimal) -> str:
    """Write plain digits with two decimal places, and more only where they are not zero."""
    normal = amount.normalize()
    exponent = normal.as_tuple().exponent
    return format(normal if isinstance(exponent, int) and exponent < -2 else amount.quantize(CENT), "f")


@lru_cache(maxsize=50_000)
def read(text: str) -> str | None:
    """Read an amount of a file in Amazon's spelling; None where it is unknown.

    Raises:
        ValueError: The text is no number.
    """
    bare = text.strip()
    if not bare:
        return None
    try:
        amount = Decimal(bare)
    except InvalidOperation:
        raise ValueError(f"{text!r} is no amount") from None
    if not amount.is_finite():
        raise ValueError(f"{text!r} is no amount")
    return written(amount)


def total(amounts: Iterable[str | None]) -> str | None:
    """Return the sum of the known amounts; None if none is known."""
    known = [Decimal(amount) for amount in amounts if amount is not None]
    return written(sum(known, Decimal(0))) if known else None


@lru_cache(maxsize=50_000)
def share(amount: str, quantity: int) -> str:
    """Return the amount of one unit, to four decimal places."""
    return written((Decimal(amount) / quantity).quantize(FINEST))
