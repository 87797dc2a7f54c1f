"""Amounts as Amazon writes them: decimal text, at least two places."""

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from functools import lru_cache

CENT = Decimal("0.01")
FINEST = Decimal("0.0001")


def written(amount: Decimal) -> str:
    """Plain digits with two places, more only where they say something."""
    normal = amount.normalize()
    exponent = normal.as_tuple().exponent
    return format(normal if isinstance(exponent, int) and exponent < -2 else amount.quantize(CENT), "f")


@lru_cache(maxsize=50_000)
def read(text: str) -> str | None:
    """An amount of a file in Amazon's spelling; None where it is not known.

    Raises:
        ValueError: If it is no number.
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
    """Sum of the known amounts; None if none is known."""
    known = [Decimal(amount) for amount in amounts if amount is not None]
    return written(sum(known, Decimal(0))) if known else None


@lru_cache(maxsize=50_000)
def share(amount: str, quantity: int) -> str:
    """Amount of one unit, to four places."""
    return written((Decimal(amount) / quantity).quantize(FINEST))
