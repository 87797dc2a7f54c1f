"""Shows what a headless sync is doing and what it waits for; speaks on stderr, so that stdout stays the result's."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.status import Status

from xpert_pipeline.progress import CHANNEL


class _Display(logging.Handler):
    """Turns progress records into a status line (terminal) or plain lines (anything else)."""

    def __init__(self, console: Console, status: Status) -> None:
        super().__init__(logging.INFO)
        self._console, self._status = console, status
        self._plain_at = 0.0

    def emit(self, record: logging.LogRecord) -> None:
        """Show one record: waits only when they last, steps always."""
        text = record.getMessage()
        self._status.update(text)
        waits = float(getattr(record, "seconds", 0))
        lasting = waits > 5 and time.monotonic() - self._plain_at > 5
        if not self._console.is_terminal and (waits == 0 or lasting):
            self._plain_at = time.monotonic()
            self._console.print(text, highlight=False, soft_wrap=True)


@contextmanager
def progress(console: Console, title: str) -> Iterator[None]:
    """Show progress records while the block runs."""
    with console.status(title) as status:
        handler = _Display(console, status)
        CHANNEL.addHandler(handler)
        CHANNEL.setLevel(logging.INFO)
        CHANNEL.propagate = False
        try:
            yield
        finally:
            CHANNEL.removeHandler(handler)
            CHANNEL.setLevel(logging.NOTSET)
            CHANNEL.propagate = True
