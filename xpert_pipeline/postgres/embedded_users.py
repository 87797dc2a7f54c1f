"""Which processes use an embedded server: each holds a shared lock from before it starts or finds the server.

The server's list of sessions does not show a process that has no connection just now, such as a command that starts
the sandbox. The system frees a lock when its process ends, however it ends.
"""

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_guard = threading.Lock()
_held: dict[tuple[int, Path], int] = {}
"""Descriptors of this process's locks, by process and data directory."""


def use(data_dir: Path) -> None:
    """Let no other command stop the server of a data directory while this process uses it; wait for one that does."""
    with _guard:
        me = os.getpid(), data_dir.resolve()
        if me not in _held:
            descriptor = os.open(data_dir / "postgres.users", os.O_CREAT | os.O_RDWR, 0o600)
            fcntl.flock(descriptor, fcntl.LOCK_SH)
            _held[me] = descriptor


def leave(data_dir: Path) -> None:
    """Say that this process does not use the server any more."""
    with _guard:
        descriptor = _held.pop((os.getpid(), data_dir.resolve()), None)
        if descriptor is not None:
            os.close(descriptor)


@contextmanager
def only_user(data_dir: Path) -> Iterator[bool]:
    """Whether no other process uses the server; if so, none begins to before the block ends."""
    use(data_dir)
    descriptor = _held[os.getpid(), data_dir.resolve()]
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        yield False
    else:
        yield True
    finally:
        leave(data_dir)
