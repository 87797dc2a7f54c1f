"""The command group `xpert sellers`."""

import click

from xpert_pipeline.cli.sellers.adding import add
from xpert_pipeline.cli.sellers.authorizing import authorize
from xpert_pipeline.cli.sellers.leaving import purge, remove
from xpert_pipeline.cli.sellers.listing import list_sellers
from xpert_pipeline.cli.sellers.standing import pause, resume, schedule
from xpert_pipeline.cli.whole_help import WholeHelp


@click.group(cls=WholeHelp)
def sellers() -> None:
    """Add, authorize, list, schedule, pause, remove and purge sellers."""


for command in (add, authorize, list_sellers, schedule, pause, resume, remove, purge):
    sellers.add_command(command)
