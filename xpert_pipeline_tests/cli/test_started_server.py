"""A command stops the embedded server that it started, but never under another command."""

import subprocess
import sys
from contextlib import contextmanager

import pytest
from click.testing import CliRunner

from xpert_pipeline.cli.home import Home
from xpert_pipeline.cli.main import main
from xpert_pipeline.cli.started_server import stop_unless_used
from xpert_pipeline.postgres import dumps
from xpert_pipeline.postgres.embedded import find_embedded, start_embedded
from xpert_pipeline.postgres.migrations import migrate

pytestmark = pytest.mark.timeout(300)
COMMAND = """
import pathlib, sys
from xpert_pipeline.postgres.embedded import start_embedded
start_embedded(pathlib.Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
"""


@contextmanager
def another_command(home):
    """A command that uses the server, and has no connection to it just now."""
    with subprocess.Popen(
        [sys.executable, "-c", COMMAND, str(home)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as command:
        assert command.stdout.readline() == "ready\n"
        yield
        command.communicate("\n")


def test_the_server_stays_for_a_command_that_is_not_connected_just_now(new_home):
    """A command that ended stopped the server under another one, which was just starting the sandbox."""
    home = new_home() / "home"
    server = start_embedded(home)
    with another_command(home):
        stop_unless_used(server)
        assert find_embedded(home) is not None
    stop_unless_used(server)
    assert find_embedded(home) is None
    stop_unless_used(start_embedded(home))
    assert find_embedded(home) is None


def test_a_backup_leaves_the_server_to_a_command_that_began_meanwhile(new_home, tmp_path, monkeypatch):
    """A nightly backup had started the server, and stopped it in the middle of the sync that began a moment later."""
    for name in ("DATABASE_URL", "DAGSTER_DATABASE_URL", "XPERT_ENCRYPTION_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    home, dump = Home(new_home() / "home").path, dumps.dump
    server = start_embedded(home)
    migrate(server.admin_dsn)
    server.stop()
    commands = []

    def while_another_begins(*arguments):
        commands.append(another_command(home))
        commands[0].__enter__()
        dump(*arguments)

    monkeypatch.setattr(dumps, "dump", while_another_begins)
    done = CliRunner().invoke(main, ["db", "backup", str(tmp_path / "file"), "--data-dir", str(home)])
    assert done.exit_code == 0, done.output
    running = find_embedded(home)
    assert running is not None
    commands[0].__exit__(None, None, None)
    running.stop()
