"""Formats counts, days, times and durations for messages."""

import math
from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, tzinfo
from zoneinfo import ZoneInfo

MINUTE, SHORT_SECONDS = 60, 90


def counted(number: float, one: str, many: str | None = None, *, decimals: int = 0) -> str:
    """Format a number with its noun in the singular or plural: "1 query", "24 windows".

    Args:
        number: The number.
        one: The singular noun.
        many: The plural noun; by default the singular and an s.
        decimals: How many decimals to show at most.
    """
    shown = f"{number:,.{decimals}f}"
    if decimals:
        shown = shown.rstrip("0").rstrip(".")
    return f"{shown} {one if shown == '1' else many or one + 's'}"


def day_span(days: Collection[date]) -> str:
    """Format the first and the last of some days: "2026-03-05", or "2026-03-01 to 2026-03-05"."""
    first, last = min(days), max(days)
    return f"{first}" if first == last else f"{first} to {last}"


def day_words(first: date, last: date | None = None, *, today: date | None = None) -> str:
    """Format days for people: "5 Mar", "31 Oct – 29 Nov", or "31 Dec 2025 – 3 Jan 2026".

    Args:
        first: The first day.
        last: The last day; None for one day.
        today: Years are left out if all days are in its year; by default, it is the machine's own today.
    """
    year = (today or datetime.now().astimezone().date()).year
    days = [first] if last in (None, first) else [first, last]
    form = "{0.day} {0:%b}" if all(day and day.year == year for day in days) else "{0.day} {0:%b} {0:%Y}"
    return " – ".join(form.format(day) for day in days)


def moment_words(moment: datetime, zone: tzinfo | None = None) -> str:
    """Format a time for people: "29 Nov 23:16", in a time zone or else in the machine's own one."""
    local = moment.astimezone(zone)
    return f"{day_words(local.date())} {local:%H:%M}"


def moment_in_zone(moment: datetime, zone: ZoneInfo) -> str:
    """Format a time of another time zone for people, with the zone: "29 Nov 23:16 IST"."""
    return f"{moment_words(moment, zone)} {moment.astimezone(zone):%Z}"


def duration_words(seconds: float) -> str:
    """Format a duration for people: "22 s", "48 min" or "2 h 05 min"."""
    if seconds < SHORT_SECONDS:
        return f"{math.ceil(seconds)} s"
    minutes = math.ceil(seconds / MINUTE)
    return f"{minutes} min" if minutes < SHORT_SECONDS else f"{minutes // MINUTE} h {minutes % MINUTE:02} min"


def ends_words(ends: Mapping[str, datetime], zone: tzinfo | None = None) -> str:
    """Format when several things are expected: "orders, sales_data about 14:31; traffic_daily about 1 Dec 02:45".

    Args:
        ends: When each is expected; what is late comes soon.
        zone: Time zone of the times, which is named; by default the machine's own.
    """
    now, groups = datetime.now(UTC), dict[str, list[str]]()
    for name, end in sorted(ends.items(), key=lambda item: item[1]):
        local, today = end.astimezone(zone), now.astimezone(zone).date()
        clock = f"{local:%H:%M}" if local.date() == today else f"{day_words(local.date())} {local:%H:%M}"
        clock += f" {local:%Z}" if zone else ""
        groups.setdefault(f"about {clock}" if end > now else "soon", []).append(name)
    return "; ".join(f"{', '.join(names)} {when}" for when, names in groups.items())
