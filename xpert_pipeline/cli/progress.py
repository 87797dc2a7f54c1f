"""Shows on stderr what a command does and what it waits for; stdout is for the result."""

import logging
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from rich.console import Console
from rich.status import Status

from xpert_pipeline.progress import CHANNEL, Wait

SHOWN_FROM_SECONDS = 5.0
"""A shorter wait gets no line."""
REPEAT_SECONDS = 60.0
"""A wait that lasts longer gets another line after this time."""
SAME_END = timedelta(seconds=60)
"""Waits for the same thing that end within this time count as one, because the end is an estimate."""
SLOW_SECONDS = 1.5


class _RecentWaits:
    """The waits that were shown recently. Threads may wait for the same thing until different times."""

    def __init__(self) -> None:
        self._ends: defaultdict[tuple[str, str, str], list[tuple[float, datetime]]] = defaultdict(list)

    def add(self, wait: Wait) -> bool:
        """Remember a wait; return whether it is new."""
        now, what = time.monotonic(), (wait.seller, wait.operation, wait.reason)
        recent = [(shown_at, until) for shown_at, until in self._ends[what] if now - shown_at < REPEAT_SECONDS]
        is_known = any(abs(until - wait.until) <= SAME_END for _, until in recent)
        self._ends[what] = recent if is_known else [*recent, (now, wait.until)]
        return not is_known


class Display(logging.Handler):
    """Shows progress records: in a terminal in one status line, elsewhere as a line each."""

    def __init__(self, console: Console, status: Status) -> None:
        super().__init__(logging.INFO)
        self._console, self._status = console, status
        self._recent = _RecentWaits()

    def emit(self, record: logging.LogRecord) -> None:
        """Show one record. Every step is shown, a wait only if it is long and new."""
        text = record.getMessage()
        self._status.update(text)
        wait: Wait | None = getattr(record, "wait", None)
        if not self._console.is_terminal and (wait is None or self._is_shown(wait)):
            self._console.print(text, highlight=False, soft_wrap=True)

    def _is_shown(self, wait: Wait) -> bool:
        return wait.seconds > SHOWN_FROM_SECONDS and self._recent.add(wait)


@contextmanager
def progress(console: Console, title: str) -> Iterator[None]:
    """Show progress records while the block runs."""
    with console.status(title) as status:
        handler = Display(console, status)
        CHANNEL.addHandler(handler)
        CHANNEL.setLevel(logging.INFO)
        CHANNEL.propagate = False
        try:
            yield
        finally:
            CHANNEL.removeHandler(handler)
            CHANNEL.setLevel(logging.NOTSET)
            CHANNEL.propagate = True


@contextmanager
def announced_if_slow(console: Console, text: str) -> Iterator[None]:
    """Print once what the block does, if it takes longer than a moment."""
    timer = threading.Timer(SLOW_SECONDS, lambda: console.print(text, highlight=False, soft_wrap=True))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
