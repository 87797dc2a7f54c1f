"""Lets a suite run past midnight: modules note their TODAY when they are imported, perhaps an hour before a test runs."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

NOTED = ("TODAY", "YESTERDAY")
"""Names of module constants that depend on the current day."""
ZONES = (ZoneInfo("Asia/Kolkata"), UTC)
"""The sandbox's seller lives in India; a few tests count days of UTC."""


def moved_on(noted: date, began: datetime, now: datetime) -> date:
    """Return the day that a module would note now.

    Args:
        noted: What it noted when the suite began. A day of another time, such as a fixed one, stays as it is.
        began: When the suite began.
        now: The current time.
    """
    for zone in ZONES:
        then = began.astimezone(zone).date()
        if noted in (then, then - timedelta(days=1)):
            return noted + (now.astimezone(zone).date() - then)
    return noted
