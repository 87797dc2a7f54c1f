"""Many processes and threads of one application that call one operation of one seller as fast as the limiter allows.

`let_call` starts them against a sandbox and adds up their answers; `limiter` and tests interpret them. The module runs
as a program with one JSON argument. Each process writes the times and statuses of its answers to a file. Processes are
forked from one that has imported everything, and every thread has its connection before the start.
"""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xpert_pipeline.postgres.pool import open_pool
from xpert_pipeline.postgres.quota import PostgresQuota
from xpert_pipeline.sandbox.server import RunningSandbox
from xpert_pipeline.spapi import session
from xpert_pipeline.spapi.errors import SpApiError
from xpert_pipeline.spapi.marketplaces import by_id
from xpert_pipeline.spapi.quota import usage_plans
from xpert_pipeline.spapi.sending.credentials import Credentials
from xpert_pipeline.spapi.sending.transport import Answer, Transport
from xpert_pipeline.spapi.session import SellerApi

OPERATION = "getReport"
GETTING_READY = 2.5  # seconds until every process has its token and its connections, and all start
PATIENCE = 120.0  # seconds after their own time until callers count as hung


@dataclass(frozen=True)
class Callers:
    """The callers of a measurement.

    Attributes:
        seconds: When they stop and give up waiting requests.
        calls: Calls after which each thread stops earlier.
        processes: Number of processes.
        threads: Threads of each process.
        plan: Rate and burst that they assume, instead of the published ones.
        jitter: Longest travel time of a request in seconds; it differs from request to request.
    """

    seconds: float
    calls: int | None = None
    processes: int = 8
    threads: int = 4
    plan: tuple[float, int] | None = None
    jitter: float = 0.0


@dataclass(frozen=True)
class Answers:
    """The answers of all callers: calls granted, calls refused, and seconds from the first answer to the last."""

    granted: int
    refused: int
    span: float

    def share(self, rate: float, burst: float) -> float:
        """The granted calls divided by the calls that a plan allows in that time."""
        return self.granted / (burst + rate * self.span)


def let_call(sandbox: RunningSandbox, dsn: str, callers: Callers) -> Answers:
    """Let callers call, as an application with full buckets.

    Args:
        sandbox: A sandbox with full buckets.
        dsn: Address of the pipeline's role, in a migrated database.
        callers: The callers.

    Raises:
        RuntimeError: A process failed, or an answer was neither 404 (no such report) nor 429.
        subprocess.TimeoutExpired: The callers hang.
    """
    ready = sandbox.ready()
    settings = {name: ready[name] for name in ("endpoint", "token_url", "refresh_token", "seller_id", "marketplace_id")}
    with tempfile.TemporaryDirectory(prefix="xl-") as folder:
        settings |= {**vars(callers), "dsn": dsn, "app": f"app at {sandbox.endpoint}", "folder": folder}
        _run([sys.executable, "-m", "benchmarks.limiter_callers", json.dumps(settings)], callers)
        answers = [answer for file in Path(folder).iterdir() for answer in json.loads(file.read_text())]
    if unexpected := {status for _, status in answers} - {404, 429}:
        raise RuntimeError(
            f"{OPERATION} was answered with {', '.join(map(str, sorted(unexpected)))}, not with 404 or 429"
        )
    times = [time_of_answer for time_of_answer, _ in answers]
    refused = sum(status == 429 for _, status in answers)
    return Answers(len(answers) - refused, refused, max(times) - min(times))


def _run(command: list[str], callers: Callers) -> None:
    """Wait until all processes end; whatever happens, none is left."""
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True) as process:
        try:
            _, stderr = process.communicate(timeout=callers.seconds + PATIENCE)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    if process.returncode:
        raise RuntimeError(f"{process.returncode} of {callers.processes} callers failed: {stderr.strip()[-2000:]}")


class Recorder:
    """Records each answer."""

    def __init__(self) -> None:
        self.answers: list[tuple[float, int]] = []

    def waiting(self, operation: str, seconds: float, reason: str) -> None:
        """Ignore waits."""

    def called(self, operation: str, status: int, seconds: float) -> None:  # noqa: ARG002  the protocol's names
        """Record the time and status of an answer."""
        self.answers.append((time.time(), status))


class Jittery(Transport):
    """Some requests are slower on their way than others."""

    most = 0.0

    def send(self, *args: Any, **more: Any) -> Answer:
        """Send after a moment."""
        time.sleep(random.uniform(0, self.most))
        return super().send(*args, **more)


def work(settings: Mapping[str, Any]) -> None:
    """Be one of the processes."""
    recorder = Recorder()
    pool = open_pool(settings["dsn"], max_size=settings["threads"])
    api = SellerApi(
        Credentials(settings["app"], "secret", settings["refresh_token"], settings["seller_id"]),
        [by_id(settings["marketplace_id"])],
        PostgresQuota(pool),
        endpoint=settings["endpoint"],
        token_url=settings["token_url"],
        listener=recorder,
    )
    api.check_token()
    api.rate(OPERATION)
    ready = threading.Barrier(settings["threads"])

    def call() -> None:
        ready.wait()  # all at once, so that each thread has its own connection
        stats = settings["endpoint"] + "/_sandbox/stats"
        api.transport.send("GET", stats, params={}, content=None, headers={}, seconds=10)
        time.sleep(max(0.0, settings["start"] - time.time()))
        left = settings["calls"]
        while left != 0 and time.time() < settings["end"]:
            with contextlib.suppress(SpApiError):  # there is no such report: an answer like any other
                api.call(OPERATION, "unknown", expects={})
            left = left and left - 1

    threads = [threading.Thread(target=call) for _ in range(settings["threads"])]
    for thread in threads:
        thread.start()
    threading.Timer(max(0.0, settings["end"] - time.time()), api.stop).start()
    for thread in threads:
        thread.join()
    Path(settings["folder"], f"{os.getpid()}.json").write_text(json.dumps(recorder.answers))


def main() -> None:
    """Fork the processes and see them end; the exit code is how many failed."""
    settings = json.loads(sys.argv[1])
    import sp_api.api  # noqa: F401, PLC0415  before forking, once for all

    if settings["plan"]:
        plan = usage_plans.UsagePlan(OPERATION, *settings["plan"])
        usage_plans._PLANS[OPERATION] = plan  # noqa: SLF001  answers contain a rate, but no burst
    settings["start"] = time.time() + GETTING_READY
    settings["end"] = settings["start"] + settings["seconds"]
    Jittery.most = settings["jitter"]
    session.Transport = Jittery  # type: ignore[attr-defined]
    children = []
    for _ in range(settings["processes"]):
        child = os.fork()
        if not child:
            work(settings)
            os._exit(0)
        children.append(child)
    failed = [child for child in children if os.waitpid(child, 0)[1]]
    sys.exit(len(failed))


if __name__ == "__main__":
    main()
