"""Fits lines and tables into a terminal; where the output is not a terminal, each line stays whole."""

import shutil
import sys
import textwrap
from collections.abc import Mapping, Sequence

from rich.console import Console

GAP = 2
"""Columns between two cells of a table."""
WIDE = 1_000


def fitted(text: str, *, indent: int = 0, used: int = 0, err: bool = False) -> str:
    """Break lines between words at the terminal's width.

    Args:
        text: One or more lines.
        indent: Spaces before each continued line.
        used: Columns of the first line that something else has already taken.
        err: Whether the text goes to stderr.
    """
    stream = sys.stderr if err else sys.stdout
    if not stream.isatty():
        return text
    width = shutil.get_terminal_size().columns
    lines = (" " * used + text).split("\n")
    return "\n".join(_wrap(line, width, indent) for line in lines)[used:]


def _wrap(line: str, width: int, indent: int) -> str:
    return textwrap.fill(line, width, subsequent_indent=" " * indent, break_long_words=False, break_on_hyphens=False)


def grid_width(columns: Mapping[str, Sequence[str]]) -> int:
    """Return the width of a table whose cells are not broken, by its cells under their headers."""
    return sum(max(map(len, [name, *cells])) + GAP for name, cells in columns.items()) - GAP


def plain_console(*, err: bool = False) -> Console:
    """Return a console for tables: as wide as the terminal, and wide enough for every cell elsewhere."""
    stream = sys.stderr if err else sys.stdout
    return Console(stderr=err, highlight=False, markup=False, width=None if stream.isatty() else WIDE)
