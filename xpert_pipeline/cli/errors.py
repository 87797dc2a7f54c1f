"""How the CLI ends: 0 all well, 1 an asset failed, 2 usage, 3 a precondition, 130 interrupted."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

import click

ASSET_FAILED = 1


class PreconditionError(click.ClickException):
    """Something must be mended before a sync can start; the message says what and how."""

    exit_code = 3


class Interrupted(click.ClickException):
    """Somebody ended a sync before its end, by Ctrl-C or SIGTERM; the message says what became of its work."""

    exit_code = 130  # 128 + SIGINT, as shells have it

    def __init__(self) -> None:
        super().__init__(
            "Interrupted. What was committed stays, and a window that was not leaves nothing behind. Reports and "
            "queries that Amazon was asked for are collected by the next run under the same ids (--refetch asks anew). "
            "To go on, run the same command again."
        )

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the message alone: it is no error."""
        click.echo(self.message, file=file, err=file is None)


@contextmanager
def resumable() -> Iterator[None]:
    """A sync that can be interrupted at any time.

    Raises:
        Interrupted: In place of KeyboardInterrupt, of which click says no more than "Aborted!".
    """
    try:
        yield
    except KeyboardInterrupt:
        raise Interrupted from None
