"""What `xpert` alone says."""

from click.testing import CliRunner

from xpert_pipeline.cli.main import main


def test_the_help_lists_each_exit_code_on_a_line_of_its_own():
    """The mark that keeps the lines apart was printed, and the codes ran into one paragraph."""
    lines = CliRunner().invoke(main, ["--help"]).stdout.splitlines()
    start = lines.index("  Exit codes:")
    assert [line.split()[0] for line in lines[start + 1 : start + 6]] == ["0", "1", "2", "3", "130"]
