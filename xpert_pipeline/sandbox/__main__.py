"""`python -m xpert_pipeline.sandbox`: runs only the sandbox."""

import sys
from typing import Any

import click

from xpert_pipeline.sandbox.command_line import list_faults_option, sandbox_options
from xpert_pipeline.sandbox.options import SandboxOptions
from xpert_pipeline.sandbox.server import PortTakenError, run
from xpert_pipeline.sandbox.world.orders_csv import NotAnOrderReportError

USAGE, PRECONDITION = 2, 3


@click.command()
@sandbox_options()
@list_faults_option
@click.option("--json", "as_json", is_flag=True, help="Print one ready line of JSON and nothing else.")
def main(*, as_json: bool, **options: Any) -> None:
    """Serve a local Selling Partner API until Ctrl-C."""
    try:
        run(SandboxOptions.from_cli(**options), as_json=as_json)
    except NotAnOrderReportError as error:
        _fail(str(error), USAGE)
    except PortTakenError as error:
        _fail(str(error), PRECONDITION)


def _fail(message: str, code: int) -> None:
    click.echo(f"sandbox: {message}", err=True)
    sys.exit(code)


if __name__ == "__main__":
    main()
