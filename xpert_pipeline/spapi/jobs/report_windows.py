"""Splits a span into report windows, because one report covers at most 30 days."""

from datetime import datetime, timedelta


def split_windows(start: datetime, end: datetime, max_days: int = 30) -> list[tuple[datetime, datetime]]:
    """Cut a span into consecutive windows of at most `max_days`; the last one may be shorter.

    Raises:
        ValueError: The span is reversed.
    """
    if end < start:
        raise ValueError(f"the span ends ({end}) before it starts ({start})")
    step, windows = timedelta(days=max_days), []
    while start < end:
        windows.append((start, min(start + step, end)))
        start += step
    return windows
