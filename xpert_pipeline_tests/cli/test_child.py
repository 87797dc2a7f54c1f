"""A killed command leaves no process of its own behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import psutil
import pytest

XPERT = Path(sys.executable).with_name("xpert")
PARENT = """
import sys, time
from pathlib import Path
from xpert_pipeline.cli.services import Services, start_sandbox
with Services(Path(sys.argv[1])) as services:
    ready = start_sandbox(services, ["--days=1", "--skus=5", "--orders-per-day=1"])
    print(services.running["sandbox"].pid, ready["endpoint"], flush=True)
    time.sleep(600)
"""
FAMILY = """
import subprocess, sys, time
deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); time.sleep(600)"
grandchild = subprocess.Popen([sys.executable, "-c", deaf], stdout=subprocess.PIPE)
grandchild.stdout.readline()
print(grandchild.pid, flush=True)
time.sleep(600)
"""


def ends(pid, seconds=15):
    """Whether a process is gone soon, or waits only for whoever inherited it to notice."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.1)
    return False


def test_the_sandbox_ends_when_the_command_that_started_it_is_killed(tmp_path):
    """After kill -9 of `xpert up` its sandbox answered for ever, and each further one left another."""
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    with parent:
        pid, endpoint = parent.stdout.readline().split()
        assert httpx.get(endpoint, trust_env=False).status_code > 0
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    assert ends(int(pid))
    with pytest.raises(httpx.TransportError):
        httpx.get(endpoint, trust_env=False)


def test_what_a_child_has_started_ends_with_it_even_if_it_does_not_listen(tmp_path):
    """The child killed what did not listen only after a while, and was itself gone by then."""
    (tmp_path / "family.py").write_text(FAMILY)
    child = subprocess.Popen(
        [sys.executable, "-m", "xpert_pipeline.cli.child", "family"],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with child:
        grandchild = int(child.stdout.readline())
        child.stdin.close()
        assert child.wait(timeout=15) == -signal.SIGTERM
    assert ends(grandchild)


SESSION = """
import os, subprocess, sys, time
from xpert_pipeline_tests.commands import start_command
words = ["--json", "sandbox", "--days", "1", "--skus", "5", "--data-dir", sys.argv[1]]
process = start_command(*words, stdout=subprocess.PIPE)
process.stdout.readline()
print(process.pid, flush=True)
time.sleep(600)
"""


def test_a_command_that_a_test_started_ends_when_the_test_session_is_killed(tmp_path):
    """A killed test session left the whole tree of its `xpert up` running."""
    session = subprocess.Popen([sys.executable, "-c", SESSION, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    with session:
        command = int(session.stdout.readline())
        session.send_signal(signal.SIGKILL)
        session.wait()
    assert ends(command)


def test_a_sandbox_started_alone_stays_when_its_input_ends(tmp_path):
    command = [XPERT, "--json", "sandbox", "--days", "1", "--skus", "5", "--data-dir", str(tmp_path)]
    alone = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    with alone:
        assert "endpoint" in alone.stdout.readline()
        assert not ends(alone.pid, seconds=2)
        alone.terminate()
