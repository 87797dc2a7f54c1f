"""A pipeline on a database, instance and sandbox of its own; retries are quick, and no message may hold a secret."""

import base64
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import dagster as dg
import pytest

from xpert_pipeline.assets import order_sync
from xpert_pipeline.sandbox.options import SandboxOptions
from xpert_pipeline.sandbox.server import start
from xpert_pipeline.spapi import session
from xpert_pipeline.spapi.retry import RetryPolicy
from xpert_pipeline_tests.conftest import KEY
from xpert_pipeline_tests.faults.pipeline import CLIENT_ID, CLIENT_SECRET, Pipeline

HERE = Path(__file__).parent
DAGSTERS_OWN = "ignore:InitResourceContext.dagster_run is deprecated:DeprecationWarning"
"""Dagster resolves nested resources with a property that it deprecates itself."""
SMALL = {"rate_scale": 0, "days": 3, "orders_per_day": 20, "skus": 30}


def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.parent == HERE:
            item.add_marker(pytest.mark.filterwarnings(DAGSTERS_OWN))
            item.add_marker(pytest.mark.timeout(60))


@pytest.fixture
def empty_pipeline(pool, pipeline_dsn, sellers, monkeypatch):
    """A pipeline without a sandbox."""
    environ = {
        "DATABASE_URL": pipeline_dsn,
        "AMAZON_CLIENT_ID": CLIENT_ID,
        "AMAZON_CLIENT_SECRET": CLIENT_SECRET,
        "XPERT_ENCRYPTION_KEY": base64.b64encode(KEY).decode(),
    }
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(session, "RetryPolicy", partial(RetryPolicy, base_seconds=0.01))
    with dg.DagsterInstance.ephemeral(settings={"telemetry": {"enabled": False}}) as instance:
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
    """Orders come by the XML report, however few they are; a test may go over to pages."""
    choice, plan = SimpleNamespace(source="report"), order_sync.plan_orders
    monkeypatch.setattr(
        order_sync, "plan_orders", lambda *args, **few: plan(*args, **few).forced(choice.source, "a test")
    )
    return choice
