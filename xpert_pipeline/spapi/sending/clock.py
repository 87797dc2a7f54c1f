"""Amazon's time, learned from Date headers. Use it to bound windows, never this machine's clock."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime


class ServerClock:
    """Remembers the last Date header and adds the time that has passed since."""

    def __init__(self) -> None:
        self._seen: tuple[datetime, float] | None = None

    def observe(self, headers: Mapping[str, str]) -> None:
        """Learn the time from an answer; a missing or malformed Date is ignored."""
        try:
            moment = parsedate_to_datetime(headers.get("date", ""))
        except ValueError:
            return
        if moment.tzinfo is not None:
            self._seen = (moment.astimezone(UTC), time.monotonic())

    def now(self) -> datetime | None:
        """Return the server's time; None before the first answer."""
        if self._seen is None:
            return None
        moment, seen_at = self._seen
        return moment + timedelta(seconds=time.monotonic() - seen_at)
