"""Processes that a command starts and stops: the sandbox, and Dagster's code server, daemon and webserver."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from xpert_pipeline.cli.errors import PreconditionError

CHILD = "xpert_pipeline.cli.child"
GRACE_SECONDS = 5.0  # Dagster's code server ignores SIGTERM while it answers a request


@dataclass
class Services:
    """Child processes, each in its own process group. All end with the block, and also if this process is killed.

    Attributes:
        logs: Folder of their log files, one per name.
        running: The processes by name.
    """

    logs: Path
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(
        self, name: str, module: str, arguments: Sequence[str], env: Mapping[str, str], *, stdout: int | None = None
    ) -> subprocess.Popen[bytes]:
        """Start a Python module as a process; its output goes to `<logs>/<name>.log`."""
        with (self.logs / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(  # noqa: S603  modules are ours, arguments are passed as a list
                [sys.executable, "-m", CHILD, module, *arguments],
                env=dict(env),
                stdin=subprocess.PIPE,  # never written to; it closes when this process ends, see `child`
                stdout=log if stdout is None else stdout,
                stderr=log,
                start_new_session=True,
            )
        self.running[name] = process
        return process

    def check(self) -> None:
        """Check that every process still runs.

        Raises:
            PreconditionError: A process has ended by itself.
        """
        for name, process in self.running.items():
            if process.poll() is not None:
                raise PreconditionError(f"{name} ended with code {process.returncode}: see {self.logs / name}.log")

    def stop(self, *names: str) -> None:
        """End the named processes, or all of them, newest first.

        Each gets SIGTERM; after the grace time the rest of its group gets SIGKILL.
        """
        chosen = [name for name in reversed(self.running) if not names or name in names]
        processes = [self.running[name] for name in chosen]
        for process in processes:
            _signal(process, signal.SIGTERM)
        deadline = time.monotonic() + GRACE_SECONDS
        for process in processes:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=max(0.1, deadline - time.monotonic()))
            _signal(process, signal.SIGKILL)
            process.wait()
            for pipe in filter(None, (process.stdin, process.stdout)):
                pipe.close()
        for name in chosen:
            del self.running[name]


def start_sandbox(services: Services, arguments: Sequence[str]) -> dict[str, Any]:
    """Start the SP-API sandbox and return its ready line.

    Raises:
        PreconditionError: The sandbox did not start; the message has its reason.
    """
    words = ["--json", *arguments]
    process = services.start("sandbox", "xpert_pipeline.sandbox", words, os.environ, stdout=subprocess.PIPE)
    assert process.stdout is not None
    with process.stdout as out:
        line = out.readline()
    if not line:
        process.wait()
        log = (services.logs / "sandbox.log").read_text(errors="replace").strip().splitlines()
        raise PreconditionError(f"the sandbox did not start: {log[-1] if log else 'its log is empty'}")
    ready: dict[str, Any] = json.loads(line)
    return ready


def free_port(wanted: int | None = None) -> int:
    """Return the wanted loopback port if it is free, else another one."""
    for port in (wanted or 0, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return int(probe.getsockname()[1])
    raise PreconditionError("no free port on 127.0.0.1")


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)
