"""Many processes and threads of one application that call one operation of one seller as fast as the limiter lets them.

`let_call` starts them against a sandbox and sums up what they were answered; what it means is for `limiter` and for
tests to say. Run as a program with one JSON argument; each process leaves a file: times of its answers, and their
statuses. Processes are forked from one that has imported everything, and every thread has its connection before the
start.
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
GETTING_READY = 2.5  # seconds until every process has its token and its connections, and all begin
PATIENCE = 120.0  # seconds beyond their own time until callers count as hung


@dataclass(frozen=True)
class Callers:
    """Who calls, for how long, and by which plan.

    Attributes:
        seconds: When they stop, and what they still wait for is given up.
        calls: After how many calls each thread stops earlier.
        processes: How many there are.
        threads: Of each process.
        plan: Rate and burst that they take for Amazon's, instead of the published.
        jitter: Seconds that a request is on its way at most, each time another.
    """

    seconds: float
    calls: int | None = None
    processes: int = 8
    threads: int = 4
    plan: tuple[float, int] | None = None
    jitter: float = 0.0


@dataclass(frozen=True)
class Answers:
    """What came of many callers: calls that the server granted, calls that it refused, seconds from first to last."""

    granted: int
    refused: int
    span: float

    def share(self, rate: float, burst: float) -> float:
        """Of what a plan of so many tokens a second allows in that time."""
        return self.granted / (burst + rate * self.span)


def let_call(sandbox: RunningSandbox, dsn: str, callers: Callers) -> Answers:
    """Have callers call, as an application that has used nothing of its plan.

    Args:
        sandbox: Whose buckets are full.
        dsn: Address of the pipeline's role, in a migrated database.
        callers: Who calls.

    Raises:
        RuntimeError: A process failed, or an answer was neither 404 (there is no such report) nor 429.
        subprocess.TimeoutExpired: They hang.
    """
    ready = sandbox.ready()
    given = {name: ready[name] for name in ("endpoint", "token_url", "refresh_token", "seller_id", "marketplace_id")}
    with tempfile.TemporaryDirectory(prefix="xl-") as folder:
        given |= {**vars(callers), "dsn": dsn, "app": f"app at {sandbox.endpoint}", "folder": folder}
        _run([sys.executable, "-m", "benchmarks.limiter_callers", json.dumps(given)], callers)
        answers = [answer for file in Path(folder).iterdir() for answer in json.loads(file.read_text())]
    if strange := {status for _, status in answers} - {404, 429}:
        raise RuntimeError(f"{OPERATION} was answered with {', '.join(map(str, sorted(strange)))}, not with 404 or 429")
    at = [when for when, _ in answers]
    refused = sum(status == 429 for _, status in answers)
    return Answers(len(answers) - refused, refused, max(at) - min(at))


def _run(command: list[str], callers: Callers) -> None:
    """See all processes end; whatever happens meanwhile, none is left."""
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True) as process:
        try:
            _, said = process.communicate(timeout=callers.seconds + PATIENCE)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    if process.returncode:
        raise RuntimeError(f"{process.returncode} of {callers.processes} callers failed: {said.strip()[-2000:]}")


class Ear:
    """Notes each answer."""

    def __init__(self) -> None:
        self.answers: list[tuple[float, int]] = []

    def waiting(self, operation: str, seconds: float, reason: str) -> None:
        """Nothing to note."""

    def called(self, operation: str, status: int, seconds: float) -> None:  # noqa: ARG002  the protocol's names
        """Note when it came, and its status."""
        self.answers.append((time.time(), status))


class Jittery(Transport):
    """Some requests are slower on their way than others."""

    most = 0.0

    def send(self, *args: Any, **more: Any) -> Answer:
        """Send after a moment."""
        time.sleep(random.uniform(0, self.most))
        return super().send(*args, **more)


def work(given: Mapping[str, Any]) -> None:
    """Be one of the processes."""
    ear = Ear()
    pool = open_pool(given["dsn"], max_size=given["threads"])
    api = SellerApi(
        Credentials(given["app"], "secret", given["refresh_token"], given["seller_id"]),
        [by_id(given["marketplace_id"])],
        PostgresQuota(pool),
        endpoint=given["endpoint"],
        token_url=given["token_url"],
        listener=ear,
    )
    api.check_token()
    api.rate(OPERATION)
    ready = threading.Barrier(given["threads"])

    def call() -> None:
        ready.wait()  # all at once, so that each has a connection of its own
        stats = given["endpoint"] + "/_sandbox/stats"
        api.transport.send("GET", stats, params={}, content=None, headers={}, seconds=10)
        time.sleep(max(0.0, given["start"] - time.time()))
        left = given["calls"]
        while left != 0 and time.time() < given["end"]:
            with contextlib.suppress(SpApiError):  # there is no such report: an answer like any other
                api.call(OPERATION, "unknown", expects={})
            left = left and left - 1

    threads = [threading.Thread(target=call) for _ in range(given["threads"])]
    for thread in threads:
        thread.start()
    threading.Timer(max(0.0, given["end"] - time.time()), api.stop).start()
    for thread in threads:
        thread.join()
    Path(given["folder"], f"{os.getpid()}.json").write_text(json.dumps(ear.answers))


def main() -> None:
    """Fork the processes and see them end; the exit code is how many failed."""
    given = json.loads(sys.argv[1])
    import sp_api.api  # noqa: F401, PLC0415  before forking, once for all

    if given["plan"]:
        plan = usage_plans.UsagePlan(OPERATION, *given["plan"])
        usage_plans._PLANS[OPERATION] = plan  # noqa: SLF001  answers tell a rate, but no burst
    given["start"] = time.time() + GETTING_READY
    given["end"] = given["start"] + given["seconds"]
    Jittery.most = given["jitter"]
    session.Transport = Jittery  # type: ignore[attr-defined]
    children = []
    for _ in range(given["processes"]):
        child = os.fork()
        if not child:
            work(given)
            os._exit(0)
        children.append(child)
    failed = [child for child in children if os.waitpid(child, 0)[1]]
    sys.exit(len(failed))


if __name__ == "__main__":
    main()
