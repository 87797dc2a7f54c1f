"""Pauses the garbage collector while very many objects are made that form no cycles."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

SELDOM = 50_000
"""How many more new than freed objects make the collector look at the youngest ones."""


def leave_out_of_collection() -> None:
    """Tell the garbage collector that everything so far stays, and let it look at new objects less often.

    For a process that loads much code first and then works with very many short-lived objects.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(SELDOM, 20, 20)


@contextmanager
def collector_paused() -> Iterator[None]:
    """Pause the garbage collector while data is read: it finds nothing, and takes longer than reading.

    Data without cycles is freed by reference counts, so memory stays flat. The collector is off for the whole process:
    do not use this around code that waits, or around long work on anything but data.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
