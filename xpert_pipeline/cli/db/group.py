"""`xpert db`: the group and the list of its commands."""

import click

from xpert_pipeline.cli.db.backup import backup, restore
from xpert_pipeline.cli.db.expose import expose
from xpert_pipeline.cli.db.readers import grant_reader, readers, revoke_reader
from xpert_pipeline.cli.db.schema import migrate, status
from xpert_pipeline.cli.db.server import reset, start, stop
from xpert_pipeline.cli.db.shell import shell, url
from xpert_pipeline.cli.errors import PreconditionError
from xpert_pipeline.cli.whole_help import WholeHelp
from xpert_pipeline.postgres.errors import DatabaseError


class DatabaseGroup(WholeHelp):
    """A group whose commands end with a message when the database refuses something."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command.

        Raises:
            PreconditionError: The database failed; the message says why and what to do.
        """
        try:
            return super().invoke(ctx)
        except DatabaseError as error:
            raise PreconditionError(str(error)) from error


@click.group(cls=DatabaseGroup)
def db() -> None:
    """Start and stop the embedded Postgres, migrate, connect, and let others read."""


for command in (
    start,
    stop,
    status,
    migrate,
    backup,
    restore,
    url,
    shell,
    expose,
    grant_reader,
    revoke_reader,
    readers,
    reset,
):
    db.add_command(command)
