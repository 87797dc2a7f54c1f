"""Reads tab-separated reports as dict rows. Amazon's flat files have no quoting; Amazon may add or reorder columns.

The header is checked before any row is read, because Amazon may send an error text instead of a report.
"""

from collections.abc import Iterator, Sequence
from typing import TextIO

from xpert_pipeline.spapi.errors import BadAnswer


class BadHeader(BadAnswer):
    """The file does not begin with the columns of its report type."""

    what_to_do = "Read the first line quoted here: it is Amazon's error text, or Amazon has changed the columns."


def read_rows(file: TextIO, required: Sequence[str], *, report: str) -> Iterator[dict[str, str | None]]:
    """Yield the rows of a flat file by column name, in file order.

    Every row has all columns of the header: "" for an empty cell, None if the line is too short. If a line has too many
    cells, the extra ones are under the key "" (joined by tabs); the caller should reject such a row.

    Args:
        file: Text as `Document.open_text` opens it (lines end with CRLF or LF; a single CR is data).
        required: Columns that must be present, in any order; other columns may be missing.
        report: Name of the file in errors.

    Raises:
        BadHeader: A required column is missing, or the header names a column twice.
    """
    lines = iter(file)
    header = [name.strip().strip("\ufeff") for name in _cells(next(lines, ""))]
    missing = [name for name in required if name not in header]
    if missing or len(set(header)) != len(header):
        problem = f"has no column {', '.join(missing)}" if missing else "names a column twice"
        raise BadHeader(
            f"{report} {problem}; its first line is {chr(9).join(header)[:200]!r}",
            operation=report,
        )
    width = len(header)
    for line in lines:
        cells = _cells(line)
        if cells == [""]:
            continue
        if len(cells) == width:
            yield dict(zip(header, cells, strict=True))
        else:
            yield _ragged(header, cells)


def _cells(line: str) -> list[str]:
    return line.rstrip("\r\n").split("\t")


def _ragged(header: Sequence[str], cells: Sequence[str | None]) -> dict[str, str | None]:
    short = [*cells, *[None] * (len(header) - len(cells))]
    row = dict(zip(header, short, strict=False))
    beyond = [cell or "" for cell in cells[len(header) :]]
    if beyond:
        row[""] = "\t".join(beyond)
    return row
