"""The line in which one seller's threads wait for a bucket that all sellers share.

Only the first thread of a line joins the shared queue. When it leaves, the next one joins behind the sellers that have
arrived in the meantime. So sellers take turns, however many threads each of them has.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from xpert_pipeline.spapi.quota.quota import QuotaKey

LOOK_SECONDS = 0.2


class Lines:
    """The lines of one process."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._heads: dict[tuple[QuotaKey, str, int], threading.Lock] = {}

    @contextmanager
    def first(self, key: QuotaKey, seller: str, priority: int, look: Callable[[], None]) -> Iterator[None]:
        """Wait until this thread is first in the line, and leave the line at the end of the block.

        Args:
            key: The shared bucket.
            seller: The seller who owns the line.
            priority: Each priority has its own line, so that live work does not wait behind a backfill.
            look: Called several times a second while waiting; it may raise to leave the line.
        """
        with self._guard:
            head = self._heads.setdefault((key, seller, priority), threading.Lock())
        while not head.acquire(timeout=LOOK_SECONDS):
            look()
        try:
            yield
        finally:
            head.release()


LINES = Lines()
