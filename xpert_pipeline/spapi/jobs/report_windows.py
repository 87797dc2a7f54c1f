"""Cuts a span into windows that Amazon makes a report of: at most 30 days."""

from datetime import datetime, timedelta


def split_windows(start: datetime, end: datetime, max_days: int = 30) -> list[tuple[datetime, datetime]]:
    """Cut a span into consecutive windows of at most `max_days`; the last one is the shorter.

    Raises:
        ValueError: for a reversed span.
    """
    if end < start:
        raise ValueError(f"the span ends ({end}) before it starts ({start})")
    step, windows = timedelta(days=max_days), []
    while start < end:
        windows.append((start, min(start + step, end)))
        start += step
    return windows
