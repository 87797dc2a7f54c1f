"""The periods of a date range: days, full weeks (Sunday to Saturday), full months, or the whole range."""

from datetime import date, timedelta

DAY, WEEK, MONTH, RANGE = "DAY", "WEEK", "MONTH", "RANGE"


def periods(start: date, end: date, granularity: str) -> list[tuple[date, date]]:
    """Return the first and last day of each period; leave out weeks and months that the range cuts off."""
    if granularity == RANGE:
        return [(start, end)] if start <= end else []
    spans = []
    first = _first(start, granularity)
    while (last := _last(first, granularity)) <= end:
        spans.append((first, last))
        first = last + timedelta(days=1)
    return spans


def _first(day: date, granularity: str) -> date:
    """Return the first day, on or after `day`, on which a period begins."""
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
