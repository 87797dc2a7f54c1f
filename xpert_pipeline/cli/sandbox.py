"""`xpert sandbox`: the SP-API sandbox alone, for those who want to point their own programs at it."""

import json
from typing import Any

import click

from xpert_pipeline.cli.home import Home, data_directory
from xpert_pipeline.cli.options import data_dir_option
from xpert_pipeline.cli.world import fixed_options
from xpert_pipeline.sandbox.options import sandbox_options
from xpert_pipeline.sandbox.server import run


@click.command()
@sandbox_options("--port")
@data_dir_option
@click.pass_context
def sandbox(context: click.Context, /, data_dir: str | None, **options: Any) -> None:
    """Serve a local Selling Partner API: any client id, secret and refresh token mean its first seller."""
    chosen = fixed_options(Home(data_directory(data_dir)), options)
    as_json = context.obj["json"]

    def ready(line: dict[str, Any]) -> None:
        if as_json:
            click.echo(json.dumps(line))
        else:
            click.echo("\n".join(f"{name}: {value}" for name, value in line.items()) + "\nCtrl-C stops it")

    run(chosen, ready)
