"""Reads the amounts of a flat file whose decimal sign depends on the country; it is decided once for a document.

"95,00" is ninety-five in one document and "1,234.50" is above a thousand in another. An amount with both signs, with
the same sign twice, or with other than three digits after its only sign decides. A document without such an amount that
has one like "1,234" is refused, and so is one that contradicts itself.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Literal

Sign = Literal[".", ","]
_SPACES = str.maketrans("", "", " \u00a0\u202f\u2009'\u2019")
_NUMBER = re.compile(r"[+-]?(?:\d[\d.,]*|[.,]\d+)")
_GROUP = 3
_REMEMBERED = 10_000
MINUS = "\u2212"


class UndecidableNumbers(ValueError):
    """The amounts of a document cannot be read without guessing; the message says why and quotes an amount."""


@dataclass(frozen=True, slots=True)
class NumberStyle:
    """The style of a document's amounts; `decimal` is its decimal sign."""

    decimal: Sign

    def read(self, text: str) -> Decimal:
        """Read an amount.

        Raises:
            ValueError: It is no number in this style; the message does not quote it.
        """
        return _read(self.decimal, text)


@lru_cache(maxsize=_REMEMBERED)
def _read(decimal: Sign, text: str) -> Decimal:
    """Read an amount. The amounts of one document repeat: the fees of a product are the same in many lines."""
    bare = _bare(text)
    whole, _, fraction = bare.partition(decimal)
    group = "," if decimal == "." else "."
    if _NUMBER.fullmatch(bare) is None or not (fraction or "0").isdigit() or not _is_grouped(whole, group):
        raise ValueError("not a number in the style of the document")
    return Decimal(f"{whole.replace(group, '')}.{fraction or '0'}")


def decide_numbers(texts: Iterable[str]) -> NumberStyle:
    """Decide the decimal sign of a document's amounts.

    Args:
        texts: All amounts of the document; empty ones are ignored.

    Raises:
        UndecidableNumbers: No amount decides it, or two amounts contradict each other.
    """
    signs: dict[Sign, str] = {}
    open_amount = ""
    for text in texts:
        bare = _bare(text)
        if _NUMBER.fullmatch(bare) is None or not {".", ","} & set(bare):
            continue
        sign = _decimal_sign(bare)
        if sign is None:
            open_amount = open_amount or text
        else:
            signs.setdefault(sign, text)
    if len(signs) > 1:
        point, comma = signs["."], signs[","]
        raise UndecidableNumbers(f"its amounts contradict each other: {point[:20]!r} and {comma[:20]!r}")
    if not signs and open_amount:
        raise UndecidableNumbers(f"nothing tells whether {open_amount[:20]!r} has decimals or is above a thousand")
    return NumberStyle(next(iter(signs), "."))


def _bare(text: str) -> str:
    return text.translate(_SPACES).replace(MINUS, "-")


def _decimal_sign(bare: str) -> Sign | None:
    """The decimal sign that an amount shows; None if it could be either."""
    last: Sign = "." if bare.rfind(".") > bare.rfind(",") else ","
    other: Sign = "," if last == "." else "."
    if other in bare:
        return last
    if bare.count(last) > 1:  # only a sign between thousands may occur twice
        return other
    head, _, rest = bare.lstrip("+-").partition(last)
    return None if len(rest) == _GROUP and 0 < len(head) <= _GROUP and head != "0" else last


def _is_grouped(whole: str, group: str) -> bool:
    """Whether the digits before the decimal sign are grouped as anywhere: the last group has three digits."""
    head, *groups = whole.lstrip("+-").split(group)
    if not groups:
        return head.isdigit() or not head
    return bool(head) and head.isdigit() and all(part.isdigit() for part in groups) and len(groups[-1]) == _GROUP
