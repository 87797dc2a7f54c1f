"""Turns records into rows with the paths of a row type, for declarations without a parser of their own."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from xpert_pipeline.sources.run import Market
from xpert_pipeline.sources.values import value_at
from xpert_pipeline.tables.columns import At, columns_of
from xpert_pipeline.tables.contract import Table
from xpert_pipeline.tables.validation import SHAPE_ERRORS

GIVEN = frozenset(("marketplace_id",))
"""Columns that the framework fills; records do not contain them."""
LONGEST_NAME = 60


def row_parser(table: Table) -> Callable[[Mapping[str, Any], Market], dict[str, Any]]:
    """Return a parser that takes a record and its marketplace, and reads each column from its `At`."""
    places = [(column.name, column.at) for column in columns_of(table.row) if column.at is not None]

    def parse(record: Mapping[str, Any], market: Market) -> dict[str, Any]:
        row: dict[str, Any] = {"marketplace_id": market.id}
        for name, at in places:
            row[name] = read_at(record, at, market)
        return row

    return parse


def known_key(table: Table, record: Any, market: Market) -> dict[str, Any]:
    """Return the readable part of the key and day of a record that cannot be parsed.

    Args:
        table: The contract.
        record: The record, in any shape. Columns without a path are looked up by their own names.
        market: The marketplace that it belongs to.
    """
    row: dict[str, Any] = {"marketplace_id": market.id}
    for column in columns_of(table.row):
        if column.name in {*table.key, table.day} - GIVEN:
            try:
                row[column.name] = read_at(record, column.at, market) if column.at else None
            except SHAPE_ERRORS:
                row[column.name] = None
            if row[column.name] is None:
                row[column.name] = value_at(record, column.name)
    return row


def read_at(record: Mapping[str, Any], at: At, market: Market) -> Any:
    """The value that `at` points to."""
    value = value_at(record, at.path)
    if at.read is None:
        return value
    return at.read(value, market.zone) if at.in_zone else at.read(value)


def unknown_fields(record: Any, known: Collection[str]) -> dict[str, int]:
    """Count the fields of a record that nobody has declared; nothing if no fields are declared."""
    if not known or not isinstance(record, dict):
        return {}
    return {f"unknown field {name[:LONGEST_NAME]}": 1 for name in record if name not in known}


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
