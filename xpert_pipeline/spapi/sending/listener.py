"""Counts and logs the calls and waits of a client; defines the protocol of its listener."""

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
    """Receives calls and waits, in the thread in which they happen."""

    def waiting(self, operation: str, seconds: float, reason: str) -> None:
        """A request begins to sleep; called again every few seconds during a long wait."""

    def called(self, operation: str, status: int, seconds: float) -> None:
        """An answer with any status has arrived."""


@dataclass(frozen=True, slots=True)
class Spent:
    """The calls and the seconds waited, by operation. If several threads wait at the same time, the seconds add up."""

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
        """The form for the ledger: {"searchOrders": {"calls": 12, "waited_seconds": 34.5}}."""
        names = sorted({*self.calls_by_operation, *self.waited_by_operation})
        return {
            name: {
                "calls": self.calls_by_operation.get(name, 0),
                "waited_seconds": round(self.waited_by_operation.get(name, 0.0), 3),
            }
            for name in names
        }

    def __add__(self, other: "Spent") -> "Spent":
        """Return the sum of both."""
        calls, waited = Counter(self.calls_by_operation), Counter(self.waited_by_operation)
        calls.update(other.calls_by_operation)
        waited.update(other.waited_by_operation)
        return Spent(dict(calls), dict(waited))

    def __sub__(self, earlier: "Spent") -> "Spent":
        """Return what was spent since an earlier moment, without the operations that spent nothing."""
        calls = _since(self.calls_by_operation, earlier.calls_by_operation)
        waited = _since(self.waited_by_operation, earlier.waited_by_operation)
        return Spent({name: int(number) for name, number in calls}, dict(waited))


def _since(now: Mapping[str, float], earlier: Mapping[str, float]) -> Iterable[tuple[str, float]]:
    differences = ((name, value - earlier.get(name, 0)) for name, value in now.items())
    return ((name, value) for name, value in differences if value)


class Meter:
    """Counts calls and waited seconds for each operation, and reports both to a listener."""

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
        """Log a long wait with its reason and its end; with `at_most`, with its latest possible end.

        Return whether the wait was long enough to be logged.
        """
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
        """Report a continuing wait to the listener, and run the functions of `at_waits`."""
        if self._listener is not None:
            self._listener.waiting(operation, seconds, reason)
        for do in list(self._at_waits):
            do()

    @contextmanager
    def at_waits(self, do: Callable[[], None]) -> Iterator[None]:
        """Within the block, call a function every few seconds while requests wait."""
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
        """Return the calls and the seconds slept for quota so far."""
        with self._lock:
            return Spent(dict(self._calls), dict(self._waited))

    def bill(self) -> Spent:
        """Return what was spent since the last bill, so that each call and each second is on exactly one bill."""
        with self._lock:
            spent = Spent(dict(self._calls), dict(self._waited))
            bill = spent - self._billed + self._carried
            self._billed, self._carried = spent, Spent()
            return bill

    def carry(self, spent: Spent) -> None:
        """Add the costs of another meter's bill to the next bill of this one."""
        with self._lock:
            self._carried += spent
