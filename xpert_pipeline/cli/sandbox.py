"""`xpert sandbox`: only the SP-API sandbox, for use with other programs."""

from typing import Any

import click

from xpert_pipeline.cli.errors import PreconditionError
from xpert_pipeline.cli.home import Home, data_directory
from xpert_pipeline.cli.options import data_dir_option
from xpert_pipeline.cli.world import fixed_options
from xpert_pipeline.sandbox.command_line import list_faults_option, sandbox_options
from xpert_pipeline.sandbox.options import SandboxOptions
from xpert_pipeline.sandbox.server import PortTakenError, run
from xpert_pipeline.sandbox.world.orders_csv import NotAnOrderReportError


@click.command()
@sandbox_options("--port")
@list_faults_option
@data_dir_option
@click.pass_context
def sandbox(context: click.Context, /, data_dir: str | None, **options: Any) -> None:
    """Serve a local Selling Partner API.

    It accepts any client id, secret and refresh token; they mean its first seller.
    """
    SandboxOptions.from_cli(**options)  # usage errors before anything is created
    chosen = fixed_options(Home(data_directory(data_dir)), options)
    try:
        run(chosen, as_json=context.obj["json"])
    except (NotAnOrderReportError, PortTakenError) as error:
        raise PreconditionError(str(error)) from error
