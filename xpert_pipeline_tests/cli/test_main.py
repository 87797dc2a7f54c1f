"""What `xpert` alone says."""

import subprocess
import sys

import click
from click.testing import CliRunner

from xpert_pipeline.cli.main import main
from xpert_pipeline.cli.whole_help import LONGEST


def test_the_help_lists_each_exit_code_on_a_line_of_its_own():
    """The mark that keeps the lines apart was printed, and the codes ran into one paragraph."""
    lines = CliRunner().invoke(main, ["--help"]).stdout.splitlines()
    start = lines.index("  Exit codes:")
    assert [line.split()[0] for line in lines[start + 1 : start + 6]] == ["0", "1", "2", "3", "130"]


def test_the_list_of_commands_imports_none_and_has_their_own_sentences():
    """The list took 3 s, because it imported Dagster for the first sentence of each command."""
    code = "import sys; from xpert_pipeline.cli.main import main; main(['--help'], standalone_mode=False); "
    done = subprocess.run(
        [sys.executable, "-c", code + "print('dagster' in sys.modules)"], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "False"
    with click.Context(main) as ctx:
        own = [(name, main.get_command(ctx, name).get_short_help_str(LONGEST)) for name in main.list_commands(ctx)]
        assert main.sentences(ctx) == own


def test_a_mistyped_command_gets_a_suggestion():
    """Commands are imported when they are used, so click knew none to suggest."""
    done = CliRunner().invoke(main, ["statu"])
    assert (done.exit_code, done.stderr.splitlines()[-1]) == (
        2,
        "Error: No such command 'statu'. Did you mean 'status'?",
    )
    assert CliRunner().invoke(main, ["zzz"]).stderr.splitlines()[-1] == "Error: No such command 'zzz'."
