"""Reads the cells of a file of costs: amounts, days and currencies, in the styles of several countries.

`NumberStyles` and `DateStyles` take all cells of a column first. A cell that can be read in one way only decides for
those that leave it open, such as "1,234" or 03/04/2026; a cell in another style than most is refused.
"""

import re
from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, TypeVar

from xpert_pipeline.sources.document_dates import DateStyle, Order, UndecidableDates, decide_dates
from xpert_pipeline.sources.document_numbers import NumberStyle, Sign, UndecidableNumbers, decide_numbers

SIGNS = {"₹": "INR", "rs": "INR", "re": "INR", "€": "EUR", "£": "GBP", "zł": "PLN", "₺": "TRY", "tl": "TRY"}
SHARED_SIGNS = {
    "$": ("USD", "CAD", "AUD", "MXN", "SGD"),
    "us$": ("USD",),
    "¥": ("JPY", "CNY"),
    "kr": ("SEK", "DKK", "NOK"),
    "r$": ("BRL",),
    "s$": ("SGD",),
}
"""Signs of several currencies, or that only look so."""
_ISO_4217 = """
AED AFN ALL AMD AOA ARS AUD AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY COP
CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD
IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR
MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD
SLE SOS SRD SSP STN SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND VUV WST XAF XCD XOF XPF
YER ZAR ZMW ZWG
"""
CODES = frozenset(_ISO_4217.split())
"""Codes of ISO 4217. "300 PCS" names none."""
_AMOUNT = re.compile(
    r"(?P<minus>[-\u2212(]?)\s*(?P<before>[^\W\d_]*[₹€£$¥₺]|[^\W\d_]+\.?)?\s*"
    r"(?P<number>[-\u2212+]?(?:\d[\d.,]*(?:['\u2019 \u00a0\u202f\u2009]\d{3}(?!\d))*(?:[.,]\d*)*|[.,]\d+))\s*"
    r"(?P<slash>/[-=])?(?P<after>[₹€£$¥₺]|[^\W\d_]+\.?)?\s*(?P<close>\)?)"
)
_MONTH_NAMES = ("%d-%b-%Y", "%d-%b-%y", "%d %b %Y", "%d %b %y", "%d %B %Y", "%d-%B-%Y", "%b %d, %Y", "%B %d, %Y")
Style = TypeVar("Style", Sign, Order)
_PLACES = Decimal("0.000001")
_LARGEST = 10**12
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2999, 12, 31)


class CellRefused(ValueError):
    """A cell cannot be read; the message says why."""


def quoted(text: str) -> str:
    """Return the beginning of a cell for a message, without control characters."""
    return ascii(text[:30]) if not text[:30].isprintable() else f"'{text[:30]}'"


def currencies_of(text: str) -> tuple[str, ...]:
    """Return the currencies that a code or a sign can mean; none if it means nothing."""
    plain = text.strip().rstrip(".").casefold()
    if plain in SIGNS:
        return (SIGNS[plain],)
    if plain in SHARED_SIGNS:
        return SHARED_SIGNS[plain]
    return (plain.upper(),) if plain.upper() in CODES else ()


class NumberStyles:
    """How a column of amounts is written.

    Args:
        cells: All cells of the column.
        decimal: Its decimal sign, if the user gave it.
    """

    def __init__(self, cells: Iterable[str], decimal: Sign | None) -> None:
        owns = [self._own_sign(cell) for cell in cells]
        signs: Counter[Sign] = Counter(own for own in owns if own is not None and own != "open")
        self._sign = decimal or _most(signs)
        self._contradicts = self._sign is None and bool(signs)

    def read(self, text: str) -> tuple[Decimal, tuple[str, ...]]:
        """Read an amount with or without a currency; return the currencies that it names, too.

        Raises:
            CellRefused: It is not an amount that can be a cost.
        """
        found = _AMOUNT.fullmatch(text.strip())
        if found is None or bool(found["close"]) != (found["minus"] == "("):
            raise CellRefused(f"the cost {quoted(text)} is not a number")
        named = tuple(currencies_of(found["before"] or found["after"] or ""))
        if (found["before"] or found["after"]) and (not named or (found["before"] and found["after"])):
            raise CellRefused(f"the cost {quoted(text)} is not a number with a currency")
        amount = self._number(text, found["number"].strip())
        if found["minus"] or amount < 0:
            raise CellRefused(f"the cost {quoted(text)} is negative")
        if amount >= _LARGEST:
            raise CellRefused(f"the cost {quoted(text)} is too large")
        return amount.quantize(_PLACES), named

    def _number(self, text: str, number: str) -> Decimal:
        sign = self._own_sign(text)
        if sign is not None and self._contradicts:
            raise CellRefused(f"half of the costs, such as {quoted(text)}, have another decimal sign: give --decimal")
        if sign == "open" and self._sign is None:
            raise CellRefused(f"nothing tells whether {quoted(text)} has decimals or is in thousands: give --decimal")
        if sign in (".", ",") and sign != self._sign:
            raise CellRefused(f"the cost {quoted(text)} has not the decimal sign '{self._sign}' of the others")
        try:
            return NumberStyle(self._sign or ".").read(number)
        except ValueError as error:
            raise CellRefused(f"the cost {quoted(text)} is not a number") from error

    @staticmethod
    def _own_sign(text: str) -> Sign | Literal["open"] | None:
        """The decimal sign that a cell shows; "open" if it could be either, None if it needs none."""
        found = _AMOUNT.fullmatch(text.strip())
        number = found["number"].strip() if found else ""
        if not {".", ","} & set(number):
            return None
        try:
            return decide_numbers([number]).decimal
        except UndecidableNumbers:
            return "open"


class DateStyles:
    """How a column of days is written.

    Args:
        cells: All cells of the column or columns.
        order: The order of day and month, if the user gave it.
    """

    def __init__(self, cells: Iterable[str], order: Order | None) -> None:
        owns = [self._own_order(cell) for cell in cells]
        self._order = order or _most(Counter(own for own in owns if own is not None and own != "open"))

    def read(self, text: str, what: str) -> date:
        """Read a day.

        Args:
            text: The cell.
            what: The column, for the message.

        Raises:
            CellRefused: It is not a day.
        """
        own = self._own_order(text)
        if own == "open" and self._order is None:
            raise CellRefused(f"nothing tells whether {what} {quoted(text)} begins with the day: give --dates")
        if own is not None and own != "open" and self._order not in (None, own):
            raise CellRefused(f"{what} {quoted(text)} does not have the {self._order}, as others have: give --dates")
        order: Order = self._order or ("month first" if own == "month first" else "day first")
        try:
            day = _named_month(text) or DateStyle(order).read(text).day
        except ValueError as error:
            raise CellRefused(f"{what} {quoted(text)} is not a day such as 2026-11-30") from error
        if not FIRST_DAY <= day <= LAST_DAY:
            raise CellRefused(f"{what} {quoted(text)} is not between {FIRST_DAY} and {LAST_DAY}")
        return day

    @staticmethod
    def _own_order(text: str) -> Order | Literal["open"] | None:
        """The order that a cell shows; "open" if it could be either, None if it needs none."""
        try:
            own = decide_dates([text]).order
            return None if own and _is_same_in_both(text) else own
        except UndecidableDates:
            return "open" if _is_day(text, "day first") else None


def _is_day(text: str, order: Order) -> bool:
    try:
        DateStyle(order).read(text)
    except ValueError:
        return False
    return True


def _is_same_in_both(text: str) -> bool:
    """Whether it is the same day with the day first and with the month first, such as 05/05/2026."""
    orders: tuple[Order, Order] = ("day first", "month first")
    return all(_is_day(text, order) for order in orders)


def _most(counts: Counter[Style]) -> Style | None:
    """The most frequent one; None if there is none, or a second one as frequent."""
    first = counts.most_common(2)
    if len(first) == 2 and first[0][1] == first[1][1]:
        return None
    return first[0][0] if first else None


def _named_month(text: str) -> date | None:
    for form in _MONTH_NAMES:
        try:
            return datetime.strptime(text.strip(), form).date()  # noqa: DTZ007  a day has no zone
        except ValueError:
            continue
    return None
