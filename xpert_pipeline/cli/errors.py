"""How a command ends: 0 success, 1 a table failed or was not granted, 2 usage, 3 a precondition, 130 interrupted."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

import click

from xpert_pipeline.cli.terminal import fitted

TABLE_FAILED = 1
PREFIX = "Error: "
"""What click prints before a message."""


class PreconditionError(click.ClickException):
    """Something must be corrected before a sync can start; the message says what and how."""

    exit_code = 3

    def format_message(self) -> str:
        """Return the message, broken into lines that fit the terminal."""
        return fitted(self.message, indent=len(PREFIX), used=len(PREFIX), err=True)


class WrongUsage(click.UsageError):
    """The command line makes no sense; the message says why."""

    def format_message(self) -> str:
        """Return the message, broken into lines that fit the terminal."""
        return fitted(self.message, indent=len(PREFIX), used=len(PREFIX), err=True)


class Interrupted(click.ClickException):
    """Ctrl-C or SIGTERM ended a sync; the message says what was kept and how to continue."""

    exit_code = 130  # 128 + SIGINT, as shells report it

    def __init__(self) -> None:
        super().__init__(
            "Interrupted. Everything loaded so far is kept. The next run collects the reports and queries that Amazon "
            "is still preparing (--refetch requests new ones). Run the same command to continue."
        )

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the message without "Error:", because an interruption is none."""
        click.echo(fitted(self.message, err=file is None), file=file, err=file is None)


@contextmanager
def resumable() -> Iterator[None]:
    """Run a sync that may be interrupted at any time.

    Raises:
        Interrupted: Instead of KeyboardInterrupt, for which click prints only "Aborted!".
    """
    try:
        yield
    except KeyboardInterrupt:
        raise Interrupted from None
