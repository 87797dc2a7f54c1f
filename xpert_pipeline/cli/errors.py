"""How the CLI ends: 0 all well, 1 an asset failed, 2 usage, 3 a precondition."""

import click

ASSET_FAILED = 1


class PreconditionError(click.ClickException):
    """Something must be mended before a sync can start; the message says what and how."""

    exit_code = 3
