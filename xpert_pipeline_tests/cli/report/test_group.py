"""How the answer to a question looks in terminals of different widths."""

import pytest
from rich.console import Console

from xpert_pipeline.cli.report import group
from xpert_pipeline.cli.report.questions import questions

ROWS = [
    {"seller": "A1EXAMPLE", "run_id": "a33e31b6-6958-44eb-9f4f-31f960e09183", "calls": 42, "error": None},
    {"seller": "A1EXAMPLE", "run_id": "2bb21a9e-303c-4f6b-b284-bc8468035000", "calls": 7, "error": None},
]


@pytest.fixture
def shown(monkeypatch, capsys):
    """Print rows in a terminal of a width; return the lines without the question."""

    def show(width):
        monkeypatch.setattr(group, "plain_console", lambda: Console(highlight=False, markup=False, width=width))
        group._print(questions()[0], ROWS)
        return [line.rstrip() for line in capsys.readouterr().out.splitlines()[1:]]

    return show


def test_rows_that_fit_are_a_table(shown):
    lines = shown(80)
    assert lines[0].split() == ["seller", "run_id", "calls", "error"]
    assert [line.split()[2] for line in lines[1:]] == ["42", "7"]


def test_rows_that_are_too_wide_are_one_block_each_and_no_value_is_broken(shown):
    """Fourteen columns in a terminal of 80 were three characters wide each, and nobody could read them."""
    block = ["seller  A1EXAMPLE", "run_id  a33e31b6-6958-44eb-9f4f-31f960e09183", "calls   42", "error   -", ""]
    assert shown(50)[:5] == block
