"""The result of a sync: what each table received, as lines for people or one JSON document, and the exit code."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

import click
import dagster as dg
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool
from rich.console import Console
from rich.table import Table as Grid

from xpert_pipeline.assets.registry import SOURCES
from xpert_pipeline.cli import sandbox_client
from xpert_pipeline.cli.errors import TABLE_FAILED
from xpert_pipeline.cli.terminal import fitted, grid_width
from xpert_pipeline.events import day_reports
from xpert_pipeline.postgres.pool import tenant
from xpert_pipeline.postgres.sellers import Seller
from xpert_pipeline.sources.outcome import overall
from xpert_pipeline.sources.roles import HOW_TO_GRANT, role_names
from xpert_pipeline.spapi.marketplaces import by_id

LEDGER = """
with ledger as (
  select *, run_id = %(run)s as is_of_run, extract(epoch from finished_at - started_at) as seconds
  from loads where seller_id = %(seller)s and table_name = %(table)s
)
select
  marketplace_id,
  coalesce(sum(fetched) filter (where is_of_run), 0)::bigint as fetched,
  coalesce(sum(inserted) filter (where is_of_run), 0)::bigint as inserted,
  coalesce(sum(updated) filter (where is_of_run), 0)::bigint as updated,
  coalesce(sum(unchanged) filter (where is_of_run), 0)::bigint as unchanged,
  coalesce(sum(deleted) filter (where is_of_run), 0)::bigint as deleted,
  coalesce(sum(rejected) filter (where is_of_run), 0)::bigint as rejected,
  max(newest_day) as newest,
  coalesce(sum(calls) filter (where is_of_run), 0)::bigint as calls,
  coalesce(round((sum(waited_seconds) filter (where is_of_run))::numeric, 1), 0)::float8 as waited_seconds,
  coalesce(round((sum(seconds) filter (where is_of_run))::numeric, 1), 0)::float8 as seconds
from ledger
group by marketplace_id
"""
COUNTS = ("fetched", "inserted", "updated", "unchanged", "deleted", "rejected")
NOTHING = {**dict.fromkeys(COUNTS, 0), "newest": None, "calls": 0, "waited_seconds": 0.0, "seconds": 0.0}
"""The ledger of a table that was never loaded."""
LEAST_IMPORTANT = ("seconds", "waited s", "calls", "unchanged", "deleted", "updated", "inserted")
"""Columns that a narrow terminal leaves out, in this order."""


@dataclass(frozen=True)
class TableResult:
    """What one table received for one marketplace of a seller.

    Attributes:
        seller: Amazon's id of the seller.
        table: The table.
        marketplace: Amazon's id of the marketplace; None for a seller that has only one.
        fetched: Records that arrived: inserted + updated + unchanged + rejected.
        inserted: New rows.
        updated: Changed rows.
        unchanged: Rows that were already the same.
        deleted: Deleted rows.
        rejected: Records in quarantine.
        newest: The newest business day that was ever loaded.
        calls: Requests to Amazon. Requests for several tables or marketplaces count for the first of them.
        waited_seconds: Seconds waited for quota, counted in the same way.
        seconds: Seconds from the first request to the end of the load, added up over the loads.
        state: ok, up_to_date, empty, failed, incomplete, skipped, not_granted or no_history.
    """

    seller: str
    table: str
    marketplace: str | None
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
        """Return the entry for `--json`; `marketplace` is in it only where the seller has several."""
        entry = {**asdict(self), "newest": self.newest and self.newest.isoformat()}
        if self.marketplace is None:
            del entry["marketplace"]
        return entry


@dataclass(frozen=True)
class RunResult:
    """What the run of one seller did.

    Attributes:
        tables: Each table in each marketplace.
        errors: Why steps failed.
        notes: Why steps that did not fail could not load everything.
    """

    tables: list[TableResult]
    errors: list[str]
    notes: list[str] = field(default_factory=list)


def table_results(
    pool: ConnectionPool, instance: dg.DagsterInstance, run_id: str, seller: Seller, tables: Sequence[str]
) -> list[TableResult]:
    """Read what a finished run did, from the ledger and from Dagster's events: one result per table and marketplace."""
    states = _states(instance, run_id, seller)
    is_alone = len(seller.marketplace_ids) == 1
    results = []
    with tenant(pool, seller.id) as connection, connection.cursor(row_factory=dict_row) as cursor:
        for table in tables:
            rows = cursor.execute(LEDGER, {"seller": seller.id, "run": run_id, "table": table}).fetchall()
            ledger = {row.pop("marketplace_id"): row for row in rows}
            results += [
                TableResult(
                    seller=seller.amazon_seller_id,
                    table=table,
                    marketplace=None if is_alone else marketplace_id,
                    **ledger.get(marketplace_id, NOTHING),
                    state=states.get((table, marketplace_id), "skipped"),
                )
                for marketplace_id in seller.marketplace_ids
            ]
    return results


def _states(instance: dg.DagsterInstance, run_id: str, seller: Seller) -> dict[tuple[str, str], str]:
    """The state of each table in each marketplace over all days of the run; failed if the table's step failed."""
    by_day: dict[tuple[str, str], set[str]] = {}
    for told in day_reports(instance, run_id):
        for marketplace_id, state in _states_of_day(told, seller).items():
            by_day.setdefault((told.asset_key.to_user_string(), marketplace_id), set()).add(state)
    states = {place: overall(seen) for place, seen in by_day.items()}
    planned = instance.all_logs(run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED)
    failed = {entry.step_key for entry in instance.all_logs(run_id, of_type=dg.DagsterEventType.STEP_FAILURE)}
    for entry in planned:
        key = entry.dagster_event.asset_key if entry.dagster_event else None
        if key and entry.step_key in failed:
            states |= {(key.to_user_string(), marketplace_id): "failed" for marketplace_id in seller.marketplace_ids}
    return states


def _states_of_day(told: dg.AssetMaterialization | dg.AssetObservation, seller: Seller) -> Mapping[str, str]:
    """The states of one partition by marketplace; a seller with one marketplace has only the partition's own state."""
    several = told.metadata.get("states_by_marketplace")
    if several is not None and isinstance(several.value, dict):
        return several.value
    return dict.fromkeys(seller.marketplace_ids, str(told.metadata["state"].value))


def print_result(
    runs: Sequence[RunResult],
    *,
    as_json: bool,
    allow_not_granted: bool = False,
    sandbox: dict[str, Any] | None = None,
    left_out: Sequence[str] = (),
) -> int:
    """Print what every table received and what went wrong.

    Args:
        runs: The runs, one per seller.
        as_json: Print one document instead of a table.
        allow_not_granted: Sources that Amazon does not grant are accepted.
        sandbox: The ready line of the sandbox that this command started, to add its statistics.
        left_out: Sellers whose sync could not start, with the reason.

    Returns:
        The exit code.
    """
    tables = [result for run in runs for result in run.tables]
    errors = [*left_out, *(error for run in runs for error in run.errors)]
    if as_json:
        document: dict[str, Any] = {"tables": [result.as_json() for result in tables]}
        if sandbox is not None:
            document["sandbox"] = sandbox_client.stats(sandbox)
        click.echo(json.dumps(document, default=str))
    else:
        show(Console(width=160 if not Console().is_terminal else None), tables)
    not_granted = _not_granted(tables)
    lines = [f"not loaded: {note}" for run in runs for note in run.notes]
    lines += [line if allow_not_granted else f"{line}; --allow-not-granted accepts this" for line in not_granted]
    lines += [f"failed: {error}" for error in errors]
    for line in lines:
        click.echo(fitted(line, indent=2, err=True), err=True)
    failed = errors or any(result.state == "failed" for result in tables)
    return TABLE_FAILED if failed or (not_granted and not allow_not_granted) else 0


def _not_granted(tables: Sequence[TableResult]) -> list[str]:
    """A line for each role that Amazon did not grant, with the tables and sellers that lack it, and what to do."""
    refused = [result for result in tables if result.state == "not_granted"]
    names: dict[str, list[str]] = {}
    for source in SOURCES:
        filled = {table.name for table in source.tables}
        if source.roles and any(result.table in filled for result in refused):
            names.setdefault(role_names(source), []).extend(table.name for table in source.tables)
    lines = []
    for role, lacking in names.items():
        sellers = sorted({result.seller for result in refused if result.table in lacking})
        lines.append(
            f"not granted: the role {role} to {', '.join(sellers)}, so {', '.join(lacking)} cannot be loaded: "
            f"{HOW_TO_GRANT}"
        )
    return lines


def show(console: Console, results: Sequence[TableResult]) -> None:
    """Print a row per table and marketplace; a narrow terminal leaves out the least important columns."""
    columns = _columns(results)
    for name in LEAST_IMPORTANT:
        if grid_width(columns) <= console.width:
            break
        del columns[name]
    grid = Grid(box=None, pad_edge=False, header_style="bold")
    for name in columns:
        grid.add_column(
            name, justify="left" if name in ("seller", "store", "table", "state") else "right", no_wrap=True
        )
    for row in zip(*columns.values(), strict=True):
        grid.add_row(*row)
    console.print(grid)


def _columns(results: Sequence[TableResult]) -> dict[str, list[str]]:
    """The cells of the result by column. Sellers and marketplaces are named only where there are several."""
    columns = {}
    if len({result.seller for result in results}) > 1:
        columns["seller"] = [result.seller for result in results]
    columns["table"] = [result.table for result in results]
    if any(result.marketplace for result in results):
        columns["store"] = [by_id(result.marketplace).country if result.marketplace else "" for result in results]
    columns["state"] = [result.state for result in results]
    for name in COUNTS:
        columns[name] = [f"{getattr(result, name):,}" for result in results]
    columns["newest day"] = [result.newest.isoformat() if result.newest else "-" for result in results]
    columns["calls"] = [f"{result.calls:,}" for result in results]
    columns["waited s"] = [f"{result.waited_seconds:.1f}" for result in results]
    columns["seconds"] = [f"{result.seconds:.1f}" for result in results]
    return columns
