"""The limiter as it is used: many processes, one database, and a server that enforces the plan itself."""

import json
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from xpert_pipeline.sandbox.options import SandboxOptions
from xpert_pipeline.sandbox.server import start
from xpert_pipeline.sandbox.usage_plans import PLANS

OPERATION = "getReport"
RATE, BURST = 2.0, 15
MEASURES = 3
"""A stalled machine grants late and so too little, never too much: the best of a few measures is the limiter's own."""


@dataclass
class Measured:
    """What came of many callers: calls that the server granted, calls that it refused, seconds from first to last."""

    granted: int
    refused: int
    span: float

    def share(self, rate, burst):
        """Of what the plan allows in that time."""
        return self.granted / (burst + rate * self.span)


@pytest.fixture
def sandbox():
    running = []

    def begin(rate_scale):
        running.append(start(SandboxOptions(days=1, orders_per_day=1, skus=1, rate_scale=rate_scale)))
        return running[-1]

    yield begin
    for each in running:
        each.stop()


def let_call(sandbox, dsn, *, seconds, processes=8, threads=4, app="app", **more):
    """Have processes call one operation of one seller for a time."""
    ready = sandbox.ready()
    given = {
        "dsn": dsn,
        "endpoint": ready["endpoint"],
        "token_url": ready["token_url"],
        "token": ready["refresh_token"],
        "seller": ready["seller_id"],
        "app": app,
        "processes": processes,
        "threads": threads,
        "seconds": seconds,
        **more,
    }
    folder = Path(tempfile.mkdtemp(prefix="xl-"))
    command = [
        sys.executable,
        "-m",
        "xpert_pipeline_tests.resources.callers",
        json.dumps(given | {"folder": str(folder)}),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    answers = [answer for file in folder.iterdir() for answer in json.loads(file.read_text())]
    shutil.rmtree(folder)
    assert {status for _, status in answers} <= {404, 429}
    at = [when for when, _ in answers]
    refused = sum(status == 429 for _, status in answers)
    return Measured(len(answers) - refused, refused, max(at) - min(at))


def emptied(sandbox):
    """429s that the server counted by itself."""
    stats = httpx.get(f"{sandbox.endpoint}/_sandbox/stats", trust_env=False).json()
    return stats["throttled_by_bucket"].get(OPERATION, 0)


def best(measure, enough):
    """Measure a few times and take the best; see MEASURES."""
    found = []
    for _ in range(MEASURES):
        found.append(measure())
        if enough(found[-1]):
            break
    return found[-1] if enough(found[-1]) else max(found, key=lambda each: each.granted / each.span)


@pytest.mark.timeout(120)
def test_eight_processes_of_four_threads_use_the_whole_plan_and_never_earn_a_429(sandbox, pipeline_dsn):
    scale, seconds = 10, 16

    def measure():
        server = sandbox(scale)
        found = let_call(server, pipeline_dsn, seconds=seconds, app=f"app at {server.endpoint}")
        assert found.refused == emptied(server)
        return found

    found = best(measure, lambda each: each.refused == 0 and each.share(RATE * scale, BURST) >= 0.97)
    assert found.refused == 0
    assert found.share(RATE * scale, BURST) >= 0.97
    assert found.granted <= BURST + RATE * scale * found.span + 1


@pytest.mark.timeout(120)
def test_a_bucket_of_one_is_used_well_though_requests_travel_unevenly(sandbox, pipeline_dsn, monkeypatch):
    rate, burst, seconds, jitter = 1.5, 1, 12, 0.02
    monkeypatch.setitem(PLANS, OPERATION, (rate, burst))

    def measure():
        server = sandbox(1)
        return let_call(
            server,
            pipeline_dsn,
            seconds=seconds,
            app=f"app at {server.endpoint}",
            plan=(rate, burst),
            jitter=jitter,
        )

    found = best(measure, lambda each: each.refused <= 1 and each.share(rate, burst) >= 0.9)
    assert found.refused <= 1
    assert found.share(rate, burst) >= 0.9
