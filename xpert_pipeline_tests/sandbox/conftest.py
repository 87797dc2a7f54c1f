"""Sandboxes for the tests: real servers on loopback, one for each module, and more where a test needs its own."""

from contextlib import ExitStack
from datetime import date

import pytest

from xpert_pipeline.sandbox.options import SandboxOptions
from xpert_pipeline.sandbox.server import start
from xpert_pipeline_tests.sandbox.client import Client

AS_OF = date(2026, 11, 20)
SMALL = {"as_of": AS_OF, "days": 8, "orders_per_day": 40, "skus": 60, "rate_scale": 0.0}


@pytest.fixture
def new_sandbox():
    """Start a small sandbox with some options; return a client for its first seller."""
    with ExitStack() as stack:

        def make(**options):
            running = stack.enter_context(start(SandboxOptions(**{**SMALL, **options})))
            client = Client(running)
            stack.callback(client.http.close)
            return client

        yield make


@pytest.fixture(scope="module")
def shared_client():
    running = start(SandboxOptions(**SMALL))
    client = Client(running)
    yield client
    client.http.close()
    running.stop()


@pytest.fixture
def client(shared_client):
    """A client for a small sandbox without limits, with all faults off and a new token."""
    shared_client.http.delete("/_sandbox/faults")
    shared_client.token = None
    return shared_client
