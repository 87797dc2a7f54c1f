"""A request's time budget: what the network and Amazon may take, without the waits for quota."""

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Deadline:
    """Counts down from `seconds`; time spent inside `paused()` does not count."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def remaining(self) -> float:
        """Seconds left, never below 0."""
        return max(0.0, self._end - time.monotonic())

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Stop the count for a wait that is nobody's fault."""
        start = time.monotonic()
        try:
            yield
        finally:
            self._end += time.monotonic() - start
