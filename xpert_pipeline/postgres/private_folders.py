"""Folders that belong to one process: locked while it lives, so that a later one can delete what a killed one left."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def private_folder(parent: Path, prefix: str) -> Iterator[Path]:
    """Create a folder with a new name for the block, and delete it at the end.

    Args:
        parent: Where to create it.
        prefix: How its name begins; `clear_abandoned` finds it by that.

    Raises:
        OSError: It cannot be created.
    """
    folder, lock = _locked_folder(parent, prefix)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def clear_abandoned(parent: Path, prefix: str) -> None:
    """Delete the folders of processes that were killed. Nobody holds their locks, which end with their process."""
    for folder in parent.glob(f"{prefix}*"):
        with suppress(OSError):  # it is in use, just deleted, or another user's
            lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder)
            finally:
                os.close(lock)


def _locked_folder(parent: Path, prefix: str) -> tuple[Path, int]:
    """Create a folder and lock it; `clear_abandoned` may have deleted it before it was locked."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
        with suppress(FileNotFoundError):
            lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            fcntl.flock(lock, fcntl.LOCK_EX)
            if folder.exists():
                return folder, lock
            os.close(lock)
