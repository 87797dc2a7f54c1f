"""`xpert prune`: remove what is older than the settings allow."""

import json
from dataclasses import asdict

import click

from xpert_pipeline.assets.registry import SOURCES
from xpert_pipeline.cli.environment import read_settings
from xpert_pipeline.cli.errors import PreconditionError
from xpert_pipeline.cli.home import Home, data_directory
from xpert_pipeline.cli.options import data_dir_option
from xpert_pipeline.cli.workplace import open_records
from xpert_pipeline.postgres.errors import DatabaseError
from xpert_pipeline.prune_job import what_grows
from xpert_pipeline.retention import Pruned, prune


@click.command(name="prune")
@click.option("--dry-run", is_flag=True, help="Only show what would be removed.")
@data_dir_option
@click.pass_context
def prune_command(context: click.Context, /, data_dir: str | None, *, dry_run: bool) -> None:
    """Remove old runs, events, requests and logs, and join old loads.

    XPERT_KEEP_RUNS_DAYS and the variables after it in `.env.example` say how many days to keep. No table with data of a
    seller is touched. Dagster's daemon does the same once a day.
    """
    with open_records(data_dir) as (pool, instance):
        settings, logs = read_settings(), Home(data_directory(data_dir)).logs
        try:
            done = prune(what_grows(instance, pool, settings, SOURCES, logs), settings.keep, dry_run=dry_run)
        except DatabaseError as error:
            raise PreconditionError(str(error)) from error
    if context.obj["json"]:
        click.echo(json.dumps({"dry_run": dry_run, "pruned": [asdict(part) for part in done]}))
        return
    for part in done:
        click.echo(_line(part, dry_run=dry_run))


def _line(part: Pruned, *, dry_run: bool) -> str:
    if not part.removed:
        return f"{part.what:<18} {'nothing':>12} to remove"
    verb = "would be removed" if dry_run else "removed"
    joined = f", {part.added:,} in their place" if part.added else ""
    kept = f" (older than {part.keep_days} days)" if part.keep_days else ""
    return f"{part.what:<18} {part.removed:>12,} {verb}{joined}{kept}"
