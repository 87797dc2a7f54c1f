"""The command group: global options and the list of commands."""

import click

from xpert_pipeline.cli.db import db
from xpert_pipeline.cli.doctor import doctor
from xpert_pipeline.cli.plan import plan
from xpert_pipeline.cli.sandbox import sandbox
from xpert_pipeline.cli.sellers import sellers
from xpert_pipeline.cli.status import status
from xpert_pipeline.cli.sync import backfill, sync
from xpert_pipeline.cli.up import up


class JsonAnywhere(click.Group):
    """A group whose --json may stand before or after the command's name."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Bring --json to the front, where the group reads it."""
        if "--json" in args:
            args = ["--json", *(word for word in args if word != "--json")]
        return super().parse_args(ctx, args)


@click.group(cls=JsonAnywhere, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout and nothing else there.")
@click.version_option(package_name="xpert-pipeline")
@click.pass_context
def main(context: click.Context, /, as_json: bool) -> None:
    """Keep an Amazon seller's business in PostgreSQL: current, complete and honest."""
    context.obj = {"json": as_json}


for command in (up, sync, backfill, plan, status, db, sellers, doctor, sandbox):
    main.add_command(command)
