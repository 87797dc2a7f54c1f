"""A seller's buckets follow the rates in Amazon's answers, except those of its sandbox."""

import httpx
import pytest

from xpert_pipeline.spapi.quota.buckets import Buckets, slowest_first
from xpert_pipeline.spapi.quota.quota import LocalQuota
from xpert_pipeline.spapi.sending.identity import Identity
from xpert_pipeline.spapi.sending.listener import Meter
from xpert_pipeline.spapi.sending.transport import Answer


@pytest.mark.parametrize(
    ("endpoint", "rate"),
    [
        ("https://sandbox.sellingpartnerapi-eu.amazon.com", 0.0056),
        ("https://sellingpartnerapi-eu.amazon.com", 5.0),
        ("http://127.0.0.1:4010", 5.0),
    ],
)
def test_rates_of_amazons_sandbox_are_ignored(endpoint, rate):
    """It answers with 5 a second for everything; the application would have sent its real requests at that pace."""
    quota = LocalQuota()
    buckets = Buckets(Identity("app", "A1SELLER", "eu", endpoint, 0), quota, Meter("A1SELLER"), lambda *_: None)
    buckets.take("searchOrders", slowest_first(("searchOrders",)))
    buckets.follow_rate("searchOrders", Answer(200, httpx.Headers({"x-amzn-RateLimit-Limit": "5.0"}), b"{}"))
    assert buckets.rate("searchOrders") == rate
