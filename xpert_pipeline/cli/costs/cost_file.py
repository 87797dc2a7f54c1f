"""Reads the lines of a file of costs: its charset, its delimiter, its header, and each row by itself."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from xpert_pipeline.cli.costs.cost_columns import Columns, ColumnsUnknown, find_columns
from xpert_pipeline.spapi.documents.charsets import REPLACEMENT, charset_of, text_pieces

LARGEST = 100 << 20
HEADER_LINES = 20
"""The header is among so many first lines: some files have a title above it."""
LONGEST_ROW = 20
"""Lines that a quoted cell may extend over; an open quotation mark must not swallow the rest of the file."""
DELIMITERS = ",;\t|"
AS_CSV = "save it as CSV (in Excel: Save As, CSV UTF-8)"
NOT_CSV = {
    b"PK\x03\x04": f"it is an Excel workbook, whatever its name says: {AS_CSV}",
    b"\xd0\xcf\x11\xe0": f"it is an old Excel workbook, whatever its name says: {AS_CSV}",
    b"%PDF": "it is a PDF: export the costs as CSV",
    b"\x1f\x8b": "it is compressed: unpack it first",
    b"\xfd7zXZ": "it is compressed: unpack it first",
    b"<": f"it is a web page or XML, whatever its name says: open it in a spreadsheet program and {AS_CSV}",
}
UNCLOSED = "a quotation mark is not closed"


class NotACostFile(ValueError):
    """The file cannot be read as a list of costs; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row below the header.

    Attributes:
        line: Its line in the file; 1 is the first.
        cells: Its cells, as many as the header has; none if it cannot be read.
        problem: Why it cannot be read; empty if it can.
    """

    line: int
    cells: Sequence[str]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class CostFile:
    """A file whose header was found.

    Attributes:
        name: Its name, without folders.
        columns: Where the values are.
        rows: Its rows, without empty ones.
        note: What is unusual about its charset; empty if nothing is.
    """

    name: str
    columns: Columns
    rows: Sequence[Row]
    note: str


def read_file(path: Path, named: dict[str, str]) -> CostFile:
    """Read a file.

    Args:
        path: The file.
        named: "sku" and "cost" → the column that the user named.

    Raises:
        NotACostFile: It is another kind of file, or its columns are not known.
        OSError: It cannot be read.
    """
    text, note = _text(path)
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    number, delimiter, columns = _find_header(lines, named)
    rows = [
        row for row in _rows(lines, number, delimiter, columns.width) if row.problem or any(map(str.strip, row.cells))
    ]
    return CostFile(printable(path.name), columns, rows, note)


def printable(text: str) -> str:
    """Return a text without what could confuse a terminal or the database."""
    return "".join(letter if letter.isprintable() else REPLACEMENT for letter in text)


def _text(path: Path) -> tuple[str, str]:
    with path.open("rb") as file:
        head = file.read(64).lstrip(b"\xef\xbb\xbf \t\r\n")
    for magic, why in NOT_CSV.items():
        if head.startswith(magic):
            raise NotACostFile(why)
    if path.stat().st_size > LARGEST:
        raise NotACostFile(f"it is larger than {LARGEST >> 20} MB: split it")
    charset = charset_of(path, None)
    text = "".join(text_pieces(path, charset.codec)).lstrip("\ufeff")
    if not text.strip():
        raise NotACostFile("it is empty")
    if "\0" in text:
        raise NotACostFile(f"it is not text, or text without a byte order mark: {AS_CSV}")
    return text, f"read as {charset.codec}, because it is not UTF-8" if charset.instead_of else ""


def _find_header(lines: Sequence[str], named: dict[str, str]) -> tuple[int, str, Columns]:
    """Return the place of the header in the lines, the delimiter and the columns."""
    failure: ColumnsUnknown | None = None
    first = [(place, line) for place, line in enumerate(lines[:HEADER_LINES]) if line.strip()]
    for place, line in first:
        for delimiter in sorted(DELIMITERS, key=lambda sign: -line.count(sign)):
            cells = next(csv.reader([line], delimiter=delimiter), [])
            try:
                return place, delimiter, find_columns(cells, named)
            except ColumnsUnknown as error:
                if failure is None or (error.is_header and not failure.is_header):
                    failure = error
    raise NotACostFile(f"it has {failure}" if failure and str(failure).startswith("no ") else str(failure))


def _rows(lines: Sequence[str], header: int, delimiter: str, width: int) -> Iterator[Row]:
    place = header + 1
    while place < len(lines):
        cells, used = _cells(lines, place, delimiter, width)
        yield _row(place + 1, cells, width)
        place += used


def _cells(lines: Sequence[str], place: int, delimiter: str, width: int) -> tuple[list[str] | None, int]:
    """Return the cells of the row at a place and how many lines it has; None if a quotation mark is not closed."""
    for used in range(1, min(LONGEST_ROW, len(lines) - place) + 1):
        text = [f"{line}\n" for line in lines[place : place + used]]
        try:
            cells = next(csv.reader(text, delimiter=delimiter, strict=True), [])
        except csv.Error as error:
            if "unexpected end" not in str(error):  # a quotation mark inside a cell, such as 12" wide
                return next(csv.reader(text[:1], delimiter=delimiter), []), 1
            continue
        if used == 1 or len(cells) == width:
            return cells, used
        break
    return None, 1


def _row(line: int, cells: list[str] | None, width: int) -> Row:
    if cells is None:
        return Row(line, (), UNCLOSED)
    if not any(map(str.strip, cells)):
        return Row(line, ())
    if len(cells) > width and any(map(str.strip, cells[width:])):
        why = "a text with a comma, such as 1,234.50, needs quotation marks"
        return Row(line, (), f"the line has {len(cells)} cells, and the header has {width}: {why}")
    if len(cells) < width:
        return Row(line, (), f"the line has {len(cells)} cells, and the header has {width}")
    return Row(line, cells[:width])
