"""The periods of a date range: days, full weeks from Sunday to Saturday, full months, or the range as a whole."""

from datetime import date, timedelta

DAY, WEEK, MONTH, RANGE = "DAY", "WEEK", "MONTH", "RANGE"


def periods(start: date, end: date, granularity: str) -> list[tuple[date, date]]:
    """First and last day of each period; a week or month that the range does not hold in full is left out."""
    if granularity == RANGE:
        return [(start, end)] if start <= end else []
    found = []
    first = _first(start, granularity)
    while (last := _last(first, granularity)) <= end:
        found.append((first, last))
        first = last + timedelta(days=1)
    return found


def _first(day: date, granularity: str) -> date:
    """The first day on or after a day that a period begins with."""
    if granularity == WEEK:
        return day + timedelta(days=-day.isoweekday() % 7)
    if granularity == MONTH and day.day != 1:
        return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    return day


def _last(first: date, granularity: str) -> date:
    if granularity == WEEK:
        return first + timedelta(days=6)
    if granularity == MONTH:
        return (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return first
