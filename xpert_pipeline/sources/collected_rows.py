"""The rows that one load has collected for a table, with what it remembers of records that became none."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from xpert_pipeline.postgres.copy_text import CopyText
from xpert_pipeline.postgres.quarantine import Reject
from xpert_pipeline.postgres.spool import RowSpool
from xpert_pipeline.tables.contract import Table
from xpert_pipeline.tables.validation import validate


@dataclass
class TableRows:
    """The rows collected for one table.

    Attributes:
        table: The contract.
        columns: Columns that the source fills.
        sparse: Those of them in which NULL leaves the known value as it is.
        spool: Valid rows, on disk.
        fetched: Number of records received for the table.
        rejects: Records that cannot become rows.
        kept: Keys of rejected rows; existing rows with these keys stay as they are.
        days: Marketplace and day of every record received.
        unread: What is known of the sets of rejected rows without a readable key: a value for each of the table's set
            columns, or None. Such a row may be any row of its set.
        sales_columns: Columns that are above 0 in a row with sales.
        days_with_sales: Marketplace and day of the rows with sales.
        inferred: Those of the columns whose values follow from others; see `TableLoad`.
        decided: Those of the columns that the load decides after merging; see `TableLoad`.
        watchers: Are told of all valid rows, as they are spooled. A restart of the reading does not take back what they
            were told.
    """

    table: Table
    columns: tuple[str, ...]
    spool: RowSpool
    sparse: frozenset[str] = frozenset()
    fetched: int = 0
    rejects: list[Reject] = field(default_factory=list)
    kept: list[tuple[Any, ...]] = field(default_factory=list)
    days: set[tuple[str, Any]] = field(default_factory=set)
    unread: list[tuple[Any, ...]] = field(default_factory=list)
    sales_columns: tuple[str, ...] = ()
    inferred: tuple[str, ...] = ()
    decided: tuple[str, ...] = ()
    days_with_sales: set[tuple[str, Any]] = field(default_factory=set)
    watchers: list[Callable[[Sequence[dict[str, Any]]], None]] = field(default_factory=list)

    def write(self, rows: Sequence[dict[str, Any]]) -> None:
        """Spool valid rows."""
        if not rows:
            return
        values = itemgetter(*self.columns)
        tuples = list(map(values, rows)) if len(self.columns) > 1 else [(values(row),) for row in rows]
        self.spool.write(CopyText(self.table, self.columns).block(tuples), len(tuples))
        for tell in self.watchers:
            tell(rows)
        if self.table.day is not None:
            place_of = itemgetter("marketplace_id", self.table.day)
            self.days.update(map(place_of, rows))
            if self.sales_columns:
                sold = (row for row in rows if any((row[name] or 0) > 0 for name in self.sales_columns))
                self.days_with_sales.update(map(place_of, sold))

    def key_of(self, row: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """The row's key; None unless all of it is known, printable and valid for the table."""
        known = {name: row.get(name) for name in self.table.key}
        if not all(str(part or "").isprintable() for part in known.values()):
            return None
        valid, _ = validate(self.table, [known], self.table.key)
        return tuple(valid[0].values()) if valid else None

    def set_of(self, row: Mapping[str, Any]) -> tuple[Any, ...]:
        """The values of the row's set columns; None for each that cannot be read."""
        return tuple(self._valid(name, row.get(name)) for name in self.table.set_columns)

    def is_read(self, rows_of: Sequence[Any]) -> bool:
        """Whether every row of a set was read or has a known key, so that missing rows are really gone.

        Args:
            rows_of: The values of the table's set columns.
        """
        return not any(
            all(known in (None, value) for known, value in zip(unread, rows_of, strict=False)) for unread in self.unread
        )

    def _valid(self, column: str, value: Any) -> Any:
        valid, _ = validate(self.table, [{column: value}], (column,))
        return valid[0][column] if valid else None
