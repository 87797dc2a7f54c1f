"""Amazon's time, learnt from Date headers: windows are bounded by it, never by this machine's clock."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime


class ServerClock:
    """Keeps the last Date header and moves on with the monotonic clock."""

    def __init__(self) -> None:
        self._seen: tuple[datetime, float] | None = None

    def observe(self, headers: Mapping[str, str]) -> None:
        """Learn from an answer; a missing or odd Date is ignored."""
        try:
            told = parsedate_to_datetime(headers.get("date", ""))
        except ValueError:
            return
        if told.tzinfo is not None:
            self._seen = (told.astimezone(UTC), time.monotonic())

    def now(self) -> datetime | None:
        """The server's time, or None while no answer has told it."""
        if self._seen is None:
            return None
        told, at = self._seen
        return told + timedelta(seconds=time.monotonic() - at)
