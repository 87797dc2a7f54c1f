"""`xpert up`: start what is needed, sync, and with the UI stay up until Ctrl-C."""

import os
import time
from contextlib import suppress
from datetime import date
from typing import Any

import click
from rich.console import Console

from xpert_pipeline.cli import ui
from xpert_pipeline.cli.environment import read_settings
from xpert_pipeline.cli.errors import PreconditionError, resumable
from xpert_pipeline.cli.home import Home, data_directory
from xpert_pipeline.cli.many import run_all
from xpert_pipeline.cli.options import chosen_days, data_dir_option, split_tables, sync_options
from xpert_pipeline.cli.preflight import fit_sellers
from xpert_pipeline.cli.progress import progress
from xpert_pipeline.cli.result import print_result
from xpert_pipeline.cli.runner import Request
from xpert_pipeline.cli.services import free_port
from xpert_pipeline.cli.workplace import Workplace, open_workplace
from xpert_pipeline.sandbox.command_line import sandbox_options

PORT = 3000


@click.command()
@click.option("--no-ui", is_flag=True, help="Sync once, print the result and exit.")
@click.option("--port", type=int, default=PORT, show_default=True, help="Port of Dagster's UI.")
@click.option("--sandbox", "force_sandbox", is_flag=True, help="Use the SP-API sandbox, though credentials are set.")
@sync_options
@data_dir_option
@sandbox_options(port_flag="--sandbox-port")
@click.pass_context
def up(context: click.Context, /, **options: Any) -> None:
    """Start the pipeline on its embedded Postgres, and the SP-API sandbox where there are no credentials; then sync."""
    with resumable():
        context.exit(_up(options, as_json=context.obj["json"]))


def _up(options: dict[str, Any], *, as_json: bool) -> int:
    console = Console(stderr=True)
    span, tables = (options["from_day"], options["to_day"]), split_tables(options["tables"])
    chosen_days(read_settings(), date.min, span, options["days"])  # usage errors before anything is started
    with (
        Home(data_directory(options["data_dir"])).alone(),
        open_workplace(options["data_dir"], world=options, force_sandbox=options["force_sandbox"]) as place,
    ):
        if place.settings.ignored:
            console.print(f"not needed any more and ignored: {', '.join(place.settings.ignored)}")
        sellers = fit_sellers(place, place.sellers(options["sellers"]))
        first, last = chosen_days(place.settings, place.settings.start_date, span, options["days"])
        request = Request(first, last, tables, options["refetch"])
        if options["no_ui"]:
            with progress(console, f"syncing {first} to {last} ..."):
                finished = run_all(place, [(seller, request) for seller in sellers])
            return print_result(finished, as_json=as_json, sandbox=place.sandbox, left_out=place.left_out)
        return _stay_up(place, sellers, request, console, options["port"], as_json=as_json)


def _stay_up(place: Workplace, sellers: Any, request: Request, console: Console, wanted: int, *, as_json: bool) -> int:
    port = free_port(wanted)
    if wanted and port != wanted:
        console.print(f"port {wanted} is taken: using {port}")
    with place.home.claim(ui.DAGSTER) as mine, place.instance() as instance:
        if not mine:
            raise PreconditionError(f"an `xpert sync` of many sellers works in {place.home.path}: wait for its end")
        with console.status("starting Dagster ..."):
            address = ui.start_dagster(place, dict(os.environ), port)
        console.print(f"Dagster's UI: [link={address}]{address}[/link]  (Ctrl-C stops everything)", highlight=False)
        with progress(console, f"the first sync runs: {request.first} to {request.last} ..."):
            runs = list(ui.launch(port, [(seller, request) for seller in sellers]))
            finished = ui.follow(place, instance, runs)
        print_result(finished, as_json=as_json, sandbox=place.sandbox, left_out=place.left_out)
        with suppress(KeyboardInterrupt):
            while True:
                place.services.check()
                time.sleep(1)
        return 0
