"""Shows what a command is doing and what it waits for; speaks on stderr, so that stdout stays the result's."""

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

LASTING_SECONDS = 5.0
"""A shorter wait is not worth a line."""
AGAIN_SECONDS = 60.0
"""After so long a wait that goes on is told again."""
SAME_END = timedelta(seconds=60)
"""Waits for the same thing that end so close together are one: its end is an estimate."""
MOMENT_SECONDS = 1.5


class _Told:
    """Which waits have been told lately; threads that wait side by side for the same are told apart by their ends."""

    def __init__(self) -> None:
        self._ends: defaultdict[tuple[str, str, str], list[tuple[float, datetime]]] = defaultdict(list)

    def is_news(self, wait: Wait) -> bool:
        """Whether a reader does not know it yet; it counts as told from now on."""
        now, what = time.monotonic(), (wait.seller, wait.operation, wait.reason)
        lately = [(told_at, until) for told_at, until in self._ends[what] if now - told_at < AGAIN_SECONDS]
        known = any(abs(until - wait.until) <= SAME_END for _, until in lately)
        self._ends[what] = lately if known else [*lately, (now, wait.until)]
        return not known


class Display(logging.Handler):
    """Turns progress records into a status line (terminal) or plain lines (anything else)."""

    def __init__(self, console: Console, status: Status) -> None:
        super().__init__(logging.INFO)
        self._console, self._status = console, status
        self._told = _Told()

    def emit(self, record: logging.LogRecord) -> None:
        """Show one record: steps always, a wait only when it lasts and is news."""
        text = record.getMessage()
        self._status.update(text)
        wait: Wait | None = getattr(record, "wait", None)
        if not self._console.is_terminal and (wait is None or self._is_worth_a_line(wait)):
            self._console.print(text, highlight=False, soft_wrap=True)

    def _is_worth_a_line(self, wait: Wait) -> bool:
        return wait.seconds > LASTING_SECONDS and self._told.is_news(wait)


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
def told_if_slow(console: Console, text: str) -> Iterator[None]:
    """Say once what the block does, if it lasts longer than a moment."""
    timer = threading.Timer(MOMENT_SECONDS, lambda: console.print(text, highlight=False, soft_wrap=True))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
