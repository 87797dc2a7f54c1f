"""What Dagster shows about a table: columns, key and name by its row contract, descriptions by the comments in SQL."""

import types
from datetime import date, datetime
from decimal import Decimal
from typing import Any, get_args, get_origin

import dagster as dg
from typing_extensions import get_type_hints

from xpert_pipeline.postgres.column_comments import comments_in_migrations
from xpert_pipeline.tables.contract import Table
from xpert_pipeline.tables.registry import TABLES

SQL_TYPES = {
    str: "text",
    int: "integer",
    bool: "boolean",
    Decimal: "numeric(18,4)",
    datetime: "timestamptz",
    date: "date",
}


def table_metadata(name: str) -> dict[str, Any]:
    """Column schema and key of the table of this name; nothing for an asset without a contract."""
    table = next((table for table in TABLES if table.name == name), None)
    if table is None:
        return {}
    return {
        "dagster/column_schema": _schema(table),
        "dagster/table_name": f"public.{table.name}",
        "key": ", ".join(("seller_id", *table.key)),
    }


def _schema(table: Table) -> dg.TableSchema:
    hints, comments = get_type_hints(table.row), comments_in_migrations(table.name)
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                name=name,
                type=_sql_type(hints[name]),
                constraints=dg.TableColumnConstraints(
                    nullable=hints[name] is Any or type(None) in get_args(hints[name]),
                    other=["part of the natural key"] if name in table.key else None,
                ),
                description=comments.get(name),
            )
            for name in table.columns
        ]
    )


def _sql_type(hint: Any) -> str:
    if get_origin(hint) is types.UnionType or type(None) in get_args(hint):
        hint = next(arg for arg in get_args(hint) if arg is not type(None))
    if get_origin(hint) is list:
        return "text[]"
    return SQL_TYPES.get(hint, "jsonb")
