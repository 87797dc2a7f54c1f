"""How a row type describes its columns: where each value comes from, what it means, its unit, and what NULL means.

A column is described once, in the `Annotated` metadata of its row type. Database comments, descriptions in Dagster's
UI and `docs/tables.md` are generated from it. Types and bounds are in `fields`.
"""

import inspect
import types
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, Union, get_args, get_origin

SQL_TYPES = {
    str: "text",
    int: "integer",
    bool: "boolean",
    Decimal: "numeric(18,4)",
    datetime: "timestamp with time zone",
    date: "date",
}
STANDARD_NULL = "Amazon did not report it."


@dataclass(frozen=True)
class At:
    """Where to find a value in a record.

    Attributes:
        path: Dotted path, such as "inventoryDetails.fulfillableQuantity"; the value is None if a part is missing.
        read: Turns the value into the column's value; None keeps it as it is.
        in_zone: Whether `read` also needs the marketplace's time zone, as its second argument.
    """

    path: str
    read: Callable[..., Any] | None = None
    in_zone: bool = False


@dataclass(frozen=True)
class Null:
    """What NULL means in a column, if not that Amazon did not report the value."""

    meaning: str


@dataclass(frozen=True)
class Unfilled:
    """Why every row of the sandbox has NULL in a column; a test finds columns that nothing fills without a reason."""

    reason: str


@dataclass(frozen=True)
class Unit:
    """The unit of a column."""

    name: str


@dataclass(frozen=True)
class SqlType:
    """The column's type in PostgreSQL, if it is not the default for the Python type."""

    name: str


@dataclass(frozen=True)
class Column:
    """One column of a table, as its row type describes it.

    Attributes:
        name: Name in the database.
        sql_type: Type in PostgreSQL.
        is_nullable: Whether the value may be NULL.
        meaning: What the value means.
        null_meaning: What NULL means; empty if the value cannot be NULL.
        unit: Unit of the value; empty if it has none.
        at: Where the value comes from; None if a parser or a transform fills the column.
        unfilled: Why the sandbox never has a value; empty if it has.
    """

    name: str
    sql_type: str
    is_nullable: bool
    meaning: str
    null_meaning: str
    unit: str
    at: At | None
    unfilled: str = ""

    @property
    def comment(self) -> str:
        """The column's comment in the database."""
        return f"{self.meaning} NULL: {_lower_first(self.null_meaning)}" if self.null_meaning else self.meaning


@cache
def columns_of(row: type) -> tuple[Column, ...]:
    """The columns of a row type, in their order."""
    return tuple(_column(name, hint) for name, hint in row.__annotations__.items())


def line_of(row: type, column: str) -> str:
    """File and line where a column is described, for error messages."""
    lines, first = inspect.getsourcelines(row)
    offset = next((n for n, line in enumerate(lines) if line.strip().startswith(f"{column}:")), 0)
    return f"{inspect.getsourcefile(row)}:{first + offset}"


def _column(name: str, hint: Any) -> Column:
    metadata = _metadata(hint)
    python_type, is_nullable = _python_type(hint)
    null = next((entry.meaning for entry in metadata if isinstance(entry, Null)), STANDARD_NULL)
    return Column(
        name=name,
        sql_type=next((entry.name for entry in metadata if isinstance(entry, SqlType)), _sql_type(python_type)),
        is_nullable=is_nullable,
        meaning=next((entry for entry in metadata if isinstance(entry, str)), ""),
        null_meaning=null if is_nullable else "",
        unit=next((entry.name for entry in metadata if isinstance(entry, Unit)), _unit(python_type)),
        at=next((entry for entry in metadata if isinstance(entry, At)), None),
        unfilled=next((entry.reason for entry in metadata if isinstance(entry, Unfilled)), ""),
    )


def _metadata(hint: Any) -> list[Any]:
    """Metadata of the hint and of the types in it, outermost first."""
    if get_origin(hint) is Annotated:
        inner, *metadata = get_args(hint)
        return [*metadata, *_metadata(inner)]
    if get_origin(hint) in (types.UnionType, Union):
        return [entry for member in get_args(hint) for entry in _metadata(member)]
    return []


def _python_type(hint: Any) -> tuple[Any, bool]:
    """The bare type, and whether None is allowed. `Any` is JSON that may be absent."""
    if get_origin(hint) is Annotated:
        return _python_type(get_args(hint)[0])
    if get_origin(hint) in (types.UnionType, Union):
        member = next(entry for entry in get_args(hint) if entry is not type(None))
        return _python_type(member)[0], True
    return hint, hint is Any


def _sql_type(python_type: Any) -> str:
    if get_origin(python_type) is list:
        return "text[]"
    return SQL_TYPES.get(python_type, "jsonb")


def _unit(python_type: Any) -> str:
    return {datetime: "UTC", date: "marketplace-local day"}.get(python_type, "")


def _lower_first(text: str) -> str:
    is_word = len(text) > 1 and text[1].islower() and not text.startswith("Amazon")
    return text[0].lower() + text[1:] if is_word else text
