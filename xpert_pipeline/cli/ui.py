"""Starts Dagster's processes over one code server, and launches syncs through them."""

import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import dagster as dg
import httpx
import yaml
from dagster_graphql import DagsterGraphQLClient

from xpert_pipeline.cli.errors import PreconditionError
from xpert_pipeline.cli.runner import Finished, Request, finish
from xpert_pipeline.cli.workplace import Workplace
from xpert_pipeline.partitions import range_tags
from xpert_pipeline.postgres.sellers import Seller

LOCATION = "xpert_pipeline"
START_SECONDS = 120.0
ENDED = (dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED)


def start_dagster(place: Workplace, env: dict[str, str], port: int) -> str:
    """Start code server, daemon and webserver; returns the UI's address once it answers."""
    socket = _socket(place.home.path)
    workspace = place.home.dagster / "workspace.yaml"
    workspace.write_text(
        yaml.safe_dump({"load_from": [{"grpc_server": {"socket": str(socket), "location_name": LOCATION}}]})
    )
    python = sys.executable
    module = ["-m", "xpert_pipeline.definitions", "--location-name", LOCATION]
    code = [python, "-m", "dagster", "code-server", "start", "--socket", str(socket), *module]
    place.services.start("code-server", code, env)
    _wait(place, socket.exists, "the code server")
    daemon = [python, "-m", "dagster._daemon", "run", "--workspace", str(workspace)]
    place.services.start("daemon", daemon, env)
    web = [python, "-m", "xpert_pipeline.cli.webserver", "--port", str(port), "--workspace", str(workspace)]
    place.services.start("webserver", web, env)
    address = f"http://127.0.0.1:{port}"
    _wait(place, lambda: _answers(address), "Dagster's UI")
    return address


def launch(port: int, sellers: Sequence[Seller], request: Request) -> dict[str, Seller]:
    """Queue one run per seller; returns run ids."""
    client = DagsterGraphQLClient("127.0.0.1", port_number=port)
    runs = {}
    for seller in sellers:
        run_id = client.submit_job_execution(
            "sync",
            repository_location_name=LOCATION,
            tags=range_tags(request.days, seller.amazon_seller_id),
            run_config=_config(request),
            asset_selection=[dg.AssetKey(name) for name in request.tables] or None,
        )
        runs[run_id] = seller
    return runs


def follow(place: Workplace, instance: dg.DagsterInstance, runs: dict[str, Seller], request: Request) -> list[Finished]:
    """Wait for runs to end and tell what they did."""
    finished = []
    for run_id, seller in runs.items():
        while (run := instance.get_run_by_id(run_id)) is None or run.status not in ENDED:
            place.services.check()
            time.sleep(1)
        finished.append(finish(place, instance, run_id, seller, request))
    return finished


def _config(request: Request) -> dict[str, Any]:
    return {"ops": {"orders_and_items": {"config": {"refetch": True}}}} if request.refetch else {}


def _socket(data_dir: Path) -> Path:
    """A socket path that fits the 107 bytes of a unix address, whatever the data directory's length."""
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
