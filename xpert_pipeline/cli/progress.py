"""Shows on stderr what a command does and what it waits for; stdout is for the result.

In a terminal this is a live display (`board`), elsewhere a plain line for each step, load and long wait.
"""

import logging
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from rich.console import Console
from rich.live import Live

from xpert_pipeline.cli.board import Board
from xpert_pipeline.progress import CHANNEL, Began, Ended, Event, Wait

SHOWN_FROM_SECONDS = 5.0
"""A shorter wait gets no line."""
REPEAT_SECONDS = 60.0
"""A wait that lasts longer gets another line after this time."""
SAME_END = timedelta(seconds=60)
"""Waits for the same thing that end within this time count as one, because the end is an estimate."""
SLOW_SECONDS = 1.5
REFRESHES_PER_SECOND = 4


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


class Lines(logging.Handler):
    """Prints a line for every step and load, and for waits that are long and new."""

    def __init__(self, console: Console) -> None:
        super().__init__(logging.INFO)
        self._console = console
        self._recent = _RecentWaits()

    def emit(self, record: logging.LogRecord) -> None:
        """Print one event."""
        event: Event = record.event  # type: ignore[attr-defined]
        if self._is_shown(event):
            self._console.print(record.getMessage(), highlight=False, markup=False, soft_wrap=True)

    def _is_shown(self, event: Event) -> bool:
        if isinstance(event, Wait):
            return event.seconds > SHOWN_FROM_SECONDS and self._recent.add(event)
        return not isinstance(event, Began) and (event.failed if isinstance(event, Ended) else True)


class _BoardHandler(logging.Handler):
    """Passes events to a board."""

    def __init__(self, board: Board) -> None:
        super().__init__(logging.INFO)
        self._board = board

    def emit(self, record: logging.LogRecord) -> None:
        """Pass one event."""
        self._board.take(record.event)  # type: ignore[attr-defined]


@contextmanager
def progress(console: Console, board: Board, *, verbose: bool = False) -> Iterator[None]:
    """Show events while the block runs.

    Args:
        console: Where to show them.
        board: The display for a terminal; it disappears at the end of the block.
        verbose: Whether a terminal shows the lines, too, above the display.
    """
    handlers: list[logging.Handler] = []
    if not console.is_terminal:
        handlers.append(Lines(console))
    else:
        handlers.append(_BoardHandler(board))
        if verbose:
            handlers.append(Lines(console))
    live = Live(board, console=console, refresh_per_second=REFRESHES_PER_SECOND, transient=True)
    with _attached(handlers):
        if not console.is_terminal:
            yield
        else:
            with live:
                yield


@contextmanager
def _attached(handlers: list[logging.Handler]) -> Iterator[None]:
    for handler in handlers:
        CHANNEL.addHandler(handler)
    CHANNEL.setLevel(logging.INFO)
    CHANNEL.propagate = False
    try:
        yield
    finally:
        for handler in handlers:
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
