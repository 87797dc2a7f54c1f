"""`xpert db`: the group and the list of its commands."""

import click

from xpert_pipeline.cli.db.schema import migrate, status
from xpert_pipeline.cli.db.server import reset, start, stop
from xpert_pipeline.cli.db.shell import shell, url


@click.group()
def db() -> None:
    """Start and stop the embedded Postgres, migrate, connect."""


for command in (start, stop, status, migrate, url, shell, reset):
    db.add_command(command)
