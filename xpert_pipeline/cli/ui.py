"""Starts Dagster's processes around one code server, and runs syncs through their queue."""

import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import httpx
import yaml
from dagster_graphql import DagsterGraphQLClient, DagsterGraphQLClientError

from xpert_pipeline.cli.errors import PreconditionError
from xpert_pipeline.cli.run_result import RunResult
from xpert_pipeline.cli.runner import FORETOLD, SyncRequest, Syncs, result_of, run_config, tags_of, with_time_left
from xpert_pipeline.cli.step_watch import StepWatch, report_loads
from xpert_pipeline.cli.workplace import Workplace
from xpert_pipeline.postgres.sellers import Seller
from xpert_pipeline.progress import note
from xpert_pipeline.settings import read_first_day
from xpert_pipeline.wording import counted

LOCATION = "xpert_pipeline"
START_SECONDS = 120.0
DAGSTER = "dagster"
"""The claim that a process holds on the data directory while its Dagster processes run."""
SERVICES = ("code-server", "daemon", "webserver")
REPOSITORY = "__repository__"
"""Dagster's name for the definitions of a location; without it, each submission first looks it up."""
ENDED = (dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED)


@dataclass(frozen=True)
class Queued:
    """A run in the queue, with its seller and request."""

    id: str
    seller: Seller
    request: SyncRequest


def start_dagster(place: Workplace, env: dict[str, str], port: int) -> str:
    """Start code server, daemon and webserver; return the UI's address once it answers."""
    socket = _socket(place.home.path)
    workspace = place.home.dagster / "workspace.yaml"
    workspace.write_text(
        yaml.safe_dump({"load_from": [{"grpc_server": {"socket": str(socket), "location_name": LOCATION}}]})
    )
    module = ["-m", "xpert_pipeline.definitions", "--location-name", LOCATION]
    place.services.start("code-server", "dagster", ["code-server", "start", "--socket", str(socket), *module], env)
    _wait(place, socket.exists, "the code server")
    place.services.start("daemon", "dagster._daemon", ["run", "--workspace", str(workspace)], env)
    web = ["--port", str(port), "--workspace", str(workspace)]
    place.services.start("webserver", "xpert_pipeline.cli.webserver", web, env)
    address = f"http://127.0.0.1:{port}"
    _wait(place, lambda: _answers(address), "Dagster's UI")
    return address


def launch(port: int, syncs: Syncs, tags: Mapping[str, str] | None = None) -> Iterator[Queued]:
    """Queue one run per seller, and yield each as soon as it is queued.

    Raises:
        PreconditionError: Dagster refused a run, as when its code server could not load the pipeline.
    """
    client = DagsterGraphQLClient("127.0.0.1", port_number=port)
    for seller, request in syncs:
        try:
            run_id = client.submit_job_execution(
                "sync",
                repository_location_name=LOCATION,
                repository_name=REPOSITORY,
                tags={**tags_of(seller, request), **(tags or {})},
                run_config=run_config(request),
                asset_selection=[dg.AssetKey(name) for name in request.tables] or None,
            )
        except DagsterGraphQLClientError as error:
            raise PreconditionError(
                f"Dagster did not take the sync of {seller.amazon_seller_id}: {error.args[-1]}. "
                "The reason is in logs/code-server.log in the data directory; all data is kept"
            ) from error
        yield Queued(run_id, seller, request)


def follow(place: Workplace, instance: dg.DagsterInstance, runs: Sequence[Queued]) -> list[RunResult]:
    """Wait until all runs have ended; return their results in the order of `runs`."""
    results: dict[str, RunResult] = {}
    watch = StepWatch()
    while open_runs := {run.id: run for run in runs if run.id not in results}:
        place.services.check()
        ended = instance.get_runs(dg.RunsFilter(run_ids=list(open_runs), statuses=list(ENDED)))
        started = instance.get_runs(dg.RunsFilter(run_ids=list(open_runs), statuses=[dg.DagsterRunStatus.STARTED]))
        for dagster_run in [*started, *ended]:
            run = open_runs[dagster_run.run_id]
            watch.look(instance, run.id, run.seller.amazon_seller_id)
        for run in (open_runs[dagster_run.run_id] for dagster_run in ended):
            results[run.id] = result_of(place, instance, run.id, run.seller, run.request)
            report_loads(results[run.id].tables)
            if len(runs) <= FORETOLD:
                results[run.id] = with_time_left(place, results[run.id], run.seller, run.request)
            if len(runs) > 1:
                note(f"{run.seller.amazon_seller_id}: done, {len(results)} of {counted(len(runs), 'seller')}")
        time.sleep(0 if ended else 1)
    return [results[run.id] for run in runs]


def stay_current(place: Workplace, port: int) -> None:
    """Watch the processes until Ctrl-C; load the code location again when another command moves the first day back."""
    first = read_first_day(place.home.first_day_file)
    while True:
        place.services.check()
        wanted = read_first_day(place.home.first_day_file)
        if wanted != first:
            DagsterGraphQLClient("127.0.0.1", port_number=port).reload_repository_location(LOCATION)
            first = wanted
        time.sleep(1)


def _socket(data_dir: Path) -> Path:
    """Return a path for the code server's socket that fits into the 107 bytes of a unix address."""
    path = data_dir / "code.sock"
    if len(str(path).encode()) > 100:
        path = Path(tempfile.mkdtemp(prefix="xpert-")) / "code.sock"
    path.unlink(missing_ok=True)
    return path


def _answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/server_info", timeout=2, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def _wait(place: Workplace, ready: Any, what: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not ready():
        place.services.check()
        if time.monotonic() > deadline:
            raise PreconditionError(f"{what} did not start within {START_SECONDS:.0f} s: see {place.home.logs}")
        time.sleep(0.1)
