"""Switches off the garbage collector while very many small objects are made, which form no cycles."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

SELDOM = 500_000
"""How many more new than freed objects make the collector of the sandbox's own process look at the youngest ones."""


def collect_seldom() -> None:
    """Keep the worlds that exist out of garbage collection, and collect seldom; answers form no cycles."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(SELDOM, 20, 20)


@contextmanager
def no_garbage_collection() -> Iterator[None]:
    """Switch off the garbage collector, which would take longer than making the objects."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
