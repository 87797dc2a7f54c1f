"""The result of a sync: what each table received, as lines for people or one JSON document, and the exit code."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import click
import dagster as dg
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool

from xpert_pipeline.assets.registry import SOURCES
from xpert_pipeline.cli import sandbox_client
from xpert_pipeline.cli.coming import coming_lines
from xpert_pipeline.cli.errors import TABLE_FAILED
from xpert_pipeline.cli.result_table import show
from xpert_pipeline.cli.run_result import RunResult, TableResult
from xpert_pipeline.cli.terminal import fitted, plain_console
from xpert_pipeline.events import day_reports
from xpert_pipeline.postgres.pool import tenant
from xpert_pipeline.postgres.sellers import Seller
from xpert_pipeline.sources.outcome import overall
from xpert_pipeline.sources.roles import HOW_TO_GRANT, role_names
from xpert_pipeline.wording import counted

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
    verbose: bool = False,
) -> int:
    """Print what every table received and what went wrong.

    Args:
        runs: The runs, one per seller.
        as_json: Print one document instead of a table.
        allow_not_granted: Sources that Amazon does not grant are accepted.
        sandbox: The ready line of the sandbox that this command started, to add its statistics.
        left_out: Sellers whose sync could not start, with the reason.
        verbose: Show every figure.

    Returns:
        The exit code.
    """
    tables = [result for run in runs for result in run.tables]
    errors = [f"failed: {reason}" for reason in left_out]
    errors += [f"failed{_whose(run, runs)}: {error}" for run in runs for error in run.errors]
    if as_json:
        document: dict[str, Any] = {"tables": [result.as_json() for result in tables]}
        if sandbox is not None:
            document["sandbox"] = sandbox_client.stats(sandbox)
        click.echo(json.dumps(document, default=str))
    else:
        show(plain_console(), {run.seller: run.tables for run in runs if run.tables}, verbose=verbose)
    not_granted = [*_not_granted(runs), *_lost(runs)]
    lines = [f"not loaded{_whose(run, runs)}: {note}" for run in runs for note in run.notes]
    lines += [line if allow_not_granted else f"{line}; --allow-not-granted accepts this" for line in not_granted]
    lines += _rejected(tables)
    lines += coming_lines(runs)
    for line in [*lines, *errors]:
        click.echo(fitted(line, indent=2, err=True), err=True)
    failed = errors or any(result.state == "failed" for result in tables)
    return TABLE_FAILED if failed or (not_granted and not allow_not_granted) else 0


def _whose(run: RunResult, runs: Sequence[RunResult]) -> str:
    """The seller of a line, where there are several."""
    return f" for {run.seller}" if run.seller and sum(bool(each.seller) for each in runs) > 1 else ""


def _not_granted(runs: Sequence[RunResult]) -> list[str]:
    """A line for each role that Amazon did not grant, with the tables and sellers that lack it, and what to do."""
    refused = [
        result
        for run in runs
        for result in run.tables
        if result.state == "not_granted" and result.table not in run.lost
    ]
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


def _lost(runs: Sequence[RunResult]) -> list[str]:
    """A line for each role that Amazon granted before and refuses now."""
    lines = []
    for run in runs:
        by_reason: dict[str, list[str]] = {}
        for result in run.tables:
            if result.state == "not_granted" and result.table in run.lost:
                tables = by_reason.setdefault(run.lost[result.table], [])
                tables += [result.table] if result.table not in tables else []
        lines += [
            f"not granted any more: {', '.join(tables)} of {run.seller}: {why}" for why, tables in by_reason.items()
        ]
    return lines


def _rejected(tables: Sequence[TableResult]) -> list[str]:
    """A line about records that do not fit their tables."""
    counts: Counter[str] = Counter()
    for result in tables:
        counts[result.table] += result.rejected
    if not any(counts.values()):
        return []
    where = ", ".join(f"{counted(count, 'record')} of {table}" for table, count in counts.items() if count)
    return [f"set aside: {where} did not fit the table. They are kept whole in rejected_records, each with the reason"]
