"""A seller with reviews in Germany, and customers who rate the seller."""

import pytest

from xpert_pipeline.assets.catalog import products
from xpert_pipeline.assets.reviews import (
    review_topics,
    review_trends,
    reviews_ratings,
    seller_feedback,
    seller_feedback_counts,
)
from xpert_pipeline.sandbox.world import opinions
from xpert_pipeline_tests.faults.conftest import empty_pipeline, hours_pass, make_sandbox
from xpert_pipeline_tests.sources.conftest import GERMANY, INDIA

__all__ = ["empty_pipeline", "hours_pass", "make_sandbox"]


@pytest.fixture
def make_reviewed(empty_pipeline, make_sandbox, monkeypatch):
    """Makes a pipeline that reads opinions, of a seller whom many customers rate."""
    monkeypatch.setattr(opinions, "RATED_SHARE", 70)

    def make(marketplaces=(INDIA, GERMANY), **options):
        empty_pipeline.sources = (
            products.SOURCE, review_topics.SOURCE, review_trends.SOURCE, seller_feedback.SOURCE,
            seller_feedback_counts.SOURCE, reviews_ratings.SOURCE,
        )  # fmt: skip
        sandbox = make_sandbox(**{"marketplaces": marketplaces, "days": 25, "orders_per_day": 5, "skus": 14, **options})
        empty_pipeline.serve(sandbox, onboard=False)
        empty_pipeline.add_seller(empty_pipeline.sellers[0], "Atzr|sandbox-1", marketplaces=marketplaces)
        return empty_pipeline

    return make
