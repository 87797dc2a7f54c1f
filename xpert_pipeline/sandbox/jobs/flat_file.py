"""Lines of tab-separated reports. Amazon does not quote their cells."""

from collections.abc import Sequence


def flat_line(fields: dict[str, str], columns: tuple[str, ...], ending: str) -> str:
    """Return one line; tabs and line breaks in a cell become spaces."""
    return line_of([fields.get(column, "") for column in columns], ending)


def line_of(cells: Sequence[str], ending: str) -> str:
    """Return the line of all cells in order; tabs and line breaks in a cell become spaces."""
    line = "\t".join(cells)
    if line.count("\t") >= len(cells) or "\r" in line or "\n" in line:
        line = "\t".join([cell.replace("\t", " ").replace("\r", " ").replace("\n", " ") for cell in cells])
    return line + ending
