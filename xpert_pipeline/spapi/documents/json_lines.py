"""Reads JSON Lines, the format of Data Kiosk documents: one object on each line; fractions become Decimal.

A line that is not an object raises an error, because skipping it would lose a record. The caller must then discard the
other lines, too.
"""

from collections.abc import Iterator
from typing import Any, TextIO

from xpert_pipeline.spapi.errors import BadAnswer
from xpert_pipeline.spapi.sending.classification import parse_json

LONGEST_LINE = 16 * 1024 * 1024


class BadLine(BadAnswer):
    """A line that is not a JSON object: cut off, damaged, or something else."""

    what_to_do = "Nothing from this document was loaded. Run it again later; if that fails, report the query to Amazon."


def read_objects(file: TextIO, *, source: str) -> Iterator[dict[str, Any] | None]:
    """Yield the object in every line, in file order. Skip empty lines; yield None for null.

    Args:
        file: Text as `Document.open_text` opens it.
        source: Name of the document in errors.

    Raises:
        BadLine: A line is not an object. The message contains its number, never its text.
    """
    number = 0
    while line := file.readline(LONGEST_LINE + 1):
        number += 1
        if len(line) > LONGEST_LINE:
            raise BadLine(f"line {number:,} is longer than {LONGEST_LINE:,} characters", operation=source)
        if not line.strip():
            continue
        try:
            value = parse_json(line.encode())
        except ValueError as exc:
            raise BadLine(f"line {number:,} is not JSON ({_place(exc)})", operation=source) from exc
        if value is not None and not isinstance(value, dict):
            raise BadLine(f"line {number:,} is a {type(value).__name__}, not an object", operation=source)
        yield value


def _place(error: ValueError) -> str:
    """Return where a line is malformed, without its text."""
    column = getattr(error, "colno", None)
    return f"at character {column}" if column else "malformed"
