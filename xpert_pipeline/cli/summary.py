"""What a sync did, per seller and table, read from the ledger and the run's events."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import dagster as dg
from psycopg_pool import ConnectionPool
from rich.console import Console
from rich.table import Table as Grid

from xpert_pipeline.postgres.pool import tenant
from xpert_pipeline.postgres.sellers import Seller

LEDGER = """
select coalesce(sum(fetched), 0), coalesce(sum(inserted), 0), coalesce(sum(updated), 0), coalesce(sum(unchanged), 0),
       coalesce(sum(deleted), 0), coalesce(sum(rejected), 0),
       (select max(newest_day) from loads where seller_id = %(seller)s and table_name = %(table)s),
       coalesce(sum(calls), 0), coalesce(sum(waited_seconds), 0),
       coalesce(sum(extract(epoch from finished_at - started_at)), 0)
  from loads where seller_id = %(seller)s and run_id = %(run)s and table_name = %(table)s
"""


@dataclass(frozen=True)
class TableOutcome:
    """One line of the result: a table of a seller."""

    seller: str
    table: str
    fetched: int
    inserted: int
    updated: int
    unchanged: int
    deleted: int
    rejected: int
    newest: date | None
    calls: int
    waited_seconds: float
    seconds: float
    state: str

    def as_json(self) -> dict[str, Any]:
        """The line as contracts promise it."""
        return {**asdict(self), "newest": self.newest and self.newest.isoformat()}


def outcomes(
    pool: ConnectionPool, instance: dg.DagsterInstance, run_id: str, seller: Seller, tables: Sequence[str]
) -> list[TableOutcome]:
    """One outcome per table of a finished run."""
    states = _states(instance, run_id)
    found = []
    with tenant(pool, seller.id) as connection:
        for table in tables:
            row = connection.execute(LEDGER, {"seller": seller.id, "run": run_id, "table": table}).fetchone()
            assert row is not None
            fetched, inserted, updated, unchanged, deleted, rejected, newest, calls, waited, seconds = row
            found.append(
                TableOutcome(
                    seller=seller.amazon_seller_id,
                    table=table,
                    fetched=int(fetched),
                    inserted=int(inserted),
                    updated=int(updated),
                    unchanged=int(unchanged),
                    deleted=int(deleted),
                    rejected=int(rejected),
                    newest=newest,
                    calls=int(calls),
                    waited_seconds=round(float(waited), 1),
                    seconds=round(float(seconds), 1),
                    state=states.get(table, "skipped"),
                )
            )
    return found


def show(console: Console, results: Sequence[TableOutcome]) -> None:
    """Print one line per table."""
    many = len({result.seller for result in results}) > 1
    grid = Grid(box=None, pad_edge=False, header_style="bold")
    names = (*(("seller",) if many else ()), "table", "state", "fetched", "inserted", "updated", "unchanged", "deleted")
    for name in (*names, "rejected", "newest day", "calls", "waited s", "seconds"):
        grid.add_column(name, justify="left" if name in ("seller", "table", "state") else "right", no_wrap=True)
    for result in results:
        numbers = (result.fetched, result.inserted, result.updated, result.unchanged, result.deleted, result.rejected)
        grid.add_row(
            *((result.seller,) if many else ()),
            result.table,
            result.state,
            *(f"{number:,}" for number in numbers),
            result.newest.isoformat() if result.newest else "-",
            f"{result.calls:,}",
            f"{result.waited_seconds:.1f}",
            f"{result.seconds:.1f}",
        )
    console.print(grid)


def overall(states: set[str]) -> str:
    """One word for the states of a table's partitions: the best of them, or incomplete if one with rows lacks some."""
    if states >= {"skipped", "ok"}:
        return "incomplete"
    return max(states, key=("not_granted", "no_history", "empty", "skipped", "ok", "incomplete").index)


def _states(instance: dg.DagsterInstance, run_id: str) -> dict[str, str]:
    """State of each table, over its partitions; failed if its step failed."""
    told: dict[str, set[str]] = {}
    for entry in instance.all_logs(run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION):
        materialization = entry.asset_materialization
        if materialization and (said := materialization.metadata.get("state")):
            told.setdefault(materialization.asset_key.to_user_string(), set()).add(str(said.value))
    states = {table: overall(said) for table, said in told.items()}
    planned = instance.all_logs(run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED)
    failed = {entry.step_key for entry in instance.all_logs(run_id, of_type=dg.DagsterEventType.STEP_FAILURE)}
    for entry in planned:
        key = entry.dagster_event.asset_key if entry.dagster_event else None
        if key and entry.step_key in failed:
            states[key.to_user_string()] = "failed"
    return states
