"""The target of a load, and the names that the statements of staging and merging share."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.sql import SQL, Composable, Composed, Identifier

from xpert_pipeline.tables.contract import MARKETPLACE, Table

Row = tuple[Any, ...]
RowCounts = dict[tuple[str, date | None], int]
"""Number of rows by marketplace and business day; the day is None if the table has none."""


@dataclass(frozen=True)
class Target:
    """The target of a load: the table, the columns to fill, and the values to add to each row.

    Attributes:
        table: The contract.
        columns: The columns to fill.
        seller_id: The tenant.
        source: Operation or report.
        load_id: The load.
        inferred: Columns whose values are not Amazon's own but follow from others; see `TableLoad`.
        sparse: Columns in which NULL leaves the known value as it is.
        decided: Columns whose known value stays as it is, because a later statement of the load decides it.
    """

    table: Table
    columns: tuple[str, ...]
    seller_id: UUID
    source: str
    load_id: UUID
    inferred: tuple[str, ...] = ()
    sparse: frozenset[str] = frozenset()
    decided: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        table = self.table
        needed = {MARKETPLACE, *table.key, *(name for name in (table.day, table.version) if name), *table.set_columns}
        if missing := needed - set(self.columns):
            raise ValueError(f"{table.name}: a load must carry {', '.join(sorted(missing))}")
        if unknown := set(self.columns) - set(table.columns):
            raise ValueError(f"{table.name} has no column {', '.join(sorted(unknown))}")
        if self.inferred and not table.version:
            raise ValueError(
                f"{table.name}: inferred columns need a version, which tells whether the state is the same"
            )

    @property
    def values(self) -> dict[str, Any]:
        """Parameters of the statements."""
        return {"seller_id": self.seller_id, "source": self.source, "load_id": self.load_id}

    @property
    def stage(self) -> str:
        """Name of the temporary table with the rows that arrived."""
        return f"stage_{self.table.name}"

    @property
    def sets(self) -> str:
        """Name of the temporary table with the sets that arrived."""
        return f"sets_{self.table.name}"

    @property
    def facts(self) -> tuple[str, ...]:
        """The columns to fill, without the key."""
        return tuple(name for name in self.columns if name not in self.table.key)

    def names(self, **more: Composable) -> dict[str, Composable]:
        """Identifiers that the statements share."""
        return {
            "table": Identifier(self.table.name),
            "stage": Identifier("pg_temp", self.stage),
            "sets": Identifier("pg_temp", self.sets),
            "marketplace": Identifier(MARKETPLACE),
            "day": Identifier(self.table.day) if self.table.day else SQL("null::date"),
            "returned_day": Identifier("t", self.table.day) if self.table.day else SQL("null::date"),
            "version": Identifier(self.table.version or ""),
            **more,
        }

    def counts(self, conn: Connection, statement: Composed) -> RowCounts:
        """Run a statement that returns marketplace, day and number of rows."""
        rows = conn.execute(statement, self.values).fetchall()
        return {(marketplace_id, day): count for marketplace_id, day, count in rows}


def listed(names: Iterable[str], prefix: str | None = None) -> Composed:
    """Format names as a column list."""
    return SQL(", ").join(Identifier(prefix, name) if prefix else Identifier(name) for name in names)


def same(left: str, right: str, names: Iterable[str]) -> Composed:
    """Return the condition that two rows are equal in all of these columns."""
    return SQL(" and ").join(SQL("{} = {}").format(Identifier(left, name), Identifier(right, name)) for name in names)
