"""The pipeline's sources as branches of `token_bound`, and what the ledger says about their loads.

Everything comes from the list of sources, so a new table of a known kind is measured by itself. A source of an unknown
kind is refused: without its stages the bound would be wrong, and nobody would notice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from benchmarks.token_bound import Branch
from xpert_pipeline.sources.changes import ChangeFeed
from xpert_pipeline.sources.listed_report import ListedReports
from xpert_pipeline.sources.lookup import BatchLookup
from xpert_pipeline.sources.snapshot import Snapshot
from xpert_pipeline.sources.source import Source
from xpert_pipeline.sources.windowed import WindowedJobs

COUNTS = ("getOrderMetrics",)
"""Operations that count the records of a change feed before its source is chosen. Declarations do not name them."""
LOADS = """
select table_name, load_id::text, source, sum(fetched), bool_or(details -> 'report' ->> 'id' is not null)
  from loads
 group by table_name, load_id, source
 order by min(started_at), load_id
"""
"""One row per load and table, for all marketplaces together. A load may request a report and then read pages."""


@dataclass(frozen=True)
class Loads:
    """The loads of one sync.

    Attributes:
        reports: Rows of each report or query that the sync waited for, by branch.
        sources: The source of each load, in order.
    """

    reports: dict[str, list[int]]
    sources: tuple[str, ...]


def branches_of(sources: Sequence[Source]) -> list[Branch]:
    """The branches of all sources that ask Amazon for something.

    Raises:
        LookupError: A source is of a kind that the bound does not know.
    """
    return [_branch(source) for source in sources if not source.is_derived]


def read_loads(dsn: str, sources: Sequence[Source]) -> Loads:
    """Read the loads of a database that has seen one sync.

    Raises:
        LookupError: The ledger names a table that no source fills.
    """
    with psycopg.connect(dsn) as connection:
        return loads_of(connection.execute(LOADS).fetchall(), sources)


def loads_of(rows: Sequence[Sequence[Any]], sources: Sequence[Source]) -> Loads:
    """The loads from rows of `LOADS`. A load with several tables has as many rows as its largest table.

    Raises:
        LookupError: A row names a table that no source fills.
    """
    filled_by = {table.name: source for source in sources for table in source.tables}
    if unknown := {row[0] for row in rows} - filled_by.keys():
        raise LookupError(f"no source in assets/registry.py fills {', '.join(sorted(unknown))}")
    loads: dict[str, _Load] = {}
    for table, load_id, name, count, has_report in rows:
        source = filled_by[table]
        if source.is_derived:
            continue
        load = loads.setdefault(load_id, _Load(source.tables[0].name, name))
        load.rows = max(load.rows, int(count))
        load.is_made |= has_report or (name not in source.operations and not isinstance(source, ListedReports))
    reports: dict[str, list[int]] = {}
    for load in loads.values():
        if load.is_made:
            reports.setdefault(load.branch, []).append(load.rows)
    return Loads(reports, tuple(load.source for load in loads.values()))


@dataclass
class _Load:
    """One load: its branch, its source, the rows of its largest table, and whether Amazon prepared a report for it."""

    branch: str
    source: str
    rows: int = 0
    is_made: bool = False


def _branch(source: Source) -> Branch:
    name = source.tables[0].name
    if isinstance(source, Snapshot):
        return Branch(name, pages=source.operations, made_by="createReport" if source.bulk else "")
    if isinstance(source, ChangeFeed):
        counts = COUNTS if source.feed.count_created else ()
        made_by = "createReport" if source.feed.bulk else ""
        return Branch(name, counts, pages=(source.feed.operation,), made_by=made_by)
    if isinstance(source, WindowedJobs):
        return Branch(name, made_by=source.create)
    if isinstance(source, BatchLookup):
        return Branch(name, pages=source.operations)
    if isinstance(source, ListedReports):  # Amazon made the reports long ago
        listing, *downloads = source.operations
        return Branch(name, (listing,), tuple(downloads))
    raise LookupError(
        f"the bound does not know sources like {name} ({type(source).__name__}): add the kind to benchmarks/branches.py"
    )
