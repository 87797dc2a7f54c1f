"""Rotates the log files of the services, which have them open and append to them all the time."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

ROTATED_ABOVE = 5_000_000
"""Bytes from which a file is rotated."""
DAY_SECONDS = 86_400


def rotate_logs(folder: Path, keep_days: int, *, dry_run: bool = False) -> int:
    """Copy large log files aside and empty them, and delete copies that are too old.

    Lines that are written between copying and emptying are lost, as with copytruncate of logrotate; in exchange nobody
    has to open its log again.

    Args:
        folder: The folder of the logs.
        keep_days: How long a copy stays; 0 keeps all.
        dry_run: Only count.

    Returns:
        The bytes that were freed.
    """
    freed = 0
    oldest = time.time() - keep_days * DAY_SECONDS
    for copy in _files(folder, "*.log.*"):
        if keep_days and copy.stat().st_mtime < oldest:
            freed += copy.stat().st_size
            if not dry_run:
                copy.unlink(missing_ok=True)
    for log in _files(folder, "*.log"):
        if log.stat().st_size > ROTATED_ABOVE and not dry_run:
            shutil.copy2(log, log.with_name(f"{log.name}.{time.strftime('%Y-%m-%dT%H%M%S')}"))
            with log.open("r+b") as file:
                file.truncate(0)
    return freed


def _files(folder: Path, pattern: str) -> Iterator[Path]:
    return iter(sorted(path for path in folder.glob(pattern) if path.is_file() and not path.is_symlink()))
