"""What a table promises: its row type, natural key, day column and how states of one record are ordered.

Loading, derived checks and contract tests are generated from `Table`; nothing here reads or writes a database.
"""

from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from pydantic import TypeAdapter
from typing_extensions import TypedDict


@dataclass(frozen=True)
class Table:
    """One table of the pipeline.

    Attributes:
        name: Table name, also the Dagster asset key.
        row: TypedDict whose annotations are the columns that a source may fill (standard columns aside).
        key: Natural key beside `seller_id`; a unique index starts with `seller_id` and holds these.
        day: Column of the marketplace-local business day, which is the partition's date; None for snapshots.
        version: Column that orders the states of one record in time: a newer state wins, an older is ignored.
        parent: Columns that name the set a row belongs to; such sets are replaced as a whole.
    """

    name: str
    row: type
    key: tuple[str, ...]
    day: str | None
    version: str | None = None
    parent: tuple[str, ...] | None = None

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """All source columns, in the row type's order."""
        return tuple(self.row.__annotations__)

    @property
    def validator(self) -> TypeAdapter:
        """Validates a list of rows; errors carry the index of the row at fault."""
        return _validator(self.row, self.columns)

    def validator_of(self, columns: tuple[str, ...]) -> TypeAdapter:
        """Validates a list of rows of these columns alone, as a source carries them that cannot fill the others."""
        return _validator(self.row, columns)


@cache
def _validator(row: type, columns: tuple[str, ...]) -> TypeAdapter:
    """Made once a process: to make one takes as long as to check thousands of rows."""
    types = {name: row.__annotations__[name] for name in columns}
    carried: Any = TypedDict(row.__name__, types)  # type: ignore[misc]
    return TypeAdapter(list[carried])
