"""Pauses the garbage collector while very many objects are made that form no cycles, or that stay."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

SELDOM = 50_000
"""How many more new than freed objects make the collector look at the youngest ones."""


def collect_seldom() -> None:
    """Let the garbage collector look at new objects less often, for a process that imports much or makes much."""
    gc.set_threshold(SELDOM, 20, 20)


def leave_out_of_collection() -> None:
    """Tell the garbage collector that everything so far stays, and let it look at new objects less often.

    For a process that loads much code first and then works with very many short-lived objects. Its end takes less time,
    too, because the collector looks at everything else once more.
    """
    gc.freeze()
    collect_seldom()


@contextmanager
def collector_paused() -> Iterator[None]:
    """Pause the garbage collector while data is read or modules are imported.

    It finds nothing in data, and takes longer than reading. What modules make stays, and looking at it again and again
    takes a fifth of the time of their import.

    Data without cycles is freed by reference counts, so memory stays flat. The collector is off for the whole process:
    do not use this around code that waits, or around any other long work.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
