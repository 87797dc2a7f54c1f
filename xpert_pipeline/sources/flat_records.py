"""What a flat file tells of a row: which columns of the table it carries, and which lines cannot be trusted.

A column that a file lacks is not an empty one: the load leaves what the table knows of it.
"""

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any

from xpert_pipeline.sources.collect import Carried, Row, Unfit
from xpert_pipeline.sources.run import Market
from xpert_pipeline.spapi.documents.flat_files import is_ragged
from xpert_pipeline.tables.columns import columns_of
from xpert_pipeline.tables.contract import MARKETPLACE, Table

RAGGED = "the line does not have as many cells as the header"


def carried(columns: Mapping[str, Sequence[str]], came: Collection[str]) -> Carried:
    """Return the columns of a table that a file fills.

    Args:
        columns: For each column of the table, the columns of the file that it is read from, the best one first. The
            others stand in for it and may say nothing of some rows; then the known value stays. A column that is read
            from none is always filled.
        came: The columns that the file has.
    """
    filled = {column: next((cell for cell in cells if cell in came), None) for column, cells in columns.items()}
    names = tuple(column for column, cells in columns.items() if not cells or filled[column] is not None)
    return Carried(names, frozenset(name for name in names if columns[name] and filled[name] != columns[name][0]))


@cache
def cells_by_path(table: Table) -> Mapping[str, tuple[str, ...]]:
    """The column of a file that each column of a table is read from, by its path (`At`)."""
    return {column.name: (column.at.path,) if column.at else () for column in columns_of(table.row)}


def check_line(line: Mapping[str, Any], table: Table, market: Market) -> None:
    """Reject a line that has more or fewer cells than the header.

    Raises:
        Unfit: It names the rows that the line may be about, because one of its cells is likely the key.
    """
    if not is_ragged(line):
        return
    (*_, last), count = table.key, len(table.key)
    may_be: list[Row] | None = None
    if table.key[0] == MARKETPLACE and count == len((MARKETPLACE, last)):
        cells = [cell for value in line.values() if value for cell in str(value).split("\t")]
        may_be = [{MARKETPLACE: market.id, last: cell} for cell in cells]
    raise Unfit(RAGGED, may_be=may_be)
