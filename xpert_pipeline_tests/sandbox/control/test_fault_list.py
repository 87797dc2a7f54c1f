"""`--list-faults`: every fault, what it does, and what it can strike."""

import pytest
from click.testing import CliRunner

from xpert_pipeline.cli.main import main as xpert
from xpert_pipeline.sandbox.__main__ import main
from xpert_pipeline.sandbox.app import DECLARATIONS
from xpert_pipeline.sandbox.control.fault_list import WIDTH, fault_lines


@pytest.fixture(autouse=True)
def columns(monkeypatch):
    monkeypatch.setenv("COLUMNS", str(WIDTH))


@pytest.mark.parametrize(("command", "arguments"), [(main, []), (xpert, ["sandbox"])], ids=["python -m", "xpert"])
def test_the_list_is_printed_and_no_sandbox_starts(command, arguments):
    result = CliRunner().invoke(command, [*arguments, "--list-faults"])
    assert result.exit_code == 0
    assert result.output.splitlines() == fault_lines(DECLARATIONS)


def test_every_fault_is_listed_with_its_effect_and_its_targets():
    lines = fault_lines(DECLARATIONS)
    heads = [line for line in lines if not line.startswith(" ")]
    assert heads == [f"{fault.name}: {fault.effect}" for fault in DECLARATIONS.faults.values()]
    assert all(lines[lines.index(head) + 1].startswith("    strikes ") for head in heads)
    assert max(map(len, lines)) <= WIDTH


def test_a_narrow_terminal_gets_narrow_lines_with_the_same_words(monkeypatch):
    words = " ".join(fault_lines(DECLARATIONS)).split()
    monkeypatch.setenv("COLUMNS", "80")
    lines = fault_lines(DECLARATIONS)
    assert " ".join(lines).split() == words
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize(
    ("fault", "targets"),
    [
        ("500-json", "strikes every operation; downloadDocument only if the fault is switched on for it by name"),
        ("lwa-503-html", "strikes requestAccessToken"),
        ("report-stuck", "strikes createReport"),
        ("cp1252-report", "strikes downloadDocument; the content of every report"),
        ("truncated-gzip", "strikes downloadDocument; the content of every report, every Data Kiosk dataset"),
        ("economics-restated", "strikes the content of economics"),
    ],
)
def test_targets_are_named_briefly(fault, targets):
    lines = fault_lines(DECLARATIONS)
    place = next(place for place, line in enumerate(lines) if line.startswith(f"{fault}: "))
    assert lines[place + 1].strip() == targets
