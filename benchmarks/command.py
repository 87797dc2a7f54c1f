"""Runs `xpert` as users run it, in a data directory of its own, and watches how much memory its processes take."""

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
"""Processes below the command that are no pipeline: the embedded server, and what stands in for Amazon."""


@dataclass(frozen=True)
class Ran:
    """What a command printed, how long it took, and how much memory it needed, in bytes.

    Attributes:
        stdout: What it printed.
        seconds: How long it took.
        peak: Most memory of it and its children at one time.
        peaks: Most memory of each of these processes, by its id.
    """

    stdout: str
    seconds: float
    peak: int
    peaks: dict[int, int]

    @property
    def document(self) -> Any:
        """What it printed with --json."""
        return json.loads(self.stdout)


def xpert(folder: Path, *words: str, codes: Container[int] = (0,)) -> Ran:
    """Run a command over `folder`'s data directory.

    Args:
        folder: Where it works.
        words: The command.
        codes: With which it may end.

    Raises:
        click.ClickException: It ended with another; with the end of what it said.
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
    """The embedded server of `folder`'s data directory runs meanwhile: its making is not measured."""
    xpert(folder, "db", "start")
    try:
        yield
    finally:
        with suppress(click.ClickException):
            xpert(folder, "db", "stop")


def _watch(process: psutil.Popen) -> tuple[int, dict[int, int]]:
    peak, peaks = 0, dict[int, int]()
    while True:
        now = {each.pid: _resident(each) for each in [process, *_children(process)]}
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
        return any(name in word for name in NOT_OURS for word in words[:4])  # behind them stand options and paths
    return True


def _resident(process: psutil.Process) -> int:
    with suppress(psutil.Error):
        return int(process.memory_info().rss)
    return 0
