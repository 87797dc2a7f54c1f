"""A benchmark that is stopped leaves no server and no folder behind."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import pytest


@pytest.fixture
def temporary():
    folder = Path(tempfile.mkdtemp(prefix="xt-"))  # not tmp_path: the server's user must be able to read it
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def processes_of(folder, program=""):
    lines = [(process.pid, " ".join(process.info["cmdline"] or ())) for process in psutil.process_iter(["cmdline"])]
    return [pid for pid, line in lines if str(folder) in line and program in line]


def test_sigterm_stops_the_server_that_load_started(temporary):
    command = [sys.executable, "-m", "benchmarks.load", "--sizes", "20000", "--way", "xml"]
    env = os.environ | {"TMPDIR": str(temporary)}
    with subprocess.Popen(command, env=env, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as process:
        assert process.stderr.readline() == "20,000 rows\n"
        assert processes_of(temporary)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 128 + signal.SIGTERM
    assert not processes_of(temporary)
    assert not list(temporary.iterdir())


def test_sigterm_stops_the_server_the_sandbox_and_the_callers_of_limiter(temporary):
    command = [sys.executable, "-m", "benchmarks.limiter", "--processes", "2", "--seconds", "100"]
    env = os.environ | {"TMPDIR": str(temporary)}
    with subprocess.Popen(command, env=env, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as process:
        while len(processes_of(temporary, "benchmarks.limiter_callers")) < 3:  # one of them forks the others
            assert process.poll() is None
            time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 128 + signal.SIGTERM
    assert not processes_of(temporary)
    assert not list(temporary.iterdir())
