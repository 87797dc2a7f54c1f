"""Who wants to know what requests wait for: the listener's protocol, its counters, and the log."""

import logging
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
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
    """What requests have cost, by operation; seconds that threads waited at the same time are added up."""

    calls_by_operation: Mapping[str, int] = field(default_factory=dict)
    waited_by_operation: Mapping[str, float] = field(default_factory=dict)

    @property
    def calls(self) -> int:
        """Calls of all operations."""
        return sum(self.calls_by_operation.values())

    @property
    def waited_seconds(self) -> float:
        """Seconds slept for quota, over all operations."""
        return sum(self.waited_by_operation.values())

    @property
    def waits(self) -> dict[str, dict[str, float]]:
        """For the ledger: {"searchOrders": {"calls": 12, "waited_seconds": 34.5}}."""
        names = sorted({*self.calls_by_operation, *self.waited_by_operation})
        return {
            name: {
                "calls": self.calls_by_operation.get(name, 0),
                "waited_seconds": round(self.waited_by_operation.get(name, 0.0), 3),
            }
            for name in names
        }

    def __add__(self, other: "Spent") -> "Spent":
        """Both together."""
        calls, waited = Counter(self.calls_by_operation), Counter(self.waited_by_operation)
        calls.update(other.calls_by_operation)
        waited.update(other.waited_by_operation)
        return Spent(dict(calls), dict(waited))

    def __sub__(self, earlier: "Spent") -> "Spent":
        """What was spent since an earlier moment; operations without any are left out."""
        calls = _since(self.calls_by_operation, earlier.calls_by_operation)
        waited = _since(self.waited_by_operation, earlier.waited_by_operation)
        return Spent({name: int(number) for name, number in calls}, dict(waited))


def _since(now: Mapping[str, float], earlier: Mapping[str, float]) -> Iterable[tuple[str, float]]:
    differences = ((name, value - earlier.get(name, 0)) for name, value in now.items())
    return ((name, value) for name, value in differences if value)


class Meter:
    """Counts calls and waited seconds for each operation, and passes both on to a listener."""

    def __init__(self, seller: str, listener: Listener | None = None) -> None:
        self._seller = seller
        self._listener = listener
        self._calls: Counter[str] = Counter()
        self._waited: defaultdict[str, float] = defaultdict(float)
        self._billed = Spent()
        self._carried = Spent()
        self._lock = threading.Lock()
        self._at_waits: list[Callable[[], None]] = []

    def announce(self, operation: str, seconds: float, reason: str, *, at_most: bool = False) -> bool:
        """Log a wait that a reader would wonder about: for what, until when (at most). Tells whether it was one."""
        if seconds > LOGGED_SECONDS:
            until = datetime.now(UTC) + timedelta(seconds=seconds)
            logger.info(
                "%s for seller %s waits %s%.0f s for %s, until %s UTC",
                operation,
                self._seller,
                "up to " if at_most else "",
                seconds,
                reason,
                f"{until:%H:%M:%S}",
            )
        return seconds > LOGGED_SECONDS

    def waiting(self, operation: str, seconds: float, reason: str) -> None:
        """Tell the listener, and who else wants to know, that a wait goes on."""
        if self._listener is not None:
            self._listener.waiting(operation, seconds, reason)
        for do in list(self._at_waits):
            do()

    @contextmanager
    def at_waits(self, do: Callable[[], None]) -> Iterator[None]:
        """Have something done every few seconds for which requests wait meanwhile."""
        self._at_waits.append(do)
        try:
            yield
        finally:
            self._at_waits.remove(do)

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

    def spent(self) -> Spent:
        """Calls and seconds slept for quota so far."""
        with self._lock:
            return Spent(dict(self._calls), dict(self._waited))

    def bill(self) -> Spent:
        """What was spent since the last bill: each call and each second stands on one bill."""
        with self._lock:
            spent = Spent(dict(self._calls), dict(self._waited))
            since, self._billed, self._carried = spent - self._billed + self._carried, spent, Spent()
            return since

    def carry(self, spent: Spent) -> None:
        """Put what stood on another bill on the next one of this meter."""
        with self._lock:
            self._carried += spent
