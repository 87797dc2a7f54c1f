"""A seller with a brand, in a small sandbox."""

import pytest

from xpert_pipeline.assets.catalog import products
from xpert_pipeline.assets.sales import market_share, search_query_performance, traffic_daily
from xpert_pipeline_tests.assets.sales.customers import open_customers
from xpert_pipeline_tests.faults.conftest import empty_pipeline, hours_pass, make_sandbox

__all__ = ["empty_pipeline", "hours_pass", "make_sandbox"]


@pytest.fixture
def make_brand(empty_pipeline, make_sandbox):
    """Makes a pipeline that reads what Amazon tells about shares."""

    def make(**options):
        empty_pipeline.sources = (
            products.SOURCE, traffic_daily.SOURCE, search_query_performance.SOURCE, market_share.SOURCE,
        )  # fmt: skip
        empty_pipeline.serve(make_sandbox(**{"days": 33, "orders_per_day": 5, "skus": 25, **options}))
        return empty_pipeline

    return make


@pytest.fixture
def shop(pool, seller, admin):
    """Writes orders, refunds and loads of one seller, and computes the metrics of its customers as a run does."""
    return open_customers(pool, seller, admin)
