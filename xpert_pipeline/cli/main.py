"""The command group: global options and the list of commands."""

import errno
import sys
from importlib import import_module
from typing import Any

import click
from click.exceptions import NoSuchCommand

from xpert_pipeline.cli.errors import PreconditionError, WrongUsage
from xpert_pipeline.cli.whole_help import WholeHelp
from xpert_pipeline.garbage import collector_paused, leave_out_of_collection
from xpert_pipeline.postgres.errors import DatabaseError

COMMANDS = {
    "up": ("xpert_pipeline.cli.up:up", "Start the pipeline and sync."),
    "sync": ("xpert_pipeline.cli.sync:sync", "Load what is new or changed since the last sync."),
    "backfill": ("xpert_pipeline.cli.sync:backfill", "Load a range of days, window by window."),
    "plan": ("xpert_pipeline.cli.plan:plan", "Predict what a sync of these days would do."),
    "status": ("xpert_pipeline.cli.status:status", "Show the state of each seller."),
    "doctor": ("xpert_pipeline.cli.doctor:doctor", "Check what a sync needs, and say what to do."),
    "sellers": (
        "xpert_pipeline.cli.sellers.group:sellers",
        "Add, authorize, list, schedule, pause, remove and purge sellers.",
    ),
    "db": (
        "xpert_pipeline.cli.db.group:db",
        "Start and stop the embedded Postgres, migrate, connect, and let others read.",
    ),
    "costs": ("xpert_pipeline.cli.costs.group:costs", "Import and list what your goods cost you, by SKU and day."),
    "close": (
        "xpert_pipeline.cli.close.command:close",
        "Reconcile a month, from its orders to the money in the bank.",
    ),
    "report": (
        "xpert_pipeline.cli.report.group:report",
        "Report on the business as a page, or answer a question about the pipeline: what failed, what is missing.",
    ),
    "prune": (
        "xpert_pipeline.cli.prune:prune_command",
        "Remove old runs, events, requests and logs, and join old loads.",
    ),
    "sandbox": ("xpert_pipeline.cli.sandbox:sandbox", "Serve a local Selling Partner API."),
}
"""Name of a command → where it is, and the first sentence of its help.

A command is imported when it is needed, because Dagster alone takes a second; the list of all commands imports none.
"""
SOURCELESS = {"close", "costs", "db", "sandbox"}
"""Commands that work without the sources of the tables."""

DISK = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO)
"""Errors of a disk that is full, read-only or broken."""


class Commands(WholeHelp):
    """The commands, imported when they are needed; --json may stand before and after a command's name."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  Click's own name
        """Return the names of all commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import a command and return it; None if there is no such command."""
        if cmd_name not in COMMANDS:
            return None
        where, _ = COMMANDS[cmd_name]
        module, _, name = where.partition(":")
        if module not in sys.modules:
            with collector_paused():
                import_module(module)
            leave_out_of_collection()
        command: click.Command = getattr(sys.modules[module], name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that the arguments name.

        Raises:
            NoSuchCommand: There is none; the message suggests similar ones.
        """
        try:
            return super().resolve_command(ctx, args)
        except NoSuchCommand as error:  # click suggests only commands that are imported
            raise NoSuchCommand(error.command_name, possibilities=COMMANDS, ctx=ctx) from None

    def sentences(self, ctx: click.Context) -> list[tuple[str, str]]:  # noqa: ARG002
        """Return the first sentences without importing the commands."""
        return [(name, sentence) for name, (_, sentence) in COMMANDS.items()]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Move --json to the front, where the group reads it."""
        if "--json" in args:
            args = ["--json", *(word for word in args if word != "--json")]
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; tell failures of the database and of the disk in one message, whichever command met them."""
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            if type(error).show is not click.UsageError.show:  # a group without a command shows its help
                raise
            raise WrongUsage(error.format_message(), error.ctx) from None  # fits it to the terminal
        except DatabaseError as error:
            raise PreconditionError(str(error)) from error
        except OSError as error:
            if error.errno not in DISK:
                raise
            where = error.filename or "a disk that xpert writes to"
            raise PreconditionError(
                f"{where} cannot be used ({error.strerror}): free space there, or choose another data directory with "
                "--data-dir or XPERT_DATA_DIR. Everything loaded so far is kept; run again"
            ) from error
        except Exception as error:
            if (failure := _failure_of_storage(error)) is None:
                raise
            raise PreconditionError(failure) from error


def _failure_of_storage(error: Exception) -> str | None:
    """Say why Dagster's tables could not be used; None for an error of anything else."""
    if not type(error).__module__.startswith("sqlalchemy."):
        return None
    from sqlalchemy.exc import DBAPIError  # noqa: PLC0415  slow to import

    from xpert_pipeline.cli.instance import storage_failure  # noqa: PLC0415

    return str(storage_failure(error, "used")) if isinstance(error, DBAPIError) else None


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout and nothing else there.")
@click.version_option(package_name="xpert-pipeline")
@click.pass_context
def main(context: click.Context, /, as_json: bool) -> None:
    """Load an Amazon seller's business into PostgreSQL and keep it current.

    Start with `xpert up --no-ui`: without any setting it loads data from a local sandbox into an embedded Postgres.

    \b
    Exit codes:
      0    success
      1    a table failed, Amazon did not grant a source, or a file has bad lines
      2    wrong usage
      3    something must be corrected first; the message says what
      130  interrupted
    """  # noqa: D301  Click wants the character, not two
    context.obj = {"json": as_json}
    if context.invoked_subcommand not in SOURCELESS:
        _check_sources()


def _check_sources() -> None:
    """Refuse to work with a declaration of a source that is incomplete or wrong."""
    from xpert_pipeline.assets.registry import SOURCES  # noqa: PLC0415  Dagster is slow to import
    from xpert_pipeline.sources.declarations import DeclarationError, require_valid  # noqa: PLC0415

    try:
        require_valid(SOURCES)
    except DeclarationError as error:
        raise PreconditionError(str(error)) from error


if __name__ == "__main__":
    main(prog_name="xpert")
