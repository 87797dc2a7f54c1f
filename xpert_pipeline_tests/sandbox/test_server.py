"""The sandbox as a process: its ready line, its refusals, its end."""

import json
import signal
import socket
import subprocess
import sys

import httpx
import pytest

from xpert_pipeline.sandbox.server import described
from xpert_pipeline_tests.sandbox.client import Client

SMALL = ["--days", "2", "--orders-per-day", "5", "--skus", "5"]


@pytest.fixture
def launch():
    """Start `python -m xpert_pipeline.sandbox`, and end it after the test."""
    processes = []

    def start(*arguments):
        command = [sys.executable, "-m", "xpert_pipeline.sandbox", *arguments]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_one_ready_line_then_nothing_until_a_signal_ends_it(launch, number):
    process = launch("--json", *SMALL)
    ready = json.loads(process.stdout.readline())
    assert list(ready) == [
        "endpoint", "token_url", "client_id", "client_secret", "refresh_token", "seller_id", "marketplace_id",
            "marketplace_ids",
    ]  # fmt: skip
    form = {"grant_type": "refresh_token"} | {
        name: ready[name] for name in ("refresh_token", "client_id", "client_secret")
    }
    with httpx.Client(trust_env=False) as http:
        token = http.post(ready["token_url"], data=form).json()["access_token"]
        answer = http.get(
            f"{ready['endpoint']}/sellers/v1/marketplaceParticipations", headers={"x-amz-access-token": token}
        )
        assert answer.json()["payload"][0]["marketplace"]["id"] == ready["marketplace_id"]
        process.send_signal(number)  # while a connection is open
        rest, errors = process.communicate(timeout=10)
    assert (process.returncode, rest, errors) == (0, "", "")


def test_without_json_the_ready_line_is_text(launch):
    process = launch(*SMALL, "--sellers", "2")
    assert process.stdout.readline().startswith("SP-API sandbox at http://127.0.0.1:")
    assert "refresh token Atzr|sandbox-1" in process.stdout.readline()


def test_many_sellers_exist_before_their_worlds_are_built(new_sandbox):
    client = new_sandbox(sellers=12, days=1, orders_per_day=2, skus=2)
    worlds = client.running.state.worlds
    listed = client.http.get("/_sandbox/sellers").json()
    assert [entry["name"] for entry in listed] == [f"Sandbox seller {place}" for place in range(1, 13)]
    assert len(worlds.built) == 8
    assert described(client.running).count("refresh token") == 12
    assert len(worlds.built) == 8
    last = Client(client.running, listed[-1]["refresh_token"])
    assert last.orders_page(createdAfter="2026-01-01T00:00:00Z").json()["orders"]
    last.http.close()
    assert listed[-1]["seller_id"] in worlds.built
    assert len(worlds.built) == 9


def test_a_chosen_port_and_its_refusal_if_it_is_taken(launch):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        process = launch("--port", port, *SMALL)
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 3
        assert f"port {port} is taken" in errors
    process = launch("--json", "--port", port, *SMALL)
    assert json.loads(process.stdout.readline())["endpoint"].endswith(f":{port}")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--deny-role", "King"], "there is no role 'King'"),
        (["--fault", "nonsense"], "there is no fault 'nonsense'"),
        (["--fault", "500-json:x"], "the count must be a number"),
        (["--fault", "economics-restated:3"], "it takes no count, skip or chance"),
        (["--rate-scale", "-1"], "--rate-scale"),
        (["--as-of", "tomorrow"], "--as-of"),
        (["--days", "0"], "--days"),
    ],
)
def test_wrong_options_are_named(launch, arguments, words):
    process = launch(*arguments)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 2
    assert words in " ".join(errors.split())


def test_a_csv_that_is_not_an_order_report_is_refused_with_the_missing_columns(launch, tmp_path):
    path = tmp_path / "people.csv"
    path.write_text("Name,SKU\nA,B\n")
    process = launch("--json", "--orders-csv", str(path))
    out, errors = process.communicate(timeout=60)
    assert process.returncode == 2
    assert out == ""
    assert errors.startswith(f"sandbox: {path} is not an all-orders report: the columns Order ID, Date, Status,")


def test_faults_and_roles_of_the_command_line_are_on_from_the_start(launch):
    process = launch("--json", *SMALL, "--fault", "500-json:2", "--deny-role", "inventory & order tracking")
    endpoint = json.loads(process.stdout.readline())["endpoint"]
    with httpx.Client(trust_env=False, base_url=endpoint) as http:
        assert http.get("/_sandbox/faults").json()[0]["left"] == 2
        form = {"grant_type": "refresh_token", "refresh_token": "x", "client_id": "x", "client_secret": "x"}
        headers = {"x-amz-access-token": http.post("/auth/o2/token", data=form).json()["access_token"]}
        assert http.get("/orders/2026-01-01/orders/1", headers=headers).status_code == 403
