"""A scripted Amazon, and sellers that talk to it."""

import pytest

from xpert_pipeline.spapi.marketplaces import by_id
from xpert_pipeline.spapi.quota.quota import LocalQuota
from xpert_pipeline.spapi.sending.credentials import Credentials
from xpert_pipeline.spapi.sending.retry import RetryPolicy
from xpert_pipeline.spapi.session import SellerApi
from xpert_pipeline_tests.spapi.jobs.memory_store import MemoryJobStore
from xpert_pipeline_tests.spapi.jobs.reports import REPORTS, UNLIMITED
from xpert_pipeline_tests.spapi.scripted import TOKEN, Reply, Scripted

INDIA = by_id("A21TJRUUN4KGV")
FAST = RetryPolicy(base_seconds=0.01, cap_seconds=0.05)


@pytest.fixture
def amazon():
    server = Scripted()
    yield server
    server.stop()


@pytest.fixture
def make_api(amazon):
    made = []

    def make(**options):
        settings = {
            "quota": LocalQuota(),
            "policy": FAST,
            "seller_id": "A1SELLER",
            "secret": "s3cr3t-canary",
            **options,
        }
        credentials = Credentials(
            "app-id", settings.pop("secret"), settings.pop("refresh_token", "Atzr|refresh"), settings.pop("seller_id")
        )
        api = SellerApi(
            credentials,
            settings.pop("marketplaces", [INDIA]),
            settings.pop("quota"),
            endpoint=settings.pop("endpoint", amazon.url),
            token_url=settings.pop("token_url", amazon.url + TOKEN),
            **settings,
        )
        made.append(api)
        return api

    yield make
    for api in made:
        api.close()


@pytest.fixture
def api(make_api):
    return make_api()


@pytest.fixture
def report_server(amazon):
    """Nothing is listed; a created report gets the id "new"."""
    amazon.on("GET", REPORTS, Reply(200, {"reports": []}, UNLIMITED))
    amazon.on("POST", REPORTS, Reply(202, {"reportId": "new"}, UNLIMITED))
    return amazon


@pytest.fixture
def store():
    return MemoryJobStore()
