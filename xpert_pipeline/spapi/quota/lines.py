"""Where threads of one seller stand in line before a bucket that all sellers share.

One of them asks the quota at a time; the next joins the shared queue behind the sellers that came meanwhile. So sellers
take turns, however many threads each has.
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
        """Come to the head of the line and leave it at the end of the block.

        Args:
            key: The shared bucket.
            seller: Whose line.
            priority: Live work does not stand behind a backfill.
            look: Called every moment while standing; raises to leave.
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
