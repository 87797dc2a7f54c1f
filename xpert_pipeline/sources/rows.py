"""Turns records into rows by the paths of a row type: what a declaration needs when it has no parser of its own."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from xpert_pipeline.sources.values import value_at
from xpert_pipeline.tables.columns import At, columns_of
from xpert_pipeline.tables.contract import Table
from xpert_pipeline.tables.validation import SHAPE_ERRORS

GIVEN = frozenset(("marketplace_id",))
"""Columns that the framework fills: a record does not carry them."""


def row_parser(table: Table) -> Callable[[Mapping[str, Any], str], dict[str, Any]]:
    """A parser of one record and the marketplace that it belongs to, by the `At` of each column."""
    places = [(column.name, column.at) for column in columns_of(table.row) if column.at is not None]

    def parse(record: Mapping[str, Any], marketplace_id: str) -> dict[str, Any]:
        row: dict[str, Any] = {"marketplace_id": marketplace_id}
        for name, at in places:
            row[name] = read_at(record, at)
        return row

    return parse


def known_key(table: Table, record: Any, marketplace_id: str) -> dict[str, Any]:
    """What is known of the row of a record that cannot be parsed: its key and day, as far as they can be read.

    Args:
        table: The contract.
        record: The record, of whatever shape. Columns without a path are looked up by their own names.
        marketplace_id: The marketplace that it belongs to.
    """
    row: dict[str, Any] = {"marketplace_id": marketplace_id}
    for column in columns_of(table.row):
        if column.name in {*table.key, table.day} - GIVEN:
            try:
                row[column.name] = read_at(record, column.at) if column.at else None
            except SHAPE_ERRORS:
                row[column.name] = None
            if row[column.name] is None:
                row[column.name] = value_at(record, column.name)
    return row


def read_at(record: Mapping[str, Any], at: At) -> Any:
    """The value that `at` points to."""
    value = value_at(record, at.path)
    return at.read(value) if at.read else value


def unfilled_columns(table: Table, parsed: Sequence[str] = ()) -> list[str]:
    """Columns that neither a path nor a parser fills.

    Args:
        table: The contract.
        parsed: Columns that the source's own parser fills; "*" stands for all.
    """
    if "*" in parsed:
        return []
    return [
        column.name for column in columns_of(table.row) if column.at is None and column.name not in {*GIVEN, *parsed}
    ]
