"""Runs `xpert` as users do, in its own data directory, and measures the memory of its processes."""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Container, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import psutil

from benchmarks.harness import clean_environment

XPERT = Path(sys.executable).with_name("xpert")
LOOK_EVERY = 0.1
NOT_OURS = ("postgres", "xpert_pipeline.sandbox")
"""Child processes that do not belong to the pipeline: the embedded server and the sandbox."""


@dataclass(frozen=True)
class Ran:
    """The result of a command.

    Attributes:
        stdout: What it printed.
        seconds: How long it took.
        peak: Largest memory of the command and its children at one time, in bytes.
        peaks: Largest memory of each of these processes, by process id, in bytes.
    """

    stdout: str
    seconds: float
    peak: int
    peaks: dict[int, int]

    @property
    def document(self) -> Any:
        """The document that it printed with --json."""
        return json.loads(self.stdout)


def xpert(folder: Path, *words: str, codes: Container[int] = (0,)) -> Ran:
    """Run a command with the data directory in `folder`.

    Args:
        folder: Working directory; contains the data directory.
        words: The command line after `xpert`.
        codes: Exit codes that are accepted.

    Raises:
        click.ClickException: The command ended with another exit code. The message has the end of its stderr.
    """
    command = [str(XPERT), *words, "--data-dir", str(folder / "data")]
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        start = time.perf_counter()
        process = psutil.Popen(command, env=clean_environment(), cwd=folder, stdout=out, stderr=err)
        try:
            peak, peaks = _watch(process)
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait(60)
        seconds = time.perf_counter() - start
        out.seek(0)
        err.seek(0)
        if process.returncode not in codes:
            raise click.ClickException(f"xpert {' '.join(words)} failed: {err.read().strip()[-2000:]}")
        return Ran(out.read(), seconds, peak, peaks)


@contextmanager
def database(folder: Path) -> Iterator[None]:
    """Run the embedded server of `folder`'s data directory during the block, so that its creation is not measured."""
    xpert(folder, "db", "start")
    try:
        yield
    finally:
        with suppress(click.ClickException):
            xpert(folder, "db", "stop")


def _watch(process: psutil.Popen) -> tuple[int, dict[int, int]]:
    peak, peaks = 0, dict[int, int]()
    while True:
        now = {member.pid: _resident(member) for member in [process, *_children(process)]}
        peak = max(peak, sum(now.values()))
        peaks |= {pid: max(taken, peaks.get(pid, 0)) for pid, taken in now.items()}
        try:
            process.wait(LOOK_EVERY)
        except (subprocess.TimeoutExpired, psutil.TimeoutExpired):
            continue
        return peak, peaks


def _children(process: psutil.Process) -> list[psutil.Process]:
    with suppress(psutil.Error):
        return [child for child in process.children(recursive=True) if not _is_foreign(child)]
    return []


def _is_foreign(process: psutil.Process) -> bool:
    with suppress(psutil.Error):
        words = process.cmdline()
        return any(name in word for name in NOT_OURS for word in words[:4])  # later words are options and paths
    return True


def _resident(process: psutil.Process) -> int:
    with suppress(psutil.Error):
        return int(process.memory_info().rss)
    return 0
