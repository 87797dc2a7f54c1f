"""The contract of a table: row type, natural key, business day, and how to order the states of a record.

Loads, generated checks and contract tests read `Table`. Nothing here reads or writes a database.
"""

from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from pydantic import TypeAdapter
from typing_extensions import TypedDict

from xpert_pipeline.tables.about import About

MARKETPLACE = "marketplace_id"


@dataclass(frozen=True)
class Table:
    """One table of the pipeline.

    Attributes:
        name: Table name, also the Dagster asset key.
        row: TypedDict whose annotations are the columns that a source may fill, without the standard columns;
            `columns_of` reads their descriptions.
        key: Natural key without `seller_id`; the unique index consists of `seller_id` and these columns.
        day: Column of the marketplace-local business day, which is the partition's date; None for snapshots.
        version: Column that orders the states of one record in time: a newer state wins, an older one is ignored.
        replaced_by: Columns that identify the set to which a row belongs, such as the order of a line. A load that read
            a whole set replaces it; any other load changes only the rows that it contains and deletes nothing.
        about: Description of the table as a whole.
    """

    name: str
    row: type
    key: tuple[str, ...]
    day: str | None
    version: str | None = None
    replaced_by: tuple[str, ...] | None = None
    about: About | None = None

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """All source columns, in the row type's order."""
        return tuple(self.row.__annotations__)

    @property
    def set_columns(self) -> tuple[str, ...]:
        """The columns that identify a set of rows: `replaced_by`, or else the marketplace."""
        return self.replaced_by or (MARKETPLACE,)

    @property
    def validator(self) -> TypeAdapter:
        """Validates a list of rows; each error has the index of its row."""
        return _validator(self.row, self.columns)

    def validator_of(self, columns: tuple[str, ...]) -> TypeAdapter:
        """Return a validator for rows with only these columns, for a source that cannot fill the others."""
        return _validator(self.row, columns)


@cache
def _validator(row: type, columns: tuple[str, ...]) -> TypeAdapter:
    """Build each validator once per process, because building one takes as long as checking thousands of rows."""
    types = {name: row.__annotations__[name] for name in columns}
    carried: Any = TypedDict(row.__name__, types)  # type: ignore[misc]
    return TypeAdapter(list[carried])
