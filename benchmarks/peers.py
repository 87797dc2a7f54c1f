"""Loads the same orders with this pipeline, with dlt and with a plain loop, and compares time, calls and rows.

Each way has its own sandbox with the same world and full token buckets, and its own database. It syncs twice. Between
the syncs a day passes in all worlds: orders change and new ones come in.
"""

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import click
import psycopg

from benchmarks.harness import Figure, Goal, Outcome, clean_environment, publish, ratio, say, workspace
from benchmarks.later_world import changed, later_worlds
from benchmarks.peer_rows import off_truth
from benchmarks.token_bound import WITHOUT_PLAN
from xpert_pipeline.postgres.embedded import EmbeddedServer, find_embedded, start_embedded
from xpert_pipeline.sandbox.options import SandboxOptions
from xpert_pipeline.sandbox.server import RunningSandbox, start

XPERT = Path(sys.executable).with_name("xpert")
SETTLED = 160
"""Seconds without changes before a sync: searchOrders hides the last 120 seconds, the pipeline the last 150."""
COMPRESSED = 20
"""Seconds into which a day is compressed."""
SYNCS = ("pipeline", "dlt", "loop")
GOALS = {
    "pipeline_rows_off": Goal("==", 0),
    "pipeline_429s": Goal("==", 0),
}


@dataclass
class Way:
    """One way, with its own sandbox and database."""

    name: str
    sandbox: RunningSandbox
    dsn: str
    sync: Callable[["Way"], bool]
    numbers: Counter[str] = field(default_factory=Counter)
    seconds: dict[str, float] = field(default_factory=dict)

    def run(self, time_name: str) -> None:
        """Sync, and record the time, calls, refusals and wrong rows."""
        before = self._calls()
        began = time.perf_counter()
        gave_up = self.sync(self)
        self.seconds[time_name] = time.perf_counter() - began
        spent = self._calls() - before
        self.numbers.update({f"{time_name}_{name}": spent[name] for name in ("calls", "429s")})
        self.numbers[f"{time_name}_gave_up"] = int(gave_up)
        wrong = off_truth(self.name, self.dsn, self.sandbox)
        self.numbers.update({f"{time_name}_{name}": count for name, count in wrong.items()})
        say(f"  {self.name}, {time_name} sync: {self.seconds[time_name]:.1f} s, {dict(spent)}, {dict(wrong)}")

    def gave_up(self, until: str) -> bool:
        """Whether it gave up in this sync, or in an earlier one that left work to this sync."""
        return any(self.numbers[f"{when}_gave_up"] for when in ("first", "second")[: 1 + (until == "second")])

    def _calls(self) -> Counter[str]:
        counts: Counter[str] = Counter()
        for operation, by_seller in self.sandbox.state.statistics.as_json()["calls"].items():
            if operation not in WITHOUT_PLAN:
                for by_status in by_seller.values():
                    counts["calls"] += sum(by_status.values())
                    counts["429s"] += by_status.get("429", 0)
        return counts


@click.command()
@click.option("--days", type=click.IntRange(min=2), default=20, show_default=True, help="Days of the invented world.")
@click.option("--orders-per-day", type=click.IntRange(min=1), default=200, show_default=True)
@click.option("--rate-scale", "scale", type=click.FloatRange(min=1), default=60.0, show_default=True,
              help="How much faster than Amazon's the sandbox's time runs; pauses are divided by it.")  # fmt: skip
@click.option("--loop-tries", type=click.IntRange(min=1), default=10, show_default=True,
              help="Tries of the loop's throttle_retry; the default of ten ends before a token comes.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def main(days: int, orders_per_day: int, scale: float, loop_tries: int, *, as_json: bool) -> None:
    """Measure this pipeline against others on the same seller."""
    clean_environment()
    os.environ |= {"RUNTIME__DLTHUB_TELEMETRY": "false", "NO_PROXY": "127.0.0.1"}
    last_day = datetime.now(ZoneInfo("Asia/Kolkata")).date() - timedelta(days=2)
    options = SandboxOptions(days=days, orders_per_day=orders_per_day, rate_scale=scale, as_of=last_day)
    with workspace() as folder, ExitStack() as stack:
        server = start_embedded(folder / "data")
        stack.callback(server.stop)
        ways = [stack.enter_context(_way(name, server, options, folder, loop_tries)) for name in SYNCS]
        for way in ways:
            way.run("first")
        moved = _a_day_passes(ways, options)
        for way in ways:
            way.run("second")
        figures = {"orders": len(next(iter(ways[0].sandbox.state.worlds.values())).orders), **moved}
    publish(outcome(ways, figures, scale), as_json=as_json)


def outcome(ways: list[Way], world: dict[str, Figure], scale: float) -> Outcome:
    """The figures of all ways side by side."""
    figures: dict[str, Figure] = {"rate_scale": scale, **world}
    ours = next(way for way in ways if way.name == "pipeline")
    for way in ways:
        figures[f"{way.name}_429s"] = way.numbers["first_429s"] + way.numbers["second_429s"]
        figures[f"{way.name}_rows_off"] = sum(
            way.numbers[f"{when}_{name}"] for when in ("first", "second") for name in ("missing", "doubled", "wrong")
        )
        for when in ("first", "second"):
            figures[f"{way.name}_{when}_seconds"] = round(way.seconds[when], 2)
            for name in ("calls", "429s", "gave_up", "missing", "doubled", "wrong"):
                figures[f"{way.name}_{when}_{name}"] = way.numbers[f"{when}_{name}"]
        if way is not ours:
            for when, name in (("first", "seconds_vs_pipeline"), ("second", "second_seconds_vs_pipeline")):
                if not (way.gave_up(when) or ours.gave_up(when)):
                    figures[f"{way.name}_{name}"] = ratio(way.seconds[when], ours.seconds[when])
    notes = (
        "x_seconds_vs_pipeline = seconds of way x / seconds of the pipeline, first sync, each in its own process;",
        "missing if a way gave up (x_first_gave_up is 1), then also for the second sync: such seconds are no speed",
        "missing, doubled, wrong: rows of orders and order_items compared with the sandbox's truth",
        "not measured: every other table, faults, and Amazon's own pace (pauses of all ways are scaled like its rates)",
    )
    return Outcome("peers", figures, GOALS, notes)


def _a_day_passes(ways: list[Way], options: SandboxOptions) -> dict[str, Figure]:
    """Let each sandbox serve the next day's business, and wait until searchOrders shows it."""
    now = time.time()
    moved, new = 0, 0
    for way in ways:
        worlds = way.sandbox.state.worlds
        later = later_worlds(worlds, options, now, now + COMPRESSED)
        moved, new = map(sum, zip(*(changed(worlds[seller], later[seller]) for seller in worlds), strict=True))
        worlds.update(later)
    say(f"a day passes: {moved} orders change, {new} come in; waiting {COMPRESSED + SETTLED} s until they are visible")
    time.sleep(COMPRESSED + SETTLED)
    return {"orders_moved_on": moved, "orders_come_in": new}


@contextmanager
def _way(name: str, server: EmbeddedServer, options: SandboxOptions, folder: Path, loop_tries: int) -> Iterator[Way]:
    with start(options) as sandbox:
        if name == "pipeline":
            data = folder / "pipeline"
            own = find_embedded(data) or start_embedded(data)
            try:
                yield Way(name, sandbox, own.admin_dsn, lambda way: _pipeline(way, data, options.days + 2))
            finally:
                own.stop()
            return
        with psycopg.connect(server.admin_dsn, autocommit=True) as admin:
            admin.execute(f"create database peer_{name}")
        yield Way(
            name, sandbox, server.dsn("postgres", f"peer_{name}"), lambda way: _peer(way, folder, options, loop_tries)
        )


def _pipeline(way: Way, data: Path, days: int) -> bool:
    ready = way.sandbox.ready()
    env = os.environ | {
        "AMAZON_CLIENT_ID": ready["client_id"],
        "AMAZON_CLIENT_SECRET": ready["client_secret"],
        "AMAZON_REFRESH_TOKEN": ready["refresh_token"],
        "AMAZON_SELLER_ID": ready["seller_id"],
        "AMAZON_MARKETPLACE_IDS": ready["marketplace_id"],
        "SP_API_ENDPOINT": ready["endpoint"],
        "SP_API_TOKEN_URL": ready["token_url"],
    }
    words = ["up", "--no-ui", f"--days={days}"] if "first" not in way.seconds else ["sync"]
    command = [str(XPERT), *words, "--select=orders,order_items", "--data-dir", str(data)]
    return _run(command, env, data.parent)


def _peer(way: Way, folder: Path, options: SandboxOptions, loop_tries: int) -> bool:
    begins = datetime.combine(options.last_day - timedelta(days=options.days), datetime.min.time(), UTC)
    settings = {
        **way.sandbox.ready(),
        "dsn": way.dsn,
        "scale": options.rate_scale,
        "since": begins.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "folder": str(folder / way.name),
        "loop_tries": loop_tries,
    }
    env = os.environ | {"SP_API_AUTH_CACHE_TTL": str(int(3200 / options.rate_scale))}  # the library's, in seconds
    return _run([sys.executable, "-m", f"benchmarks.peer_{way.name}", json.dumps(settings)], env, Path.cwd())


def _run(command: list[str], env: dict[str, str], cwd: Path) -> bool:
    """Run a sync; returns whether it gave up before its end (exit code 1, as a script that may be run again)."""
    done = subprocess.run(command, env=env, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode > 1 or (done.returncode and "Traceback" in done.stderr):
        raise click.ClickException(f"{command[2]} ended with {done.returncode}: {done.stderr.strip()[-2000:]}")
    if done.returncode:
        say(f"  {done.stderr.strip()[-300:]}")
    return bool(done.returncode)


if __name__ == "__main__":
    main()
