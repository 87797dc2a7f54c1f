"""How `xpert status` tells a moment."""

from datetime import UTC, datetime


def instant(moment: datetime) -> str:
    """UTC; the day only where it is not today's."""
    utc = moment.astimezone(UTC)
    return f"{utc:%H:%M:%S} UTC" if utc.date() == datetime.now(UTC).date() else f"{utc:%Y-%m-%d %H:%M} UTC"
