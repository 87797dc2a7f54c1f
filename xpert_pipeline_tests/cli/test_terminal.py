"""Lines in a terminal are broken between words; elsewhere they stay whole."""

import io
import os
import sys

import click
import pytest

from xpert_pipeline.cli.errors import WrongUsage
from xpert_pipeline.cli.main import main
from xpert_pipeline.cli.terminal import fitted, grid_width

TEXT = "orders: 4 days already complete (use --refetch to download again)"


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def columns(monkeypatch):
    """Makes stdout or stderr a terminal of this width."""

    def set_width(width, stream="stdout"):
        monkeypatch.setattr(sys, stream, Terminal())
        monkeypatch.setattr("shutil.get_terminal_size", lambda: os.terminal_size((width, 24)))

    return set_width


def test_a_line_stays_whole_where_the_output_is_not_a_terminal():
    assert fitted(TEXT, indent=4) == TEXT


@pytest.mark.parametrize("width", [20, 40, 60])
def test_lines_fit_the_terminal_and_lose_no_word(columns, width):
    columns(width)
    lines = fitted(TEXT, indent=4).split("\n")
    assert max(map(len, lines)) <= width
    assert all(line.startswith("    ") for line in lines[1:])
    assert " ".join(" ".join(lines).split()) == TEXT


def test_columns_that_are_taken_count_for_the_first_line_only(columns):
    columns(20, "stderr")
    assert fitted("1234 6789 1234\nnext", used=8, indent=2, err=True) == "1234 6789\n  1234\nnext"


def test_long_words_such_as_addresses_are_not_broken(columns):
    columns(20)
    assert fitted("see http://127.0.0.1:3000/a-long-address") == "see\nhttp://127.0.0.1:3000/a-long-address"


def test_the_width_of_a_table_is_that_of_its_longest_cells_and_the_gaps():
    assert grid_width({"table": ["orders", "a"], "calls": ["1"]}) == len("orders") + 2 + len("calls")


@pytest.mark.parametrize("words", [["sync", "--from", "soon"], ["plan", "--from", "2026-01-01", "--no-such-option"]])
def test_errors_of_the_command_line_fit_the_terminal(columns, words):
    """The message about `--from soon` was 98 columns wide."""
    columns(50, "stderr")
    with pytest.raises(WrongUsage) as refused:
        main(words, standalone_mode=False)
    lines = f"Error: {refused.value.format_message()}".split("\n")
    assert max(map(len, lines)) <= 50
    assert words[-1] in " ".join(lines)


def test_a_group_without_a_command_still_shows_its_help():
    with pytest.raises(click.exceptions.NoArgsIsHelpError):
        main(["sellers"], standalone_mode=False)
