"""The ledger of loads: what has been asked for and what came of it, one row per load and table.

Rows are written by `loading` and `derive` in the transaction of the data; `coverage` tells what they cover.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from psycopg import Connection

from xpert_pipeline.postgres.plain_json import dump_json
from xpert_pipeline.postgres.pool import Pool, tenant

INSERT = """
insert into loads (load_id, table_name, seller_id, source, window_kind, window_start, window_end, run_id,
                   fetched, inserted, updated, unchanged, deleted, rejected,
                   partitions, calls, waited_seconds, waits, newest_day, started_at, details)
values (%(load_id)s, %(table_name)s, %(seller_id)s, %(source)s, %(window_kind)s, %(window_start)s, %(window_end)s,
        %(run_id)s, %(fetched)s, %(inserted)s, %(updated)s, %(unchanged)s, %(deleted)s, %(rejected)s,
        %(partitions)s::jsonb, %(calls)s, %(waited_seconds)s, %(waits)s::jsonb, %(newest_day)s,
        %(started_at)s, %(details)s::jsonb)
"""


Waits = Mapping[str, Mapping[str, float]]
"""What was asked of Amazon and waited for, by operation: {"searchOrders": {"calls": 12, "waited_seconds": 34.5}}."""


@dataclass(frozen=True)
class LoadWindow:
    """What was asked for: a half-open window of time, in the sense that `kind` names."""

    kind: Literal["created", "updated", "snapshot", "derived"]
    start: datetime
    end: datetime


@dataclass
class LoadCounts:
    """What came of a load. fetched = inserted + updated + unchanged + rejected; deleted rows are beside them."""

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


@dataclass
class LedgerEntry:
    """One row of `loads`."""

    load_id: UUID
    table_name: str
    seller_id: UUID
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
    """The sum of counts."""
    result = LoadCounts()
    for part in counts:
        result.add(part)
    return result


def write_entry(conn: Connection, entry: LedgerEntry) -> None:
    """Insert the row; part of the load's transaction."""
    partitions = {day.isoformat(): asdict(counts) for day, counts in sorted(entry.by_day.items())}
    conn.execute(
        INSERT,
        {
            "load_id": entry.load_id,
            "table_name": entry.table_name,
            "seller_id": entry.seller_id,
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
    """The counts of a load by table if it is in the ledger: a COMMIT whose reply was lost."""
    rows = conn.execute(
        "select table_name, fetched, inserted, updated, unchanged, deleted, rejected from loads where load_id = %s",
        [load_id],
    ).fetchall()
    return {table: LoadCounts(*numbers) for table, *numbers in rows} or None


def run_counts(pool: Pool, seller_id: UUID, run_id: str, table: str) -> dict[date, dict[str, int]]:
    """Counts of a run's loads of a table, by business day."""
    with tenant(pool, seller_id) as conn:
        rows = conn.execute(
            "select partitions from loads where seller_id = %s and run_id = %s and table_name = %s",
            [seller_id, run_id, table],
        ).fetchall()
    found: dict[date, LoadCounts] = {}
    for (partitions,) in rows:
        for day, numbers in partitions.items():
            found.setdefault(date.fromisoformat(day), LoadCounts()).add(LoadCounts(**numbers))
    return {day: asdict(counts) for day, counts in sorted(found.items())}
