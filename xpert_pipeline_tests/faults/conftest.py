"""A pipeline on a database, instance and sandbox of its own; retries are quick, and no message may hold a secret."""

import base64
import json
import os
import signal
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import dagster as dg
import pytest
from click.testing import CliRunner

from xpert_pipeline.cli.instance import CONFIG
from xpert_pipeline.cli.main import main
from xpert_pipeline.sandbox.faults import FaultRule
from xpert_pipeline.sandbox.options import SandboxOptions
from xpert_pipeline.sandbox.server import start
from xpert_pipeline.sources import run, span_plans
from xpert_pipeline.spapi import session
from xpert_pipeline.spapi.quota import usage_plans
from xpert_pipeline.spapi.sending.retry import RetryPolicy
from xpert_pipeline_tests.conftest import KEY
from xpert_pipeline_tests.faults.kiosk import SOURCES, TWENTY_DAYS
from xpert_pipeline_tests.faults.pipeline import CLIENT_ID, CLIENT_SECRET, Pipeline

HERE = Path(__file__).parent
DAGSTERS_OWN = "ignore:InitResourceContext.dagster_run is deprecated:DeprecationWarning"
"""Dagster resolves nested resources with a property that it deprecates itself."""
SMALL = {"rate_scale": 0, "days": 3, "orders_per_day": 20, "skus": 30}


def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.parent == HERE:
            item.add_marker(pytest.mark.filterwarnings(DAGSTERS_OWN))
            item.add_marker(pytest.mark.timeout(300))


@pytest.fixture
def empty_pipeline(pool, pipeline_dsn, sellers, monkeypatch):
    """A pipeline without a sandbox."""
    environ = {
        "DATABASE_URL": pipeline_dsn,
        "AMAZON_CLIENT_ID": CLIENT_ID,
        "AMAZON_CLIENT_SECRET": CLIENT_SECRET,
        "XPERT_ENCRYPTION_KEY": base64.b64encode(KEY).decode(),
        "XPERT_SANDBOX": "1",
    }
    monkeypatch.setattr(run, "LEASE_PATIENCE_SECONDS", 0.0)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(session, "RetryPolicy", partial(RetryPolicy, base_seconds=0.01))
    settings = {name: CONFIG[name] for name in ("telemetry", "python_logs")}
    with dg.DagsterInstance.ephemeral(settings=settings) as instance:
        pipeline = Pipeline(instance, pool, sellers, environ)
        yield pipeline
        said = pipeline.everything_said()
        for secret in ("Atzr|", "Atza|", "canary", "X-Amz-", environ["XPERT_ENCRYPTION_KEY"]):
            assert secret not in said, f"{secret} was told"


@pytest.fixture
def make_sandbox():
    """Starts sandboxes in threads of this process."""
    started = []

    def make(**options):
        started.append(start(SandboxOptions(**{**SMALL, **options})))
        return started[-1]

    yield make
    for sandbox in started:
        sandbox.stop()


@pytest.fixture
def pipeline(empty_pipeline, make_sandbox):
    """A pipeline with a sandbox of one small seller."""
    empty_pipeline.serve(make_sandbox())
    return empty_pipeline


@pytest.fixture
def by_report(monkeypatch):
    """Orders come by the XML report, however few they are; a test may go over to pages, or (None) leave the choice."""
    choice, plan_records = SimpleNamespace(source="report"), span_plans.plan_records

    def plan(*args, **few):
        found = plan_records(*args, **few)
        if choice.source and few["pages_because"]:  # as if the report had been chosen
            return found.forced("pages", few["pages_because"])
        return found.forced(choice.source, "a test") if choice.source else found

    monkeypatch.setattr(span_plans, "plan_records", plan)
    return choice


@pytest.fixture
def no_interval_of_reports(monkeypatch):
    """A cancelled report means at once that there are no data, as it does when its interval has passed twice."""
    monkeypatch.setattr(usage_plans, "minimum_interval", lambda _report_type: None)


@dataclass
class Said:
    """What a command printed and how it exited."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def output(self):
        return self.stdout + self.stderr

    @property
    def json(self):
        return json.loads(self.stdout)


@pytest.fixture
def xpert(tmp_path, monkeypatch):
    """Runs the command in this process, with no environment but the one given and a data directory of its own."""
    before, on_term = dict(os.environ), signal.getsignal(signal.SIGTERM)
    monkeypatch.chdir(tmp_path)

    def run(*arguments, typed=None, **environ):
        for name in [
            name for name in os.environ if name.startswith(("AMAZON_", "DATABASE_", "XPERT_", "SP_API", "DAGSTER_"))
        ]:
            del os.environ[name]
        os.environ.update({"XPERT_DATA_DIR": str(tmp_path / "home"), **environ})
        result = CliRunner().invoke(main, arguments, input=typed)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Said(result.exit_code, result.stdout, result.stderr)

    yield run
    os.environ.clear()
    os.environ.update(before)
    signal.signal(signal.SIGTERM, on_term)


class Amazon:
    """A sandbox that is taken for Amazon: the environment that leads to it."""

    def __init__(self, make_sandbox, dsn):
        self.make_sandbox, self.dsn, self.sandbox = make_sandbox, dsn, None

    def __call__(self, sellers=1, denied_roles=(), **environ):
        if self.sandbox is None:
            self.sandbox = self.make_sandbox(sellers=sellers, denied_roles=denied_roles)
        ready = self.sandbox.ready()
        return {
            "DATABASE_URL": self.dsn,
            "SP_API_ENDPOINT": ready["endpoint"],
            "SP_API_TOKEN_URL": ready["token_url"],
            "AMAZON_CLIENT_ID": ready["client_id"],
            "AMAZON_CLIENT_SECRET": CLIENT_SECRET,
            "AMAZON_REFRESH_TOKEN": ready["refresh_token"],
            "AMAZON_SELLER_ID": ready["seller_id"],
            "AMAZON_MARKETPLACE_IDS": ready["marketplace_id"],
            "XPERT_ENCRYPTION_KEY": base64.b64encode(KEY).decode(),
            **environ,
        }

    def fault(self, name, seller):
        self.sandbox.state.faults.add(FaultRule(name, seller=seller))


@pytest.fixture
def amazon(make_sandbox, pipeline_dsn):
    return Amazon(make_sandbox, pipeline_dsn)


@pytest.fixture
def kiosk(empty_pipeline, make_sandbox):
    empty_pipeline.serve(make_sandbox(**TWENTY_DAYS))
    return empty_pipeline


@pytest.fixture
def loaded(kiosk):
    assert kiosk.run(tables=SOURCES).errors == {}
    return kiosk


@pytest.fixture
def few_days(empty_pipeline, make_sandbox):
    """A seller of three days, all of which `kiosk-lag` hides: an answer without a record."""
    empty_pipeline.serve(make_sandbox())
    assert empty_pipeline.run(tables=SOURCES).errors == {}
    return empty_pipeline


@pytest.fixture
def hours_pass(admin):
    """Let what was asked and loaded so far have been asked and loaded hours ago."""

    def pass_(hours=7):
        admin.execute("update loads set started_at = started_at - make_interval(mins => %s)", [round(60 * hours)])
        admin.execute("update report_requests set asked_at = asked_at - make_interval(mins => %s)", [round(60 * hours)])

    return pass_
