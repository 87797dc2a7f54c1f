"""`xpert sync` of several sellers: at the same time through Dagster's run queue, and no process remains."""

import base64
import json
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, nullcontext
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import dagster as dg
import httpx
import psutil
import pytest
from dagster._daemon.types import DaemonHeartbeat

from xpert_pipeline.assets.registry import SOURCES
from xpert_pipeline.cli import many, ui
from xpert_pipeline.cli.home import Home
from xpert_pipeline.sandbox.faults import FaultRule
from xpert_pipeline.sandbox.options import SandboxOptions
from xpert_pipeline.sandbox.server import start
from xpert_pipeline_tests.conftest import KEY
from xpert_pipeline_tests.empty_job import empty
from xpert_pipeline_tests.sandbox.client import LOCAL
from xpert_pipeline_tests.sandbox_sellers import add_sellers

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]
XPERT = Path(sys.executable).with_name("xpert")
TODAY = datetime.now(ZoneInfo("Asia/Kolkata")).date()
NAMES = {"products", "orders", "order_items", "sales_data", "fba_inventory", "economics_daily", "traffic_daily"}
"""What each seller loads: a table of each kind of request, so that the numbers of tries can be told."""
AFTER_OTHERS = {table.name for source in SOURCES if source.after for table in source.tables} & NAMES
"""They need another table, and are skipped if it fails."""
RUNS = """
select r.status, t.value, r.start_time, r.end_time from dagster.runs r join dagster.run_tags t using (run_id)
where t.key = 'seller' order by r.id
"""


@pytest.fixture
def sandbox(request, sellers):
    """A sandbox in Amazon's place, with its sellers added."""
    sandbox = start(SandboxOptions(rate_scale=0, days=3, orders_per_day=20, skus=30, sellers=request.param))
    add_sellers(sellers, sandbox)
    yield sandbox
    sandbox.stop()


@pytest.fixture
def sync(sandbox, pipeline_dsn, tmp_path):
    """Starts the command."""
    ready = sandbox.ready()
    skipped = ("AMAZON_", "DATABASE_", "DAGSTER_", "XPERT_", "SP_API")
    environ = {
        **{name: value for name, value in os.environ.items() if not name.startswith(skipped)},
        "DATABASE_URL": pipeline_dsn,
        "SP_API_ENDPOINT": ready["endpoint"],
        "SP_API_TOKEN_URL": ready["token_url"],
        "AMAZON_CLIENT_ID": ready["client_id"],
        "AMAZON_CLIENT_SECRET": "canary",
        "XPERT_ENCRYPTION_KEY": base64.b64encode(KEY).decode(),
        "XPERT_DATA_DIR": str(tmp_path / "home"),
    }
    started = []

    def begin():
        days = ["--from", str(TODAY - timedelta(days=2)), "--to", str(TODAY)]
        command = [XPERT, "--json", "sync", *days, "--select", ",".join(NAMES)]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        started.append(subprocess.Popen(command, env=environ, cwd=tmp_path, start_new_session=True, **pipes))
        return started[-1]

    yield begin
    for process in started:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    assert not services(tmp_path)


def services(home):
    listed = psutil.process_iter(["cmdline"])
    return [process for process in listed if any(str(home) in word for word in process.info["cmdline"] or ())]


def filled_in_truth(sandbox, seller):
    """The tables of which a perfect pipeline would have rows."""
    url, whose = f"{sandbox.endpoint}/_sandbox/truth/", {"seller": seller}
    answers = {name: httpx.get(url + name, params=whose, **LOCAL).raise_for_status() for name in NAMES}
    return {name for name, answer in answers.items() if answer.text}


@pytest.mark.parametrize("sandbox", [many.MANY + 1], indirect=True)
def test_a_seller_that_answers_only_errors_fails_alone_and_gives_up_early(sandbox, sync, admin):
    good = sorted(sandbox.state.worlds)
    bad = good.pop(2)
    after_the_check = FaultRule("500-json", seller=bad, skip=1)  # the first request is the check before the sync
    sandbox.state.faults.add(after_the_check)
    process = sync()
    out, err = process.communicate(timeout=280)
    assert process.returncode == 1, err
    states = {}
    for line in json.loads(out)["tables"]:
        states.setdefault(line["seller"], {})[line["table"]] = line["state"]
    for seller in good:
        assert states[seller].keys() == NAMES
        assert "failed" not in states[seller].values()
        filled = {name for name, state in states[seller].items() if state == "ok"}
        assert filled == filled_in_truth(sandbox, seller)
    assert states[bad] == dict.fromkeys(NAMES - AFTER_OTHERS, "failed") | dict.fromkeys(AFTER_OTHERS, "skipped")
    assert re.search(rf"^failed for .+ \({bad}\): products: Transient: seller {bad}: ", err, re.MULTILINE)
    runs = {seller: (status, begun, ended) for status, seller, begun, ended in admin.execute(RUNS).fetchall()}
    assert {seller: status for seller, (status, _, _) in runs.items()} == dict.fromkeys(good, "SUCCESS") | {
        bad: "FAILURE"
    }
    assert any(runs[seller][1] < runs[bad][2] and runs[bad][1] < runs[seller][2] for seller in good)  # side by side
    (rule,) = sandbox.state.faults.state()
    tries = {name: n for (name, who, code), n in sandbox.state.statistics.counts.items() if (who, code) == (bad, 500)}
    assert tries == {
        "searchListingsItems": 7,
        "getInventorySummaries": 5,
        "getQueries": 10,
        "createQuery": 1,
        "getOrderMetrics": 2,
        "searchOrders": 2,
    }, "every step after the first ones loses patience"
    assert rule["struck"] == sum(tries.values())
    facts = admin.execute("select distinct s.amazon_seller_id from fact_stream f join sellers s on s.id = f.seller_id")
    assert {who for (who,) in facts} == {*good, bad}


@pytest.mark.parametrize("sandbox", [many.MANY], indirect=True)
def test_an_interrupt_ends_the_queue_and_every_process(sync, admin, tmp_path):
    process = sync()
    deadline = time.monotonic() + 120
    while (
        admin.execute("select to_regclass('dagster.run_tags')").fetchone() == (None,)
        or not admin.execute(RUNS).fetchall()
    ):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    assert not services(tmp_path)
    assert {status for status, *_ in admin.execute(RUNS).fetchall()} <= {"CANCELED", "FAILURE"}


@pytest.mark.parametrize("other", ["another process of this directory", "another daemon on this database"])
def test_beside_another_daemon_sellers_are_synced_one_after_the_other(monkeypatch, tmp_path, other):
    monkeypatch.setattr(many, "run_syncs", lambda _place, wanted: list(wanted))
    home, wanted = Home(tmp_path), list(range(many.MANY))
    with ExitStack() as stack:
        instance = stack.enter_context(dg.DagsterInstance.ephemeral(settings={"telemetry": {"enabled": False}}))
        if other == "another daemon on this database":
            instance.add_daemon_heartbeat(DaemonHeartbeat(time.time(), "SENSOR", "an id"))
        else:
            assert stack.enter_context(home.claim(ui.DAGSTER))
        place = SimpleNamespace(home=home, instance=lambda: nullcontext(instance))
        assert many.run_all(place, wanted) == wanted


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_whatever_ends_the_command_what_it_submitted_is_cancelled(monkeypatch, tmp_path, error):
    stopped = []
    services = SimpleNamespace(stop=lambda *names: stopped.extend(names))
    place = SimpleNamespace(home=Home(tmp_path), services=services)
    with dg.DagsterInstance.ephemeral(settings={"telemetry": {"enabled": False}}) as instance:
        foreign = instance.create_run_for_job(empty, status=dg.DagsterRunStatus.STARTED)

        def launch(_port, _wanted, tags):
            yield instance.create_run_for_job(empty, tags=tags, status=dg.DagsterRunStatus.STARTED)
            raise error

        monkeypatch.setattr(ui, "launch", launch)
        with pytest.raises(error):
            many._through_queue(place, instance, 3000, [])
        statuses = {run.run_id: run.status for run in instance.get_runs()}
    assert statuses.pop(foreign.run_id) is dg.DagsterRunStatus.STARTED
    assert set(statuses.values()) == {dg.DagsterRunStatus.CANCELED}
    assert stopped == list(ui.SERVICES)
