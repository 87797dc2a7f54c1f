"""Who wants to know what requests wait for: the listener's protocol, its counters, and the log."""

import logging
import threading
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

logger = logging.getLogger("xpert_pipeline.spapi")
LOGGED_SECONDS = 30.0


class Listener(Protocol):
    """Shows waits and calls to somebody, from whichever thread they happen in."""

    def waiting(self, operation: str, seconds: float, reason: str) -> None:
        """A request begins to sleep; a long wait is told again every few seconds."""

    def called(self, operation: str, status: int, seconds: float) -> None:
        """An answer came, of any status."""


@dataclass(frozen=True, slots=True)
class Spent:
    """What requests have cost until a moment; the difference of two is what lies between."""

    calls: int
    waited_seconds: float

    def __sub__(self, earlier: "Spent") -> "Spent":
        """What was spent since an earlier moment."""
        return Spent(self.calls - earlier.calls, self.waited_seconds - earlier.waited_seconds)


class Meter:
    """Counts calls and waited seconds for each operation, and passes both on to a listener."""

    def __init__(self, seller: str, listener: Listener | None = None) -> None:
        self._seller = seller
        self._listener = listener
        self._calls: Counter[str] = Counter()
        self._waited: defaultdict[str, float] = defaultdict(float)
        self._lock = threading.Lock()

    def announce(self, operation: str, seconds: float, reason: str) -> None:
        """Log a wait that a reader would wonder about: for what, until when."""
        if seconds > LOGGED_SECONDS:
            until = datetime.now(UTC) + timedelta(seconds=seconds)
            logger.info(
                "%s for seller %s waits %.0f s for %s, until %s UTC",
                operation,
                self._seller,
                seconds,
                reason,
                f"{until:%H:%M:%S}",
            )

    def waiting(self, operation: str, seconds: float, reason: str) -> None:
        """Tell the listener that a wait goes on."""
        if self._listener is not None:
            self._listener.waiting(operation, seconds, reason)

    def waited(self, operation: str, seconds: float) -> None:
        """Count seconds slept."""
        with self._lock:
            self._waited[operation] += seconds

    def called(self, operation: str, status: int, seconds: float) -> None:
        """Count a call."""
        with self._lock:
            self._calls[operation] += 1
        if self._listener is not None:
            self._listener.called(operation, status, seconds)

    def calls(self) -> dict[str, int]:
        """Calls so far, by operation."""
        with self._lock:
            return dict(self._calls)

    def waited_seconds(self) -> dict[str, float]:
        """Seconds slept for quota so far, by operation."""
        with self._lock:
            return dict(self._waited)
