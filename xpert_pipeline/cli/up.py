"""`xpert up`: start what is needed, sync, and with the UI stay up until Ctrl-C."""

import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from datetime import date
from functools import partial
from typing import Any

import click
from rich.console import Console

from xpert_pipeline.cli import ui
from xpert_pipeline.cli.board import Board
from xpert_pipeline.cli.environment import read_settings
from xpert_pipeline.cli.errors import PreconditionError, resumable
from xpert_pipeline.cli.first_day import begin_with
from xpert_pipeline.cli.home import Home, data_directory
from xpert_pipeline.cli.leftovers import clear_leftovers
from xpert_pipeline.cli.many import run_all
from xpert_pipeline.cli.options import data_dir_option, sandbox_option, sync_options
from xpert_pipeline.cli.preflight import fit_sellers
from xpert_pipeline.cli.progress import progress
from xpert_pipeline.cli.result import print_result
from xpert_pipeline.cli.run_result import RunResult
from xpert_pipeline.cli.runner import STARTING, SyncRequest, Syncs, board_of, with_forecasts
from xpert_pipeline.cli.selection import chosen_days, split_tables
from xpert_pipeline.cli.services import free_port
from xpert_pipeline.cli.welcome import never_synced, welcome
from xpert_pipeline.cli.workplace import Workplace, open_workplace
from xpert_pipeline.holders import WAITER, own_lock
from xpert_pipeline.sandbox import option_types
from xpert_pipeline.sandbox.command_line import sandbox_options
from xpert_pipeline.sandbox.options import SandboxOptions

PORT = 3000
Show = Callable[[Sequence[RunResult]], int]
"""Prints the result of a sync and returns the exit code."""


@click.command()
@click.option("--no-ui", is_flag=True, help="Sync once, print the result and exit.")
@click.option("--port", type=option_types.PORT, default=PORT, show_default=True, help="Port of Dagster's UI.")
@sandbox_option
@sync_options
@data_dir_option
@sandbox_options(port_flag="--sandbox-port")
@click.pass_context
def up(context: click.Context, /, **options: Any) -> None:
    """Start the pipeline and sync.

    Without DATABASE_URL it uses an embedded Postgres; without Amazon credentials it loads data from a local SP-API
    sandbox. The sync covers --days days that end today, or --from ... --to.
    """
    with resumable():
        context.exit(_up(options, as_json=context.obj["json"]))


def _up(options: dict[str, Any], *, as_json: bool) -> int:
    console = Console(stderr=True)
    span, tables = (options["from_day"], options["to_day"]), split_tables(options["tables"])
    chosen_days(read_settings(), date.min, span, options["days"])  # usage errors before anything starts
    SandboxOptions.from_cli(**options)
    with ExitStack() as opened:
        opened.enter_context(Home(data_directory(options["data_dir"])).alone())
        with progress(console, Board(STARTING)):
            place = opened.enter_context(
                open_workplace(options["data_dir"], world=options, force_sandbox=options["force_sandbox"])
            )
            sellers = fit_sellers(place, place.sellers(options["sellers"]))
        settings = place.settings
        if settings.ignored:
            console.print(f"no longer needed and ignored: {', '.join(settings.ignored)}")
        syncs = []
        for seller in sellers:
            first, last = chosen_days(settings, settings.first_possible, span, options["days"], seller)
            syncs.append((seller, SyncRequest(first, last, tables, options["refetch"])))
        begin_with(place, min(request.first for _, request in syncs))
        is_first = never_synced(place, sellers)
        show = partial(
            print_result,
            as_json=as_json,
            allow_not_granted=options["allow_not_granted"] or settings.allow_not_granted,
            sandbox=place.sandbox,
            left_out=place.left_out,
            verbose=options["verbose"],
        )
        board = board_of(syncs)
        if not options["no_ui"]:
            return _stay_up(place, syncs, console, options["port"], show)
        with progress(console, board, verbose=options["verbose"]):
            results = run_all(place, with_forecasts(place, syncs))
        code = show(results)
        if is_first and not as_json:
            click.echo(welcome(place, results))
        return code


def _stay_up(
    place: Workplace, syncs: Syncs, console: Console, wanted: int, show: Callable[[Sequence[RunResult]], int]
) -> int:
    port = free_port(wanted)
    if wanted and port != wanted:
        console.print(f"port {wanted} is in use: using {port}")
    with place.home.claim(ui.DAGSTER) as claimed, place.instance() as instance:
        if not claimed:
            raise PreconditionError(f"an `xpert sync` of many sellers runs in {place.home.path}: wait until it ends")
        clear_leftovers(place, instance)
        with progress(console, Board("Starting Dagster")):
            address = ui.start_dagster(place, dict(os.environ), port)
        console.print(f"Dagster's UI: [link={address}]{address}[/link]  (Ctrl-C stops everything)", highlight=False)
        with progress(console, board_of(syncs)):
            foretold = with_forecasts(place, syncs, at_once=True)
            results = ui.follow(place, instance, list(ui.launch(port, foretold, {WAITER: own_lock(instance)})))
        show(results)
        with suppress(KeyboardInterrupt):
            ui.stay_current(place, port)
        return 0
