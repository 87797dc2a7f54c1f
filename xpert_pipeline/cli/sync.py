"""`xpert sync` and `xpert backfill`: bring days up to date through recorded Dagster runs, and exit."""

from contextlib import ExitStack
from datetime import date
from typing import Any

import click
from rich.console import Console

from xpert_pipeline.cli.board import Board
from xpert_pipeline.cli.environment import read_settings
from xpert_pipeline.cli.errors import WrongUsage, resumable
from xpert_pipeline.cli.first_day import begin_with
from xpert_pipeline.cli.many import run_all
from xpert_pipeline.cli.options import data_dir_option, sandbox_option, sync_options
from xpert_pipeline.cli.preflight import fit_sellers
from xpert_pipeline.cli.progress import progress
from xpert_pipeline.cli.result import print_result
from xpert_pipeline.cli.runner import STARTING, SyncRequest, board_of, with_forecasts
from xpert_pipeline.cli.selection import DEFAULT_DAYS, Span, chosen_days, split_tables
from xpert_pipeline.cli.workplace import Workplace, open_workplace
from xpert_pipeline.postgres.sellers import Seller
from xpert_pipeline.schedules import days_to_sync


@click.command()
@sync_options
@data_dir_option
@sandbox_option
@click.pass_context
def sync(context: click.Context, /, **options: Any) -> None:
    """Load what is new or changed since the last sync.

    With --from and --to, load those days instead. Days that are complete are not downloaded again.
    """
    with resumable():
        context.exit(_sync(context, **options))


@click.command()
@sync_options
@data_dir_option
@sandbox_option
@click.pass_context
def backfill(context: click.Context, /, **options: Any) -> None:
    """Load a range of days, window by window.

    After an interruption, the same command continues where it stopped.
    """
    if not options["from_day"] or not options["to_day"]:
        raise WrongUsage("a backfill needs --from and --to")
    with resumable():
        context.exit(_sync(context, **options))


def _sync(context: click.Context, *, data_dir: str | None, force_sandbox: bool, **options: Any) -> int:
    span: Span = (options["from_day"], options["to_day"])
    chosen_days(read_settings(), date.min, span, DEFAULT_DAYS)  # usage errors before anything starts
    tables = split_tables(options["tables"])
    console = Console(stderr=True)
    with ExitStack() as opened:
        with progress(console, Board(STARTING)):
            place = opened.enter_context(open_workplace(data_dir, force_sandbox=force_sandbox))
            sellers = fit_sellers(place, place.sellers(options["sellers"]))
        syncs = [(seller, SyncRequest(*_days(place, seller, span), tables, options["refetch"])) for seller in sellers]
        begin_with(place, min(request.first for _, request in syncs))
        with progress(console, board_of(syncs), verbose=options["verbose"]):
            results = run_all(place, with_forecasts(place, syncs))
        return print_result(
            results,
            as_json=context.obj["json"],
            allow_not_granted=options["allow_not_granted"] or place.settings.allow_not_granted,
            sandbox=place.sandbox,
            left_out=place.left_out,
            verbose=options["verbose"],
        )


def _days(place: Workplace, seller: Seller, span: Span) -> tuple[date, date]:
    """The days of `--from` and `--to`, else those that the daily schedule would sync."""
    start, newest = place.settings.first_possible, place.settings.today()
    if any(span):
        return chosen_days(place.settings, start, span, DEFAULT_DAYS, seller)
    days = days_to_sync(place.pool, seller, start, newest)
    return days[0], days[-1]
