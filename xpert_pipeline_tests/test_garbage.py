"""The garbage collector pauses only while data is read or a command is imported."""

import gc
import sys

import click
import pytest

from xpert_pipeline.cli import main as cli
from xpert_pipeline.cli import plan
from xpert_pipeline.garbage import collector_paused


@pytest.fixture(autouse=True)
def collector_as_before():
    was_enabled = gc.isenabled()
    yield
    (gc.enable if was_enabled else gc.disable)()


def test_the_collector_is_off_inside_and_on_again_after():
    gc.enable()
    with collector_paused():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_a_failure_inside_turns_it_on_again():
    gc.enable()
    with pytest.raises(ValueError, match="broken report"), collector_paused():
        raise ValueError("broken report")
    assert gc.isenabled()


def test_a_collector_that_was_off_stays_off():
    gc.disable()
    with collector_paused():
        pass
    assert not gc.isenabled()


def test_it_is_off_while_a_command_is_imported(monkeypatch):
    """A fifth of the time that a command needs to begin was spent in looking for garbage among modules."""
    gc.enable()
    seen, real = [], cli.import_module
    monkeypatch.setattr(cli, "import_module", lambda name: (seen.append(gc.isenabled()), real(name)))
    monkeypatch.setattr(cli, "leave_out_of_collection", lambda: seen.append("left out"))
    monkeypatch.setattr("xpert_pipeline.cli.plan", plan)  # the package gets back the module that other tests know
    monkeypatch.delitem(sys.modules, plan.__name__)
    with click.Context(cli.main) as context:
        assert cli.main.get_command(context, "plan").name == "plan"
        assert cli.main.get_command(context, "plan").name == "plan"
    assert (seen, gc.isenabled()) == ([False, "left out"], True), "once, at the import"
