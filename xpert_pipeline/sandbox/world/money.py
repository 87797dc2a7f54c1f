"""Amounts as Amazon writes them: decimal text, at least two places."""

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from functools import lru_cache

CENT = Decimal("0.01")
FINEST = Decimal("0.0001")


def written(amount: Decimal) -> str:
    """Write plain digits with two decimal places, or more if the further digits are not zero."""
    normal = amount.normalize()
    exponent = normal.as_tuple().exponent
    return format(normal if isinstance(exponent, int) and exponent < -2 else amount.quantize(CENT), "f")


@lru_cache(maxsize=50_000)
def read(text: str) -> str | None:
    """Read an amount from a file and return it as Amazon writes it; None if it is empty.

    Raises:
        ValueError: The text is not a finite number.
    """
    bare = text.strip()
    if not bare:
        return None
    try:
        amount = Decimal(bare)
    except InvalidOperation:
        raise ValueError(f"{text!r} is not an amount") from None
    if not amount.is_finite():
        raise ValueError(f"{text!r} is not an amount")
    return written(amount)


def total(amounts: Iterable[str | None]) -> str | None:
    """Return the sum of the known amounts; None if none is known."""
    known = [Decimal(amount) for amount in amounts if amount is not None]
    return written(sum(known, Decimal(0))) if known else None


@lru_cache(maxsize=50_000)
def share(amount: str, quantity: int) -> str:
    """Return the amount of one unit, to four decimal places."""
    return written((Decimal(amount) / quantity).quantize(FINEST))
