"""The ledger of loads: what was requested and what was loaded, one row per load, table and marketplace.

`loading` and `derive` write the rows in the transaction of the data; `coverage` reads what the rows cover.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from psycopg import Connection

from xpert_pipeline.postgres.plain_json import dump_json
from xpert_pipeline.postgres.pool import Pool, tenant
from xpert_pipeline.postgres.target import RowCounts

INSERT = """
insert into loads (load_id, table_name, seller_id, marketplace_id, source,
                   window_kind, window_start, window_end, run_id,
                   fetched, inserted, updated, unchanged, deleted, rejected,
                   partitions, calls, waited_seconds, waits, newest_day, started_at, details)
values (%(load_id)s, %(table_name)s, %(seller_id)s, %(marketplace_id)s, %(source)s,
        %(window_kind)s, %(window_start)s, %(window_end)s, %(run_id)s,
        %(fetched)s, %(inserted)s, %(updated)s, %(unchanged)s, %(deleted)s, %(rejected)s,
        %(partitions)s::jsonb, %(calls)s, %(waited_seconds)s, %(waits)s::jsonb, %(newest_day)s,
        %(started_at)s, %(details)s::jsonb)
"""
COMMITTED = """
select table_name, sum(fetched)::bigint, sum(inserted)::bigint, sum(updated)::bigint, sum(unchanged)::bigint,
       sum(deleted)::bigint, sum(rejected)::bigint
from loads where load_id = %s group by table_name
"""
RUN_COUNTS = """
select marketplace_id, partitions from loads
where seller_id = %s and run_id = %s and table_name = %s
order by marketplace_id
"""


Waits = Mapping[str, Mapping[str, float]]
"""Calls and seconds waited for quota, by operation: {"searchOrders": {"calls": 12, "waited_seconds": 34.5}}."""


@dataclass(frozen=True)
class LoadWindow:
    """The half-open time window that a load requested; `kind` says which time of the records it filters by."""

    kind: Literal["created", "updated", "snapshot", "partial", "derived"]
    start: datetime
    end: datetime


@dataclass
class LoadCounts:
    """The counts of a load: fetched = inserted + updated + unchanged + rejected; deleted rows are separate."""

    fetched: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    deleted: int = 0
    rejected: int = 0

    def add(self, other: "LoadCounts") -> None:
        """Add another load's numbers to these."""
        for name in COUNTS:
            setattr(self, name, getattr(self, name) + getattr(other, name))


COUNTS = tuple(column.name for column in fields(LoadCounts))
CountsByDay = dict[date, LoadCounts]


@dataclass
class LedgerEntry:
    """One row of `loads`."""

    load_id: UUID
    table_name: str
    seller_id: UUID
    marketplace_id: str
    source: str
    window: LoadWindow
    run_id: str
    by_day: Mapping[date, LoadCounts]
    started_at: datetime
    newest_day: date | None = None
    waits: Waits = field(default_factory=dict)
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def counts(self) -> LoadCounts:
        """The sum over all days."""
        return total(self.by_day.values())


def total(counts: Iterable[LoadCounts]) -> LoadCounts:
    """Add counts up."""
    result = LoadCounts()
    for part in counts:
        result.add(part)
    return result


def counts_by_marketplace(
    partitions: Mapping[str, Sequence[date]],
    staged: RowCounts,
    inserted: RowCounts,
    updated: RowCounts,
    deleted: RowCounts,
) -> dict[str, CountsByDay]:
    """Combine counts of rows into counts by marketplace and partition.

    Rows of other days, and rows without a day, count for the marketplace's last partition.

    Args:
        partitions: The run's days by marketplace.
        staged: Rows that arrived; like the other three, by marketplace and business day.
        inserted: New rows.
        updated: Changed rows.
        deleted: Deleted rows.

    Raises:
        ValueError: There are rows of a marketplace without partitions.
    """
    counts = {marketplace_id: {day: LoadCounts() for day in days} for marketplace_id, days in partitions.items()}
    for marketplace_id, day in {*staged, *inserted, *updated, *deleted}:
        if marketplace_id not in counts:
            raise ValueError(f"rows of marketplace {marketplace_id} arrived, but the load is for {', '.join(counts)}")
        place = marketplace_id, day
        fetched, new, changed = staged.get(place, 0), inserted.get(place, 0), updated.get(place, 0)
        by_day = counts[marketplace_id]
        by_day[day if day is not None and day in by_day else max(by_day)].add(
            LoadCounts(fetched, new, changed, fetched - new - changed, deleted.get(place, 0))
        )
    return counts


def newest_days(staged: RowCounts) -> dict[str, date]:
    """Return the newest business day among the rows of each marketplace."""
    newest: dict[str, date] = {}
    for marketplace_id, day in staged:
        if day is not None:
            newest[marketplace_id] = max(day, newest.get(marketplace_id, day))
    return newest


def write_entry(conn: Connection, entry: LedgerEntry) -> None:
    """Insert the row, in the load's transaction."""
    partitions = {day.isoformat(): asdict(counts) for day, counts in sorted(entry.by_day.items())}
    conn.execute(
        INSERT,
        {
            "load_id": entry.load_id,
            "table_name": entry.table_name,
            "seller_id": entry.seller_id,
            "marketplace_id": entry.marketplace_id,
            "source": entry.source,
            "window_kind": entry.window.kind,
            "window_start": entry.window.start,
            "window_end": entry.window.end,
            "run_id": entry.run_id,
            **asdict(entry.counts),
            "partitions": dump_json(partitions),
            "calls": sum(int(spent["calls"]) for spent in entry.waits.values()),
            "waited_seconds": round(sum(spent["waited_seconds"] for spent in entry.waits.values()), 3),
            "waits": dump_json(entry.waits),
            "newest_day": entry.newest_day,
            "started_at": entry.started_at,
            "details": dump_json(entry.details),
        },
    )


def committed(conn: Connection, load_id: UUID) -> dict[str, LoadCounts] | None:
    """Return a load's counts by table if the ledger has it: its COMMIT succeeded, but the reply was lost."""
    rows = conn.execute(COMMITTED, [load_id]).fetchall()
    return {table: LoadCounts(*numbers) for table, *numbers in rows} or None


def run_counts(pool: Pool, seller_id: UUID, run_id: str, table: str) -> dict[str, dict[date, dict[str, int]]]:
    """Return the counts of a run's loads of a table, by marketplace and then by its business day."""
    with tenant(pool, seller_id) as conn:
        rows = conn.execute(RUN_COUNTS, [seller_id, run_id, table]).fetchall()
    by_marketplace: dict[str, CountsByDay] = {}
    for marketplace_id, partitions in rows:
        days = by_marketplace.setdefault(marketplace_id, {})
        for day, numbers in partitions.items():
            days.setdefault(date.fromisoformat(day), LoadCounts()).add(LoadCounts(**numbers))
    return {marketplace_id: _as_numbers(days) for marketplace_id, days in by_marketplace.items()}


def _as_numbers(days: CountsByDay) -> dict[date, dict[str, int]]:
    return {day: asdict(counts) for day, counts in sorted(days.items())}
