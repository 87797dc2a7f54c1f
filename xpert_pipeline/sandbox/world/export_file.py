"""Opens files that a person exported: csv, plain or .gz or .xz, with or without a byte order mark."""

import csv
import gzip
import lzma
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

UNREADABLE = (OSError, EOFError, lzma.LZMAError, zlib.error, UnicodeDecodeError, csv.Error)
"""What reading a damaged or missing file raises."""


@contextmanager
def opened(path: Path) -> Iterator[TextIO]:
    """Open a file as text, unpacked by its suffix."""
    kind = path.suffix.lower()
    if kind == ".gz":
        text: TextIO = gzip.open(path, "rt", encoding="utf-8-sig", newline="")  # noqa: SIM115  closed below
    elif kind == ".xz":
        text = lzma.open(path, "rt", encoding="utf-8-sig", newline="")  # noqa: SIM115  closed below
    else:
        text = path.open(encoding="utf-8-sig", newline="")
    with text:
        yield text
