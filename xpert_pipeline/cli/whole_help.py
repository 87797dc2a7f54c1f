"""Groups of commands whose help shows each command's whole first sentence; click cuts it to fit one line."""

import click

LONGEST = 10_000


class WholeHelp(click.Group):
    """A group that breaks the texts of its commands into lines and cuts none."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands with their first sentences."""
        with formatter.section("Commands"):
            formatter.write_dl(self.sentences(ctx))

    def sentences(self, ctx: click.Context) -> list[tuple[str, str]]:
        """Return each command's name and the first sentence of its help."""
        commands = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        return [(name, command.get_short_help_str(LONGEST)) for name, command in commands if command]
