"""Copies Dagster's events into `fact_stream`, exactly once: one row per materialization and partition, one per failure.

The counts of a row are what the ledger holds for its run, table and day and no earlier row has. Loads that their run
never reported get a row from the ledger (`fact_gaps`). So the sums of `fact_stream` are those of `loads`, in whatever
order events, rows and kills come.

The cursor is a row of the target database, locked and moved in the transaction that writes the rows. Dagster assigns
event ids before it commits the events, so each call reads the last `OVERLAP` ids again; the unique `event_id` rejects
duplicates.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import dagster as dg
from psycopg import Connection
from psycopg.types.json import Jsonb

from xpert_pipeline.events import Event, read_events
from xpert_pipeline.fact_gaps import EndedRuns, Gap, find_ended_runs, find_gaps, move_cursor, unreported_counts
from xpert_pipeline.partitions import partition_key
from xpert_pipeline.postgres.plain_json import dump_json
from xpert_pipeline.postgres.pool import Pool, operator, tenant
from xpert_pipeline.postgres.sellers import Seller

CURSOR = "dagster"
OVERLAP = 5_000
IMPORTANCE = {"failed": 9, "not_granted": 8, "rejected": 7, "completed": 5, "empty": 3}
NEEDS_A_PERSON = ("ReauthRequired", "AppCredentialsRefused", "WrongRegion", "MigrationNeeded", "EncryptionKeyWrong")
TYPES = {"failed": "sync.failed", "not_granted": "sync.not_granted"}

INSERT = """
insert into fact_stream (event_id, partition_key, seller_id, marketplace_id, event_type, event_category, timestamp,
                         data, metadata, importance_score, requires_action)
values (%(event_id)s, %(partition_key)s, %(seller_id)s, %(marketplace_id)s, %(event_type)s, 'sync', %(timestamp)s,
        %(data)s, %(metadata)s, %(importance)s, %(requires_action)s)
on conflict (seller_id, event_id, partition_key) do nothing
"""

SELLER = """
select amazon_seller_id, case when cardinality(marketplace_ids) = 1 then marketplace_ids[1] end from sellers
"""
FROM_LEDGER = "the run ended before it reported this day; the counts are those of the ledger"


def collect_events(instance: dg.DagsterInstance, pool: Pool, assets: Sequence[str]) -> int:
    """Write every event that `fact_stream` does not contain yet.

    Args:
        instance: The Dagster instance whose event log is read.
        pool: The target database.
        assets: Names of the assets to follow.

    Returns:
        The number of rows written.
    """
    ended = find_ended_runs(instance, pool)
    with operator(pool) as connection:
        cursor = _cursor(connection)
    events = list(read_events(instance, assets, max(0, cursor - OVERLAP)))
    newest = max((event.storage_id for event in events), default=cursor)
    with operator(pool) as connection:
        cursor = _cursor(connection)
        written = _write(connection, events) + _close_gaps(connection, ended)
        _move_cursor(connection, max(cursor, newest))
    return written


def log_refusal(pool: Pool, seller: Seller, reason: str) -> None:
    """Record that a seller's sync could not start, and why; there is no run that could report it."""
    row = {
        "event_id": f"refusal:{uuid4()}",
        "partition_key": "",
        "seller_id": seller.id,
        "marketplace_id": seller.marketplace_ids[0] if len(seller.marketplace_ids) == 1 else None,
        "event_type": TYPES["failed"],
        "timestamp": datetime.now(UTC),
        "data": Jsonb({"table": None, "run_id": None, "error": reason, "state": "refused"}, dumps=dump_json),
        "metadata": Jsonb({}),
        "importance": IMPORTANCE["failed"],
        "requires_action": True,
    }
    with tenant(pool, seller.id) as connection:
        connection.execute(INSERT, row)


def _cursor(connection: Connection) -> int:
    """Return the cursor and lock its row until the transaction ends."""
    connection.execute("insert into fact_cursor (name, cursor) values (%s, '0') on conflict do nothing", (CURSOR,))
    row = connection.execute("select cursor from fact_cursor where name = %s for update", (CURSOR,)).fetchone()
    assert row is not None
    return int(row[0])


def _move_cursor(connection: Connection, newest: int) -> None:
    statement = "update fact_cursor set cursor = %s, updated_at = now() where name = %s"
    connection.execute(statement, (str(newest), CURSOR))


def _write(connection: Connection, events: Iterable[Event]) -> int:
    by_seller: dict[str, list[Event]] = {}
    for event in events:
        by_seller.setdefault(event.seller, []).append(event)
    written = 0
    for amazon_id, own_events in sorted(by_seller.items()):
        seller = connection.execute(
            "select id, case when cardinality(marketplace_ids) = 1 then marketplace_ids[1] end"
            " from sellers where amazon_seller_id = %s",
            (amazon_id,),
        ).fetchone()
        if seller is None:
            continue
        connection.execute("select set_config('app.seller_id', %s, true)", (str(seller[0]),))
        rows = list(_rows(connection, seller, _unknown(connection, own_events)))
        with connection.cursor() as cursor:
            cursor.executemany(INSERT, rows)
            written += max(cursor.rowcount, 0)
    return written


def _close_gaps(connection: Connection, ended: EndedRuns) -> int:
    """Write a row for each run, table and day with loads that no event reported."""
    written = 0
    for seller_id, gaps in find_gaps(connection, ended):
        amazon_id, marketplace_id = connection.execute(SELLER + " where id = %s", (seller_id,)).fetchone() or ("", None)
        with connection.cursor() as cursor:
            cursor.executemany(INSERT, [_row_of_gap(seller_id, amazon_id, marketplace_id, gap) for gap in gaps])
            written += max(cursor.rowcount, 0)
    move_cursor(connection, ended)
    return written


def _row_of_gap(seller_id: UUID, amazon_id: str, marketplace_id: str | None, gap: Gap) -> dict[str, Any]:
    data: dict[str, Any] = {"table": gap.table, "run_id": gap.run_id, "error": None, "state": "ok"}
    data |= {"reason": FROM_LEDGER, **_numbers({**gap.counts, "duration_ms": gap.duration_ms}, gap.day)}
    kind = "rejected" if data["rejected"] else "completed"
    return {
        "event_id": f"ledger:{gap.run_id}:{gap.table}:{gap.loads}",
        "partition_key": partition_key(gap.day, amazon_id),
        "seller_id": seller_id,
        "marketplace_id": marketplace_id,
        "event_type": "sync.completed",
        "timestamp": gap.at,
        "data": Jsonb(data, dumps=dump_json),
        "metadata": Jsonb({"origin": "ledger", "partition_date": gap.day.isoformat()}),
        "importance": IMPORTANCE[kind],
        "requires_action": kind == "rejected",
    }


def _unknown(connection: Connection, events: list[Event]) -> list[Event]:
    rows = connection.execute(
        "select event_id, partition_key from fact_stream where event_id = any(%s)", ([e.event_id for e in events],)
    )
    known = set(rows.fetchall())
    return [event for event in events if (event.event_id, event.partition_key) not in known]


def _rows(connection: Connection, seller: tuple[UUID, str | None], events: list[Event]) -> Iterator[dict[str, Any]]:
    seller_id, marketplace_id = seller
    counts: dict[tuple[str, str], dict[date, dict[str, Any]]] = {}
    for event in events:
        error = event.error or event.reason
        data: dict[str, Any] = {"table": event.table, "run_id": event.run_id, "error": error, "state": event.state}
        if event.states_by_marketplace:
            data["states_by_marketplace"] = event.states_by_marketplace
        if event.tables:
            data["tables"] = list(event.tables)
        if event.day and event.table:
            key = (event.run_id, event.table)
            if key not in counts:
                counts[key] = unreported_counts(connection, seller_id, *key)
            data |= _numbers(counts[key].pop(event.day, {}), event.day)
        kind = _kind(event, data)
        yield {
            "event_id": event.event_id,
            "partition_key": event.partition_key,
            "seller_id": seller_id,
            "marketplace_id": marketplace_id,
            "event_type": TYPES.get(kind, "sync.completed"),
            "timestamp": event.at,
            "data": Jsonb(data, dumps=dump_json),
            "metadata": Jsonb({"storage_id": event.storage_id, "partition_date": event.day and event.day.isoformat()}),
            "importance": IMPORTANCE[kind],
            "requires_action": kind in ("rejected", "not_granted")
            or any(name in (error or "") for name in NEEDS_A_PERSON),
        }


def _numbers(counts: dict[str, Any], day: date) -> dict[str, Any]:
    names = ("fetched", "inserted", "updated", "unchanged", "deleted", "rejected")
    numbers = {name: int(counts.get(name, 0)) for name in names}
    return {
        **numbers,
        "partition_date": day.isoformat(),
        "count": numbers["inserted"] + numbers["updated"] + numbers["unchanged"],
        "records_processed": numbers["fetched"],
        "duration": counts.get("duration_ms"),
    }


def _kind(event: Event, data: dict[str, Any]) -> str:
    if event.error:
        return "failed"
    if event.state == "not_granted":
        return event.state
    if data.get("rejected"):
        return "rejected"
    return "completed" if data.get("fetched") or data.get("count") else "empty"
