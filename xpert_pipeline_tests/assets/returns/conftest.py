"""A seller with few orders, of which nearly all are refunded."""

import pytest

from xpert_pipeline.assets.finance import transaction_feed
from xpert_pipeline.assets.orders import feed
from xpert_pipeline.assets.returns import fba_returns, merchant_returns, returns_refunds
from xpert_pipeline.sandbox.world import refunds, returns
from xpert_pipeline_tests.faults.conftest import empty_pipeline, hours_pass, make_sandbox

__all__ = ["empty_pipeline", "hours_pass", "make_sandbox"]
SOURCES = (
    feed.SOURCE,
    transaction_feed.SOURCE,
    fba_returns.SOURCE,
    merchant_returns.SOURCE,
    returns_refunds.SOURCE,
)


@pytest.fixture
def make_returning(empty_pipeline, make_sandbox, monkeypatch):
    """Makes a pipeline for a seller whose customers send much back."""
    monkeypatch.setattr(refunds, "REFUNDED_SHARE", 950)
    monkeypatch.setattr(returns, "BLANK_SHARE", 50)
    monkeypatch.setattr(returns, "BLANK_SHARE_OF_SEVERAL", 100)
    monkeypatch.setattr(returns, "MOVED_SHARE", 100)

    def make(sources=SOURCES, **options):
        empty_pipeline.sources = sources
        empty_pipeline.serve(make_sandbox(**{"days": 40, "orders_per_day": 4, "skus": 12, **options}), onboard=False)
        stores = empty_pipeline.sandbox.state.options.marketplaces
        empty_pipeline.add_seller(empty_pipeline.sellers[0], "Atzr|sandbox-1", marketplaces=stores)
        return empty_pipeline

    return make


@pytest.fixture
def returning(make_returning):
    """A seller in India."""
    return make_returning()
