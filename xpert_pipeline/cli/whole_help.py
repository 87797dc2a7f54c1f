"""Groups of commands whose help shows each command's whole first sentence; click cuts it to fit one line."""

import click

LONGEST = 10_000


class WholeHelp(click.Group):
    """A group that breaks the texts of its commands into lines and cuts none."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands with their first sentences."""
        commands = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        rows = [(name, command.get_short_help_str(LONGEST)) for name, command in commands if command]
        with formatter.section("Commands"):
            formatter.write_dl(rows)
