"""`xpert up` as users run it: Dagster's UI, the first sync through the daemon, a backfill from the UI, and Ctrl-C."""

import json
import os
import signal
import subprocess
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import psutil
import psycopg
import pytest

from xpert_pipeline.assets.registry import TABLES
from xpert_pipeline.cli.home import Home
from xpert_pipeline.cli.world import fixed_options
from xpert_pipeline.sandbox.server import start
from xpert_pipeline_tests.commands import start_command

pytestmark = [pytest.mark.long, pytest.mark.timeout(400)]
DAYS = 3
SMALL = ("--rate-scale", "0", "--orders-per-day", "20", "--skus", "30")
NAMES = [table.name for table in TABLES]
XPERT = Path(sys.executable).with_name("xpert")
TODAY = datetime.now(ZoneInfo("Asia/Kolkata")).date()
BACKFILL = """
mutation($params: LaunchBackfillParams!) {
  launchPartitionBackfill(backfillParams: $params) {
    __typename
    ... on LaunchBackfillSuccess { backfillId }
    ... on PythonError { message }
  }
}
"""
RUNS = """
query { runsOrError { ... on Runs { results { runId status tags { key value } } } } }
"""
LOGGED = """
select data ->> 'table', count(distinct partition_key) from fact_stream
where event_type = 'sync.completed' and data ->> 'partition_date' >= %s group by 1
"""
PARTITIONS = """
query($key: AssetKeyInput!) {
  assetNodeOrError(assetKey: $key) {
    ... on AssetNode {
      partitionKeysByDimension { name partitionKeys }
      partitionStats { numPartitions numMaterialized }
    }
  }
}
"""


def environment():
    skipped = ("AMAZON_", "DATABASE_", "DAGSTER_", "XPERT_", "SP_API")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(skipped)}
    return {**kept, "XPERT_DELTA_MINUTES": "0"}  # no runs but those that the tests start


def wait_for(condition, seconds, what):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.3)
    pytest.fail(f"{what} did not happen within {seconds} s")


def processes(home):
    listed = psutil.process_iter(["cmdline"])
    return [process for process in listed if any(str(home) in word for word in process.info["cmdline"] or ())]


@pytest.fixture(scope="module")
def home(new_home):
    return new_home()


@pytest.fixture(scope="module")
def running(home):
    command = ["--json", "up", "--days", DAYS, *SMALL, "--port", "0", "--data-dir", home]
    with (home / "out").open("w") as out, (home / "err").open("w") as err:
        process = start_command(*command, env=environment(), stdout=out, stderr=err)
    yield process
    assert processes(home)
    process.send_signal(signal.SIGINT)  # Ctrl-C leaves no process of those it started
    assert process.wait(timeout=60) == 0
    wait_for(lambda: not processes(home), 20, "the end of every process")


@pytest.fixture(scope="module")
def address(home, running):
    def told():
        words = (home / "err").read_text().split()
        return next((word for word in words if word.startswith("http://127.0.0.1:")), None)

    return wait_for(told, 90, "the UI's address")


@pytest.fixture(scope="module")
def first_sync(home, address):
    document = wait_for(lambda: (home / "out").read_text().strip(), 120, "the first sync")
    return json.loads(document)


@pytest.fixture(scope="module")
def first_runs(address, first_sync):
    """How each run ended that there was before the backfills of other tests; the daily sync may start at this hour."""
    return [run["status"] for run in runs(address) if tag(run, "dagster/schedule_name") is None]


@pytest.fixture(scope="module")
def first_partitions(address, first_sync, first_runs):
    """Days and counts of the partitions of orders after the first sync."""
    return partitions(address, "orders")


@pytest.fixture(scope="module")
def earlier_days(home, address, first_partitions):
    """A backfill by command while the UI runs: the UI then has the partitions of these days, too."""
    days = [TODAY - timedelta(days=n) for n in (6, 5, 4)]
    span = ["--from", str(days[0]), "--to", str(days[-1])]
    command = [XPERT, "backfill", *span, "--select", "products", "--data-dir", str(home)]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    wait_for(lambda: partitions(address, "orders")[0][0] == str(days[0]), 60, "the earlier partitions")
    return days


@pytest.fixture
def database(home, first_sync):
    dsn = subprocess.run(
        [XPERT, "db", "url", "--data-dir", str(home)], env=environment(), capture_output=True, text=True, check=True
    ).stdout.strip()
    with psycopg.connect(dsn, autocommit=True) as connection:
        yield connection


def graphql(address, query, variables=None):
    answer = httpx.post(
        f"{address}/graphql", json={"query": query, "variables": variables}, trust_env=False, timeout=60
    )
    answer.raise_for_status()
    return answer.json()["data"]


def partitions(address, table):
    """The days of a table's partitions, and how many partitions there are and how many are materialized."""
    node = graphql(address, PARTITIONS, {"key": {"path": [table]}})["assetNodeOrError"]
    days = next(part["partitionKeys"] for part in node["partitionKeysByDimension"] if part["name"] == "date")
    return days, node["partitionStats"]["numPartitions"], node["partitionStats"]["numMaterialized"]


def runs(address):
    return graphql(address, RUNS)["runsOrError"]["results"]


def tag(run, key):
    return next((entry["value"] for entry in run["tags"] if entry["key"] == key), None)


def rows_in_truth(home, seller):
    """How many rows a perfect pipeline would have in each table, by the sandbox of this directory's world."""
    sandbox = start(fixed_options(Home(home), None))
    try:
        assert list(sandbox.state.worlds) == [seller]
        url = f"{sandbox.endpoint}/_sandbox/truth/"
        answers = {name: httpx.get(url + name, trust_env=False).raise_for_status() for name in NAMES}
    finally:
        sandbox.stop()
    return {name: len(answer.text.splitlines()) for name, answer in answers.items()}


def test_the_first_sync_runs_through_dagster_and_fills_every_table(home, first_runs, first_sync, database):
    assert first_runs == ["SUCCESS"]
    assert [line["table"] for line in first_sync["tables"]] == NAMES
    for line in first_sync["tables"]:
        (rows,) = database.execute(f"select count(*) from {line['table']}").fetchone()
        assert rows == line["inserted"]
        assert (line["state"] in ("ok", "incomplete")) == (rows > 0), "a report without rows is read again later"
    truth = rows_in_truth(home, first_sync["tables"][0]["seller"])
    filled = {line["table"] for line in first_sync["tables"] if line["inserted"]}
    assert filled == {name for name, rows in truth.items() if rows}


def test_the_prediction_of_the_first_sync_knows_the_sandboxs_pace(home, first_sync):
    """It counted Amazon's rates, which this sandbox does not have."""
    assert "predicting how long the first sync takes: the sandbox has no rate limits" in (home / "err").read_text()


def test_the_sensor_logs_the_run_to_fact_stream(database, first_sync):
    """A row for each day of each table; one for all days of a table that Amazon does not offer in the marketplace."""
    not_offered = {line["table"] for line in first_sync["tables"] if line["state"] == "not_available_in_marketplace"}
    expected = {name: 1 if name in not_offered else DAYS for name in NAMES}

    def logged():
        rows = database.execute(LOGGED, (str(TODAY - timedelta(days=DAYS - 1)),)).fetchall()
        return dict(rows) == expected

    wait_for(logged, 240, "fact_stream")


def test_after_the_first_sync_no_partition_is_missing(first_partitions):
    """The UI showed two years of partitions: "701 missing" after a perfect first sync."""
    days, number, materialized = first_partitions
    assert days == [str(TODAY - timedelta(days=n)) for n in range(DAYS - 1, -1, -1)]
    assert number == materialized == DAYS


def test_a_backfill_of_earlier_days_moves_the_partitions_back_and_keeps_what_was_reported(address, earlier_days):
    days, number, materialized = partitions(address, "products")
    assert (days[0], days[-1]) == (str(earlier_days[0]), str(TODAY))
    assert number == len(days) == 7
    assert materialized == DAYS + len(earlier_days)


def test_a_backfill_of_days_from_the_ui_is_one_run_tagged_with_its_seller(address, first_sync, earlier_days):
    seller = first_sync["tables"][0]["seller"]
    params = {
        "partitionNames": [f"{day.isoformat()}|{seller}" for day in earlier_days],
        "assetSelection": [{"path": [name]} for name in ("orders", "order_items", "sales_data")],
    }
    answer = graphql(address, BACKFILL, {"params": params})["launchPartitionBackfill"]
    assert answer["__typename"] == "LaunchBackfillSuccess", answer

    def ended():
        found = [run for run in runs(address) if tag(run, "dagster/backfill") == answer["backfillId"]]
        return found if found and all(run["status"] in ("SUCCESS", "FAILURE") for run in found) else None

    (run,) = wait_for(ended, 150, "the backfill")
    assert run["status"] == "SUCCESS"
    assert tag(run, "seller") == seller
    assert tag(run, "days") == f"{earlier_days[0]} to {earlier_days[-1]}"


def test_a_second_up_in_the_same_directory_is_refused(home, first_sync):
    command = [XPERT, "up", "--no-ui", "--data-dir", str(home)]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=60)
    assert done.returncode == 3
    assert "another `xpert up` runs" in done.stderr


def test_other_pages_get_nothing_from_the_ui(address):
    mutation = {"query": "mutation { wipeAssets(assetPartitionRanges: []) { __typename } }"}
    assert httpx.get(f"{address}/graphql", params=mutation, trust_env=False).status_code == 403
    foreign = httpx.post(f"{address}/graphql", json=mutation, headers={"Origin": "https://a.example"}, trust_env=False)
    assert foreign.status_code == 403


def test_a_sync_without_the_ui_leaves_no_process(new_home):
    """Dagster keeps connections to its storage: taken for another command's, they once left the database running."""
    home = new_home()
    command = [XPERT, "up", "--no-ui", "--days", "2", *SMALL, "--data-dir", str(home)]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr
    assert not processes(home)
