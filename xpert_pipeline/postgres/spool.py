"""Private files for rows between fetching and loading: memory stays flat, and no transaction waits for Amazon."""

import pickle
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from xpert_pipeline.postgres.errors import DatabaseError
from xpert_pipeline.postgres.private_folders import private_folder

CHUNK = 5_000
PREFIX = "xpert-spool-"
Row = tuple[Any, ...]


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
    """Rows in order of arrival, readable any number of times; closing the spool deletes its file.

    Args:
        directory: Private to the worker, on a disk with room for the window's rows.

    Raises:
        SpoolFailed: The directory cannot be written.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._buffer: list[Row] = []
        self._written = 0
        try:
            directory.mkdir(parents=True, exist_ok=True)
            self._file = tempfile.TemporaryFile(dir=directory, prefix="xpert-spool-")  # noqa: SIM115  closed by close()
        except OSError as error:
            raise failure(self._directory, error) from error

    def append(self, row: Row) -> None:
        """Add a row at the end."""
        self._buffer.append(row)
        if len(self._buffer) >= CHUNK:
            self._flush()

    def extend(self, rows: Iterable[Row]) -> None:
        """Add rows at the end."""
        stream = iter(rows)
        while arrived := list(islice(stream, CHUNK - len(self._buffer))):
            self._buffer += arrived
            if len(self._buffer) >= CHUNK:
                self._flush()

    def __len__(self) -> int:
        return self._written + len(self._buffer)

    def __iter__(self) -> Iterator[Row]:
        """Yield all rows added so far, from the first on, with one chunk in memory at a time."""
        self._flush()
        left, position = self._written, 0
        while left > 0:
            self._file.seek(position)
            chunk: list[Row] = pickle.load(self._file)  # noqa: S301  our own private file
            position = self._file.tell()
            left -= len(chunk)
            yield from chunk

    def clear(self) -> None:
        """Forget all rows."""
        self._buffer, self._written = [], 0
        try:
            self._file.seek(0)
            self._file.truncate()
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

    def _flush(self) -> None:
        if not self._buffer:
            return
        try:
            self._file.seek(0, 2)
            pickle.dump(self._buffer, self._file, protocol=pickle.HIGHEST_PROTOCOL)
            self._file.flush()
        except OSError as error:
            raise failure(self._directory, error) from error
        self._written += len(self._buffer)
        self._buffer = []


def failure(directory: Path, error: OSError) -> SpoolFailed:
    """Return an error that says why a directory cannot be written, and what to do."""
    return SpoolFailed(
        f"fetched rows cannot be kept in {directory}: {error.strerror or error}. Free space there, or set TMPDIR or "
        "the spool directory to a disk with space. Nothing was loaded; run again"
    )
