"""The command group: global options and the list of commands."""

import errno
from typing import Any

import click
from sqlalchemy.exc import DBAPIError

from xpert_pipeline.assets.registry import SOURCES
from xpert_pipeline.cli.db.group import db
from xpert_pipeline.cli.doctor import doctor
from xpert_pipeline.cli.errors import PreconditionError
from xpert_pipeline.cli.instance import storage_failure
from xpert_pipeline.cli.plan import plan
from xpert_pipeline.cli.prune import prune_command
from xpert_pipeline.cli.report.group import report
from xpert_pipeline.cli.sandbox import sandbox
from xpert_pipeline.cli.sellers.group import sellers
from xpert_pipeline.cli.status import status
from xpert_pipeline.cli.sync import backfill, sync
from xpert_pipeline.cli.up import up
from xpert_pipeline.postgres.errors import DatabaseError
from xpert_pipeline.sources.declarations import DeclarationError, require_valid

DISK = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO)
"""Errors of a disk that is full, read-only or broken."""


class JsonAnywhere(click.Group):
    """A group that accepts --json before and after the command's name."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Move --json to the front, where the group reads it."""
        if "--json" in args:
            args = ["--json", *(word for word in args if word != "--json")]
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; tell failures of the database and of the disk in one message, whichever command met them."""
        try:
            return super().invoke(ctx)
        except DatabaseError as error:
            raise PreconditionError(str(error)) from error
        except DBAPIError as error:
            raise PreconditionError(str(storage_failure(error, "used"))) from error
        except OSError as error:
            if error.errno not in DISK:
                raise
            where = error.filename or "a disk that xpert writes to"
            raise PreconditionError(
                f"{where} cannot be used ({error.strerror}): free space there, or choose another data directory with "
                "--data-dir or XPERT_DATA_DIR. Everything loaded so far is kept; run again"
            ) from error


@click.group(cls=JsonAnywhere, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout and nothing else there.")
@click.version_option(package_name="xpert-pipeline")
@click.pass_context
def main(context: click.Context, /, as_json: bool) -> None:
    """Load an Amazon seller's business into PostgreSQL and keep it current.

    Start with `xpert up --no-ui`: without any setting it loads data from a local sandbox into an embedded Postgres.

    \b
    Exit codes:
      0    success
      1    a table failed, or Amazon did not grant a source
      2    wrong usage
      3    something must be corrected first; the message says what
      130  interrupted
    """  # noqa: D301  Click wants the character, not two
    context.obj = {"json": as_json}
    try:
        require_valid(SOURCES)
    except DeclarationError as error:
        raise PreconditionError(str(error)) from error


for command in (up, sync, backfill, plan, status, doctor, sellers, db, report, prune_command, sandbox):
    main.add_command(command)

if __name__ == "__main__":
    main(prog_name="xpert")
