"""Writes moments for Amazon's requests and reads them from its answers."""

from datetime import UTC, datetime


def to_amazon(moment: datetime) -> str:
    """Write an aware moment as UTC ISO 8601 to the millisecond.

    Raises:
        ValueError: The moment has no time zone, so Amazon could read it as another moment.
    """
    if moment.tzinfo is None:
        raise ValueError(f"{moment!r} has no time zone: pass an aware datetime")
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def from_amazon(text: object) -> datetime | None:
    """Read a moment from an answer; None if it is missing, malformed or without a zone."""
    try:
        moment = datetime.fromisoformat(str(text))
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):  # the year 9999 with an offset has no time in UTC
        return None
