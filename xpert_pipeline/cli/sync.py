"""`xpert sync` and `xpert backfill`: bring days up to date through real Dagster runs, and exit."""

from datetime import date, datetime
from typing import Any

import click
from rich.console import Console

from xpert_pipeline.cli.environment import read_settings
from xpert_pipeline.cli.errors import resumable
from xpert_pipeline.cli.many import run_all
from xpert_pipeline.cli.options import chosen_days, data_dir_option, split_tables, sync_options
from xpert_pipeline.cli.preflight import fit_sellers
from xpert_pipeline.cli.progress import progress
from xpert_pipeline.cli.result import print_result
from xpert_pipeline.cli.runner import Request
from xpert_pipeline.cli.workplace import Workplace, open_workplace
from xpert_pipeline.postgres.sellers import Seller
from xpert_pipeline.schedules import days_to_sync


@click.command()
@sync_options
@data_dir_option
@click.option("--sandbox", "force_sandbox", is_flag=True, help="Use the SP-API sandbox, though DATABASE_URL is set.")
@click.pass_context
def sync(context: click.Context, /, **options: Any) -> None:
    """Fetch what changed since each table's watermark; with --from and --to, bring those days up to date."""
    with resumable():
        context.exit(_sync(context, **options))


@click.command()
@sync_options
@data_dir_option
@click.option("--sandbox", "force_sandbox", is_flag=True, help="Use the SP-API sandbox, though DATABASE_URL is set.")
@click.pass_context
def backfill(context: click.Context, /, **options: Any) -> None:
    """Bring the days --from … --to up to date, window by window; after an interruption it goes on where it was."""
    if not options["from_day"] or not options["to_day"]:
        raise click.UsageError("a backfill needs --from and --to")
    with resumable():
        context.exit(_sync(context, **options))


def _sync(context: click.Context, *, data_dir: str | None, force_sandbox: bool, **options: Any) -> int:
    span: tuple[datetime | None, datetime | None] = (options["from_day"], options["to_day"])
    chosen_days(read_settings(), date.min, span, 30)  # usage errors before anything is started
    tables = split_tables(options["tables"])
    with open_workplace(data_dir, force_sandbox=force_sandbox) as place:
        chosen = fit_sellers(place, place.sellers(options["sellers"]))
        console = Console(stderr=True)
        wanted = [(seller, _request(place, seller, span, tables, refetch=options["refetch"])) for seller in chosen]
        with progress(console, "syncing ..."):
            finished = run_all(place, wanted)
        return print_result(finished, as_json=context.obj["json"], sandbox=place.sandbox, left_out=place.left_out)


def _request(
    place: Workplace,
    seller: Seller,
    span: tuple[datetime | None, datetime | None],
    tables: tuple[str, ...],
    *,
    refetch: bool,
) -> Request:
    start = place.settings.start_date
    if any(span):
        first, last = chosen_days(place.settings, start, span, 30)
    else:
        days = days_to_sync(place.pool, seller, start)
        first, last = days[0], days[-1]
    return Request(first, last, tables, refetch)
