"""JSON Lines, the form of Data Kiosk documents: one object per line, read one at a time, numbers as Decimal.

A line that is no object ends the reading: what it held would be lost, and whoever reads must not keep the rest.
"""

from collections.abc import Iterator
from typing import Any, TextIO

from xpert_pipeline.spapi.errors import BadAnswer
from xpert_pipeline.spapi.sending.classification import parse_json

LONGEST_LINE = 16 * 1024 * 1024


class BadLine(BadAnswer):
    """A line that is no JSON object: cut off, damaged, or something else altogether."""

    what_to_do = "Nothing of this document was kept: run it again later; if it stays so, report the query to Amazon."


def read_objects(file: TextIO, *, source: str) -> Iterator[dict[str, Any] | None]:
    """Yield the object of every line, in file order; empty lines are none, and null is an entry without content.

    Args:
        file: text as `Document.open_text` opens it.
        source: names the document in errors.

    Raises:
        BadLine: naming the line, never quoting it.
    """
    number = 0
    while line := file.readline(LONGEST_LINE + 1):
        number += 1
        if len(line) > LONGEST_LINE:
            raise BadLine(f"line {number:,} is longer than {LONGEST_LINE:,} characters", operation=source)
        if not line.strip():
            continue
        try:
            found = parse_json(line.encode())
        except ValueError as exc:
            raise BadLine(f"line {number:,} is no JSON ({_place(exc)})", operation=source) from exc
        if found is not None and not isinstance(found, dict):
            raise BadLine(f"line {number:,} is a {type(found).__name__}, not an object", operation=source)
        yield found


def _place(error: ValueError) -> str:
    """Where a line stops making sense, without its text."""
    column = getattr(error, "colno", None)
    return f"at character {column}" if column else "malformed"
