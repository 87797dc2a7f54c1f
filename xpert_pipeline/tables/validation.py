"""Validates rows against their contract in chunks, and returns each invalid row with the reason."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from pydantic import ValidationError

from xpert_pipeline.tables.contract import Table

CHUNK = 5_000
SHAPE_ERRORS = (AttributeError, KeyError, TypeError, ValueError, ArithmeticError)
"""What a parser raises if a payload does not have the documented structure."""


@dataclass(frozen=True)
class Refused:
    """A row that breaks its contract: its index in the chunk, and what is wrong with which column."""

    index: int
    reason: str


def validate(
    table: Table, rows: Sequence[dict[str, Any]], columns: tuple[str, ...] | None = None
) -> tuple[list[dict[str, Any]], list[Refused]]:
    """Split rows into valid ones and rows that break the table's contract.

    Args:
        table: The contract.
        rows: Parsed rows, at most a chunk.
        columns: The columns that the source fills, if not all; others are neither checked nor kept.

    Returns:
        The valid rows, converted to the column types, and the refused rows with reasons that quote no values.
    """
    validator = table.validator if columns is None else table.validator_of(columns)
    try:
        return validator.validate_python(rows), []
    except ValidationError as error:
        reasons: dict[int, list[str]] = {}
        for problem in error.errors(include_url=False, include_input=False, include_context=False):
            index, *column = problem["loc"]
            reasons.setdefault(int(index), []).append(f"{'.'.join(map(str, column))}: {problem['msg']}")
    kept = [row for index, row in enumerate(rows) if index not in reasons]
    refused = [Refused(index, "; ".join(problems)) for index, problems in sorted(reasons.items())]
    return validator.validate_python(kept), refused


def shape_reason(error: Exception) -> str:
    """Return why a parser could not read a payload, without quoting values."""
    return f"it does not have the documented structure ({type(error).__name__})"


def chunks(items: Iterable[Any], size: int = CHUNK) -> Iterator[list[Any]]:
    """Cut a stream into lists of at most `size`."""
    stream = iter(items)
    while chunk := list(islice(stream, size)):
        yield chunk
