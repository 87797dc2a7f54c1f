"""Private files for rows between fetching and loading: memory stays flat, and no transaction waits for Amazon."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from xpert_pipeline.postgres.errors import DatabaseError
from xpert_pipeline.postgres.private_folders import private_folder

BLOCK = 1 << 20
"""Bytes that are read at a time."""
PREFIX = "xpert-spool-"


class SpoolFailed(DatabaseError):
    """The spool cannot be written to its disk; the message says where and what to do."""


@contextmanager
def spool_folder(parent: Path, name: str) -> Iterator[Path]:
    """Create a private folder for one window's files, and delete it at the end.

    Raises:
        SpoolFailed: It cannot be created or written, now or later: the disk is full, read-only or not ours.
    """
    try:
        parent.mkdir(parents=True, exist_ok=True)
        with private_folder(parent, f"{PREFIX}{name}-") as folder:
            yield folder
    except (ConnectionError, TimeoutError):  # OSErrors that do not come from the disk
        raise
    except OSError as error:
        raise failure(parent, error) from error


class RowSpool:
    """Rows as text for COPY, in order of arrival, readable any number of times; closing the spool deletes its file.

    Args:
        directory: Private to the worker, on a disk with room for the window's rows.

    Raises:
        SpoolFailed: The directory cannot be written.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._rows = self._size = 0
        try:
            directory.mkdir(parents=True, exist_ok=True)
            self._file = tempfile.TemporaryFile(dir=directory, prefix="xpert-spool-")  # noqa: SIM115  closed by close()
        except OSError as error:
            raise failure(self._directory, error) from error

    def write(self, block: bytes, rows: int) -> None:
        """Add the lines of some rows at the end."""
        try:
            self._file.seek(self._size)
            self._file.write(block)
            self._file.flush()
        except OSError as error:
            raise failure(self._directory, error) from error
        self._size += len(block)
        self._rows += rows

    def __len__(self) -> int:
        """Return the number of rows."""
        return self._rows

    def blocks(self) -> Iterator[bytes]:
        """Yield the lines of all rows added so far, from the first on, with one block in memory at a time.

        Raises:
            SpoolFailed: The file has become shorter.
        """
        position = 0
        while position < self._size:
            self._file.seek(position)
            block = self._file.read(min(BLOCK, self._size - position))
            if not block:
                raise failure(self._directory, OSError("the file of the rows has become shorter"))
            position += len(block)
            yield block

    def clear(self) -> None:
        """Forget all rows."""
        self._rows = self._size = 0
        try:
            self._file.truncate(0)
        except OSError as error:
            raise failure(self._directory, error) from error

    def close(self) -> None:
        """Delete the file."""
        with suppress(OSError):  # the last bytes cannot be written to a full disk, but nobody needs them
            self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def failure(directory: Path, error: OSError) -> SpoolFailed:
    """Return an error that says why a directory cannot be written, and what to do."""
    return SpoolFailed(
        f"fetched rows cannot be kept in {directory}: {error.strerror or error}. Free space there, or set TMPDIR or "
        "the spool directory to a disk with space. Nothing was loaded; run again"
    )
