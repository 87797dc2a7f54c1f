"""A request's time budget for the network and Amazon; waits for quota do not count."""

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Deadline:
    """Counts down from `seconds`; time spent inside `paused()` does not count."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def remaining(self) -> float:
        """Return the seconds left; never below 0."""
        return max(0.0, self._end - time.monotonic())

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Stop the clock within the block, for waits that are not part of the request."""
        start = time.monotonic()
        try:
            yield
        finally:
            self._end += time.monotonic() - start
