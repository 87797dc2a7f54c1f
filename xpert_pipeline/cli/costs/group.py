"""The command group `xpert costs`."""

import click

from xpert_pipeline.cli.costs.importing import import_file
from xpert_pipeline.cli.costs.listing import list_costs
from xpert_pipeline.cli.costs.removing import remove
from xpert_pipeline.cli.costs.template import template
from xpert_pipeline.cli.whole_help import WholeHelp


@click.group(cls=WholeHelp)
def costs() -> None:
    """Import and list what your goods cost you, by SKU and day.

    Amazon does not know it, and margins need it. `xpert costs template` writes a file to fill in.
    """


for command in (template, import_file, list_costs, remove):
    costs.add_command(command)
