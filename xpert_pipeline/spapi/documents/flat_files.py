"""Reads tab-separated reports as dict rows. Amazon's flat files have no quoting; Amazon may add, drop or move columns.

The header is checked before any row is read, because Amazon may send an error text instead of a report. Names of
columns are compared without case, spaces and punctuation.
"""

import unicodedata
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TextIO

from xpert_pipeline.spapi.errors import BadAnswer

BEYOND = ""
"""The key of cells that have no column, joined by tabs."""
_LONGEST_NAME = 60


class Ragged(dict[str, str | None]):
    """A row of a line that has more or fewer cells than the header: no one can tell which cell is which."""


class BadHeader(BadAnswer):
    """The file does not begin with the columns of its report type."""

    what_to_do = "Read the first line quoted here: it is Amazon's error text, or Amazon has changed the columns."


@dataclass(frozen=True)
class FlatColumn:
    """A column that a source reads.

    Attributes:
        name: Its name in the rows.
        spellings: Other names that Amazon gives it, such as those of other countries.
        is_optional: Whether a file may lack it.
    """

    name: str
    spellings: tuple[str, ...] = ()
    is_optional: bool = False


Needs = Sequence[str | FlatColumn]
"""Columns that a source reads; a bare name must be in the file."""


class FlatRows(Iterator[dict[str, str | None]]):
    """The rows of a flat file by column name, in file order.

    Every row has all columns of the header: "" for an empty cell, None if the line is too short. If a line has too many
    cells, the extra ones are under `BEYOND`. `is_ragged` finds both kinds; no cell of such a row can be trusted.

    Attributes:
        columns: Names of the columns that the file has, as the rows have them.
        unknown: Those of them that nobody has declared, in the order of the file.
    """

    def __init__(self, header: Sequence[str], lines: Iterator[str], unknown: Sequence[str] = ()) -> None:
        self._header, self._lines = header, lines
        self.columns = frozenset(header)
        self.unknown = tuple(unknown)

    @property
    def signals(self) -> dict[str, int]:
        """Counts for `loads.details`: each unknown column once."""
        return {f"unknown column {name[:_LONGEST_NAME]}": 1 for name in self.unknown}

    def __next__(self) -> dict[str, str | None]:
        """Return the next row; blank lines are skipped."""
        for line in self._lines:
            cells = _cells(line)
            if cells == [""]:
                continue
            if len(cells) == len(self._header):
                return dict(zip(self._header, cells, strict=True))
            return _ragged(self._header, cells)
        raise StopIteration


def read_rows(file: TextIO, needs: Needs, *, report: str, ignores: Collection[str] = ()) -> FlatRows:
    """Read the header of a flat file, and return its rows.

    Args:
        file: Text as `Document.open_text` opens it (lines end with CRLF or LF; a single CR is data).
        needs: The columns that are read, in any order. The rows have them under their own names, whatever the spelling
            in the file, and all other columns as the file names them.
        report: Name of the file in errors.
        ignores: Other columns that Amazon is known to send. Columns beyond these and `needs` are unknown.

    Raises:
        BadHeader: The file is empty, a required column is missing, or a column that is read occurs twice.
    """
    columns = [FlatColumn(need) if isinstance(need, str) else need for need in needs]
    lines = iter(file)
    header = [name.strip().strip("\ufeff") for name in _cells(next(lines, ""))]
    if header == [""]:
        raise BadHeader(f"{report} is empty: it does not even have a header", operation=report)
    known = {plain_name(name): column.name for column in columns for name in (column.name, *column.spellings)}
    names = [known.get(plain_name(name)) for name in header]
    counts = Counter(name for name in names if name is not None)
    missing = [column.name for column in columns if not column.is_optional and column.name not in counts]
    repeated = [name for name, count in counts.items() if count > 1]
    if missing or repeated:
        lacking = f"has no column {', '.join(missing)}"
        problem = lacking if missing else f"has the column {', '.join(repeated)} more than once"
        raise BadHeader(f"{report} {problem}; its first line is {chr(9).join(header)[:200]!r}", operation=report)
    ignored = {plain_name(name) for name in ignores}
    unknown = [
        spelt
        for spelt, name in zip(header, names, strict=True)
        if name is None and spelt and plain_name(spelt) not in ignored
    ]
    return FlatRows(_distinct(header, names, counts), lines, list(dict.fromkeys(unknown)))


def plain_name(name: str) -> str:
    """Return a column's name without case, spaces and punctuation, to compare it with others."""
    return "".join(char for char in unicodedata.normalize("NFKC", name).casefold() if char.isalnum())


def is_ragged(row: Mapping[str, str | None]) -> bool:
    """Whether a line had more or fewer cells than the header, so that no one can tell which cell is which."""
    return type(row) is Ragged


def _distinct(header: Sequence[str], names: Sequence[str | None], taken: Counter[str]) -> list[str]:
    """Name every column: the read ones by their own names, repeated and empty ones with a number."""
    seen = Counter(taken.keys())
    result = []
    for number, (spelt, name) in enumerate(zip(header, names, strict=True), start=1):
        own = name or spelt or f"(column {number})"
        if name is None:
            seen[own] += 1
            own = own if seen[own] == 1 else f"{own} ({seen[own]})"
        result.append(own)
    return result


def _cells(line: str) -> list[str]:
    return line.rstrip("\r\n").split("\t")


def _ragged(header: Sequence[str], cells: Sequence[str | None]) -> Ragged:
    short = [*cells, *[None] * (len(header) - len(cells))]
    row = Ragged(zip(header, short, strict=False))
    beyond = [cell or "" for cell in cells[len(header) :]]
    if beyond:
        row[BEYOND] = "\t".join(beyond)
    return row
