"""Finds what the ledger holds and `fact_stream` lacks: loads of runs that were killed before they reported them.

A load is committed before its run reports it to Dagster, so a killed run may leave loads without an event. Once a run
has ended, what its loads exceed its rows in `fact_stream` by is written there, from the ledger.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import dagster as dg
from psycopg import Connection

from xpert_pipeline.postgres.pool import Pool, operator

CURSOR = "ledger"
SETTLED = timedelta(hours=1)
"""Older loads are committed and visible. A run that Dagster does not know has ended if it has loaded nothing since."""
LOOKED_UP = 500
"""Runs that are looked up at a time."""
NAMES = ["fetched", "inserted", "updated", "unchanged", "deleted", "rejected"]

RUNS = """
select run_id, min(finished_at), max(finished_at) from loads
where seller_id = %s and finished_at >= %s and not details ? 'compacted' group by run_id
"""
GAPS = """
with ledger as (
  select run_id, table_name, day, name, sum(number::bigint) as loaded, max(finished_at) as finished_at,
         count(distinct load_id) as loads, max(finished_at - started_at) as duration
  from loads, jsonb_each(partitions) as days (day, counts), jsonb_each_text(counts) as numbers (name, number)
  where seller_id = %(seller)s and run_id = any(%(runs)s) and not details ? 'compacted'
  group by run_id, table_name, day, name
),
logged as (
  select data ->> 'run_id' as run_id, data ->> 'table' as table_name, data ->> 'partition_date' as day, name,
         sum(coalesce((data ->> name)::bigint, 0)) as logged
  from fact_stream, unnest(%(names)s::text[]) as name
  where seller_id = %(seller)s and data ->> 'run_id' = any(%(runs)s) and data ? 'partition_date'
  group by 1, 2, 3, 4
)
select run_id, table_name, day, jsonb_object_agg(name, greatest(loaded - coalesce(logged, 0), 0)), max(loads),
       max(finished_at), max(round(extract(epoch from duration) * 1000))::bigint
from ledger left join logged using (run_id, table_name, day, name)
group by run_id, table_name, day
having bool_or(loaded > coalesce(logged, 0))
order by run_id, table_name, day
"""
COUNTED = """
select day, jsonb_object_agg(name, number), max(duration) from (
  select day, name, sum(count::bigint) as number,
         max(round(extract(epoch from finished_at - started_at) * 1000))::bigint as duration
  from loads, jsonb_each(partitions) as days (day, counts), jsonb_each_text(counts) as numbers (name, count)
  where seller_id = %s and run_id = %s and table_name = %s
  group by day, name
) as summed group by day
"""
LOGGED = """
select day, jsonb_object_agg(name, logged) from (
  select data ->> 'partition_date' as day, name, sum(coalesce((data ->> name)::bigint, 0))::bigint as logged
  from fact_stream, unnest(%s::text[]) as name
  where seller_id = %s and data ->> 'run_id' = %s and data ->> 'table' = %s and data ? 'partition_date'
  group by 1, 2
) as summed group by day
"""


@dataclass(frozen=True)
class Gap:
    """Counts of a run's loads of a table and day that `fact_stream` lacks.

    Attributes:
        run_id: The run.
        table: The table.
        day: The day of the partition.
        counts: By name, such as `fetched`.
        loads: Number of loads in the ledger for it.
        at: When the last of them was committed.
        duration_ms: How long the longest of them took.
    """

    run_id: str
    table: str
    day: date
    counts: Mapping[str, int]
    loads: int
    at: datetime
    duration_ms: int | None


@dataclass(frozen=True)
class EndedRuns:
    """The runs that have loaded something lately and have ended, by seller, and how far the ledger is settled then."""

    by_seller: Mapping[UUID, list[str]]
    settled_until: datetime


def find_ended_runs(instance: dg.DagsterInstance, pool: Pool) -> EndedRuns:
    """Return the ended runs whose loads may be missing. Call it before their events are read, to get them all."""
    loaded: dict[tuple[UUID, str], tuple[datetime, datetime]] = {}
    with operator(pool) as connection:
        row = connection.execute("select cursor from fact_cursor where name = %s", (CURSOR,)).fetchone()
        since = row[0] if row else "-infinity"
        (now,) = connection.execute("select now()").fetchone() or (None,)
        assert now is not None
        for (seller_id,) in connection.execute("select id from sellers").fetchall():
            _act_for(connection, seller_id)
            for run_id, first, last in connection.execute(RUNS, (seller_id, since)).fetchall():
                loaded[seller_id, run_id] = first, last
    running = _unfinished(instance, {run_id: last for (_, run_id), (_, last) in loaded.items()}, now - SETTLED)
    by_seller: dict[UUID, list[str]] = {}
    for seller_id, run_id in loaded:
        if run_id not in running:
            by_seller.setdefault(seller_id, []).append(run_id)
    begun = [first for (_, run_id), (first, _) in loaded.items() if run_id in running]
    return EndedRuns(by_seller, min([*begun, now - SETTLED]))


def find_gaps(connection: Connection, ended: EndedRuns) -> Iterator[tuple[UUID, list[Gap]]]:
    """Yield the gaps of each seller that has any; the transaction then acts for that seller."""
    for seller_id, runs in ended.by_seller.items():
        _act_for(connection, seller_id)
        rows = connection.execute(GAPS, {"seller": seller_id, "runs": runs, "names": NAMES}).fetchall()
        if rows:
            yield seller_id, [Gap(run, table, date.fromisoformat(day), *rest) for run, table, day, *rest in rows]


def move_cursor(connection: Connection, ended: EndedRuns) -> None:
    """Remember, in the transaction that writes the gaps, that all older loads are in `fact_stream`."""
    connection.execute(
        "insert into fact_cursor (name, cursor) values (%s, %s)"
        " on conflict (name) do update set cursor = excluded.cursor, updated_at = now()",
        (CURSOR, ended.settled_until.isoformat()),
    )


def unreported_counts(connection: Connection, seller_id: UUID, run_id: str, table: str) -> dict[date, dict[str, Any]]:
    """Return by day what a run has loaded into a table and `fact_stream` does not hold yet."""
    logged: dict[str, dict[str, int]] = dict(connection.execute(LOGGED, (NAMES, seller_id, run_id, table)).fetchall())
    counts: dict[date, dict[str, Any]] = {}
    for day, numbers, duration in connection.execute(COUNTED, (seller_id, run_id, table)).fetchall():
        known = logged.get(day, {})
        left = {name: max(number - known.get(name, 0), 0) for name, number in numbers.items()}
        counts[date.fromisoformat(day)] = {**left, "duration_ms": duration}
    return counts


def _unfinished(instance: dg.DagsterInstance, last_loads: Mapping[str, datetime], settled: datetime) -> set[str]:
    """Return the runs that have not ended, or may not have."""
    found: dict[str, dg.DagsterRun] = {}
    ids = list(last_loads)
    for start in range(0, len(ids), LOOKED_UP):
        some = instance.get_runs(dg.RunsFilter(run_ids=ids[start : start + LOOKED_UP]))
        found.update((run.run_id, run) for run in some)
    return {
        run_id
        for run_id, last in last_loads.items()
        if (not found[run_id].is_finished if run_id in found else last > settled)
    }


def _act_for(connection: Connection, seller_id: UUID) -> None:
    connection.execute("select set_config('app.seller_id', %s, true)", (str(seller_id),))
