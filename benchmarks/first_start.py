"""Kills first starts at many moments, starts again in the same data directory, and counts how many end well.

`python -m benchmarks.first_start --kills 100 --step 0.1` kills the process group of the n-th first start, in a new data
directory, after n × 0.1 s. The next start must exit with 0, and the event log must then hold exactly what the ledger
holds.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import psycopg

from xpert_pipeline.postgres.embedded import remove_embedded, start_embedded

START_SECONDS = 300
SMALL = ("--days", "4", "--skus", "5", "--orders-per-day", "5", "--rate-scale", "0", "--marketplaces", "A21TJRUUN4KGV")
FOREIGN = ("AMAZON_", "DATABASE_", "DAGSTER_", "XPERT_", "SP_API")
COUNTED = ("fetched", "inserted", "updated", "unchanged", "deleted", "rejected")
LOADED = "select " + ", ".join(f"coalesce(sum({name}), 0)::bigint" for name in COUNTED) + " from loads"
LOGGED = (
    "select "
    + ", ".join(f"coalesce(sum((data ->> '{name}')::bigint), 0)::bigint" for name in COUNTED)
    + " from fact_stream"
)


@dataclass(frozen=True)
class Start:
    """A first start that was killed, and the one after it.

    Attributes:
        killed_after: Seconds until the kill.
        exit_code: Exit code of the next start.
        loaded: The ledger's counts: fetched, inserted, updated, unchanged, deleted, rejected.
        logged: The same counts in the event log.
        said: The last line of the next start's errors.
    """

    killed_after: float
    exit_code: int
    loaded: tuple[int, ...]
    logged: tuple[int, ...]
    said: str

    @property
    def ended_well(self) -> bool:
        """Whether the next start worked, loaded something, and logged exactly what it loaded."""
        return self.exit_code == 0 and self.loaded[0] > 0 and self.loaded == self.logged


def killed_start(seconds: float, tables: str = "") -> Start:
    """Kill the process group of a first start after some seconds, and start again."""
    with _data_directory() as home:
        command = [sys.executable, "-m", "xpert_pipeline.cli.main", "up", "--no-ui", *SMALL, "--data-dir", str(home)]
        command += ["--select", tables] if tables else []
        env = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
        first = subprocess.Popen(
            command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        time.sleep(seconds)
        os.killpg(first.pid, signal.SIGKILL)
        first.wait()
        again = subprocess.run(command, env=env, capture_output=True, text=True, timeout=START_SECONDS, check=False)
        loaded, logged = _counts(home) if again.returncode == 0 else ((0,), (0,))
        return Start(seconds, again.returncode, loaded, logged, (again.stderr.strip().splitlines() or [""])[-1])


@contextmanager
def _data_directory() -> Iterator[Path]:
    """A directory that another user may enter, because PostgreSQL does not run as root."""
    folder = Path(tempfile.mkdtemp(prefix="xk-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        remove_embedded(folder)
        shutil.rmtree(folder, ignore_errors=True)


def _counts(home: Path) -> tuple[tuple[int, ...], tuple[int, ...]]:
    server = start_embedded(home)
    with psycopg.connect(server.admin_dsn) as connection:
        loaded, logged = (connection.execute(query).fetchone() for query in (LOADED, LOGGED))
    return tuple(loaded or ()), tuple(logged or ())


def main() -> int:
    """Print one line per start, then how many ended well."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--first", type=int, default=1, help="number of the first moment")
    parser.add_argument("--step", type=float, default=0.1, help="seconds between two moments")
    parser.add_argument("--select", default="", help="tables to load; default: all")
    options = parser.parse_args()
    starts = []
    for number in range(options.first, options.first + options.kills):
        starts.append(killed_start(number * options.step, options.select))
        print(json.dumps(asdict(starts[-1])), flush=True)
    well = sum(start.ended_well for start in starts)
    print(f"{well} of {len(starts)} ended well")
    return 0 if well == len(starts) else 1


if __name__ == "__main__":
    sys.exit(main())
