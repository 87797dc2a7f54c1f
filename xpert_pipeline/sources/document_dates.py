"""Reads the dates of a flat file whose style depends on the country; the style is decided once for the whole document.

Amazon writes days as DD.MM.YYYY (India, Germany), as YYYY-MM-DD, or with slashes or dashes and the year at the end.
Only in the last case the order of day and month is open. Some date of the document decides it (a number above 12 can be
no month), or a period that is known from elsewhere. A document that leaves it open, or contradicts itself, is refused.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache
from typing import Literal

Order = Literal["day first", "month first"]
_DAY = r"(?P<a>\d{1,4})(?P<sep>[./-])(?P<b>\d{1,2})(?P=sep)(?P<c>\d{2,4})"
_CLOCK = r"(?:[T ]+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.\d+)?)?\s*(?P<zone>\S+)?)?"
_MOMENT = re.compile(rf"{_DAY}{_CLOCK}")
_OFFSET = re.compile(r"(?:UTC|GMT)?(?P<sign>[+-])(?P<hours>\d{2}):?(?P<minutes>\d{2})")
_YEAR_DIGITS, _CENTURY, _MONTHS = 4, 2000, 12
_REMEMBERED = 10_000
NEAR = timedelta(days=2)
"""How far a date may be from the known period in another time zone."""


class UndecidableDates(ValueError):
    """The dates of a document cannot be read without guessing; the message says why and quotes a date."""


@dataclass(frozen=True, slots=True)
class Written:
    """A date as a cell has it.

    Attributes:
        day: Its day, as written.
        moment: The time in UTC; None if the cell has no time of day.
    """

    day: date
    moment: datetime | None


@dataclass(frozen=True, slots=True)
class DateStyle:
    """The style of a document's dates.

    Attributes:
        order: The order of day and month where the year stands at the end, after slashes or dashes.
    """

    order: Order | None

    def read(self, text: str) -> Written:
        """Read a cell. A time without a zone is in UTC.

        Raises:
            ValueError: It is no date in this style; the message does not quote it.
        """
        return _read(self.order, text)


@lru_cache(maxsize=_REMEMBERED)
def _read(open_order: Order | None, text: str) -> Written:
    """Read a date. The dates of one document repeat: all lines of an order have the same one."""
    found = _MOMENT.fullmatch(text.strip())
    if found is None:
        raise ValueError("not a date")
    order = _fixed_order(found) or open_order
    if order is None:
        raise ValueError("a date whose day and month cannot be told apart")
    day = date(*_numbers(found, order))
    if found["hour"] is None:
        return Written(day, None)
    clock = (int(found["hour"]), int(found["minute"]), int(found["second"] or 0))
    moment = datetime(day.year, day.month, day.day, *clock, tzinfo=_zone(found["zone"]))
    return Written(day, moment.astimezone(UTC))


@dataclass(frozen=True, slots=True)
class Period:
    """What is known from elsewhere about the dates of a document.

    Attributes:
        bounds: Dates of the document with the moment that each of them must mean.
        within: Further dates, which must lie between the first and the last of these moments.
    """

    bounds: Sequence[tuple[str, datetime]] = ()
    within: Collection[str] = ()


def decide_dates(texts: Iterable[str], period: Period | None = None) -> DateStyle:
    """Decide how the dates of a document are written.

    Args:
        texts: All dates of the document; empty ones are ignored.
        period: What is known of them; it is only needed if they leave the order of day and month open.

    Raises:
        UndecidableDates: No date decides the order of day and month, or two dates contradict each other.
    """
    shown: dict[Order, str] = {}
    open_date = same = ""
    for text in texts:
        found = _MOMENT.fullmatch(text.strip())
        if found is None or _fixed_order(found) is not None:
            continue
        possible = _possible_orders(found)
        if not possible:
            raise UndecidableDates(f"it has the date {text[:20]!r}, which no calendar has")
        if len(possible) == 1:
            shown.setdefault(possible[0], text)
        elif int(found["a"]) != int(found["b"]):  # 05/05 is the same day in both orders
            open_date = open_date or text
        else:
            same = same or text
    if len(shown) > 1:
        day_first, month_first = shown["day first"], shown["month first"]
        raise UndecidableDates(
            f"its dates contradict each other: {day_first[:20]!r} begins with the day, {month_first[:20]!r} with the "
            "month"
        )
    if not shown and open_date:
        shown = dict.fromkeys(_orders_of_period(period), open_date)
        if len(shown) != 1:
            raise UndecidableDates(f"nothing tells whether {open_date[:20]!r} begins with the day or with the month")
    return DateStyle(next(iter(shown), "day first" if same else None))


def _fixed_order(found: re.Match[str]) -> Order | None:
    """The order of a date that can be read in one way only: dots mean the day first; None if it is open."""
    return "day first" if found["sep"] == "." or len(found["a"]) == _YEAR_DIGITS else None


def _numbers(found: re.Match[str], order: Order) -> tuple[int, int, int]:
    """Year, month and day."""
    first, second, third = int(found["a"]), int(found["b"]), int(found["c"])
    if len(found["a"]) == _YEAR_DIGITS:
        return first, second, third
    year = third if len(found["c"]) == _YEAR_DIGITS else _CENTURY + third
    return (year, second, first) if order == "day first" else (year, first, second)


def _possible_orders(found: re.Match[str]) -> list[Order]:
    first, second = int(found["a"]), int(found["b"])
    possible: list[Order] = []
    if second <= _MONTHS:
        possible.append("day first")
    if first <= _MONTHS:
        possible.append("month first")
    return possible


def _orders_of_period(period: Period | None) -> list[Order]:
    """The orders in which every date is where it must be; none if nothing is known of it."""
    both: tuple[Order, ...] = ("day first", "month first")
    return [order for order in both if period and period.bounds and _fits(period, order)]


def _fits(period: Period, order: Order) -> bool:
    days = [moment.astimezone(UTC).date() for _, moment in period.bounds]
    try:
        read = [DateStyle(order).read(text).day for text, _ in period.bounds]
        others = [DateStyle(order).read(text).day for text in period.within]
    except ValueError:
        return False
    is_near = all(abs(day - known) < NEAR for day, known in zip(read, days, strict=True))
    return is_near and all(min(days) - NEAR < day < max(days) + NEAR for day in others)


def _zone(name: str | None) -> timezone:
    if name is None or name.upper() in ("UTC", "GMT", "Z"):
        return UTC
    found = _OFFSET.fullmatch(name)
    if found is None:
        raise ValueError("a time in an unknown zone")
    minutes = int(found["hours"]) * 60 + int(found["minutes"])
    return timezone(timedelta(minutes=-minutes if found["sign"] == "-" else minutes))
