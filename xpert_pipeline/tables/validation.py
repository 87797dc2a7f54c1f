"""Checks rows against their contract in chunks; a row that breaks it is set apart with the reason, whole."""

import gc
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any

from pydantic import ValidationError

from xpert_pipeline.tables.contract import Table

CHUNK = 5_000
SHAPE_ERRORS = (AttributeError, KeyError, TypeError, ValueError, ArithmeticError)
"""What a parser raises over a payload that is nested otherwise than documented."""


@dataclass(frozen=True)
class Refused:
    """A row that breaks its contract: its place in the chunk and what is wrong with which column."""

    index: int
    reason: str


def validate(
    table: Table, rows: Sequence[dict[str, Any]], columns: tuple[str, ...] | None = None
) -> tuple[list[dict[str, Any]], list[Refused]]:
    """Split rows into those that keep the table's contract and those that do not.

    Args:
        table: The contract.
        rows: At most a chunk of parsed rows.
        columns: What their source carries, if not all; others are neither checked nor kept.

    Returns:
        The valid rows, coerced to the column types, and the refused ones with reasons that quote no values.
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
    """Why a payload was set apart that a parser could not read; quotes no values."""
    return f"its shape is not the documented one ({type(error).__name__})"


def chunks(items: Iterable[Any], size: int = CHUNK) -> Iterator[list[Any]]:
    """Cut a stream into lists of at most `size`."""
    stream = iter(items)
    while chunk := list(islice(stream, size)):
        yield chunk


@contextmanager
def collector_paused() -> Iterator[None]:
    """Look for no cyclic garbage while chunks are worked through: rows make none, and looking takes as long as parsing.

    Rows are freed by their reference counts as ever, so memory stays flat. Not for work that waits or that runs long
    on anything but rows: the whole process is without the collector meanwhile.
    """
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()
