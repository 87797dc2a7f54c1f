"""Sandboxes for the tests: real servers on loopback, one for each module, and more where a test needs its own."""

from contextlib import ExitStack
from datetime import date

import pytest

from xpert_pipeline.sandbox.options import SandboxOptions
from xpert_pipeline.sandbox.server import start
from xpert_pipeline_tests.sandbox.client import Client

AS_OF = date(2026, 11, 20)
LARGE_STORES = ("A21TJRUUN4KGV", "A1PA6795UKMFR9")
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


@pytest.fixture(scope="session")
def shared_large_client():
    with start(SandboxOptions(**{**SMALL, "skus": 300, "marketplaces": LARGE_STORES})) as running:
        client = Client(running)
        yield client
        client.http.close()


@pytest.fixture
def large_client(shared_large_client):
    """A client of a seller with 300 SKUs in India and many in Germany, its faults off, its token fresh."""
    shared_large_client.http.delete("/_sandbox/faults")
    shared_large_client.token = None
    return shared_large_client


@pytest.fixture
def client(shared_client):
    """A client for a small sandbox without limits, with all faults off and a new token."""
    shared_client.http.delete("/_sandbox/faults")
    shared_client.token = None
    return shared_client
