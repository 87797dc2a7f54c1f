"""What fails in one of a seller's stores does not stop the present state of the others."""

import pytest

from xpert_pipeline.assets.catalog import products
from xpert_pipeline.spapi.errors import BadRequest, NotGranted, Transient
from xpert_pipeline_tests.faults.conftest import DAGSTERS_OWN
from xpert_pipeline_tests.sources.conftest import GERMANY, INDIA

pytestmark = [pytest.mark.filterwarnings(DAGSTERS_OWN), pytest.mark.timeout(120)]


def read(pipeline):
    return pipeline.run(tables=["products"], days=[pipeline.today])


@pytest.fixture
def two_stores(empty_pipeline, make_sandbox):
    """A seller with listings in India and Germany, in the real sandbox."""
    stores = (INDIA, GERMANY)
    empty_pipeline.serve(make_sandbox(skus=40, marketplaces=stores), onboard=False)
    empty_pipeline.add_seller(empty_pipeline.sellers[0], "Atzr|sandbox-1", marketplaces=stores)
    return empty_pipeline


def refuse_counts(monkeypatch, *stores, error):
    count = products.SOURCE.pages.count

    def refuse(api, marketplace_id, since):
        if marketplace_id in stores:
            raise error("not now", operation="searchListingsItems", seller=api.seller_id)
        return count(api, marketplace_id, since)

    monkeypatch.setitem(vars(products.SOURCE.pages), "count", refuse)


def stores_of(pipeline):
    return {row["marketplace_id"] for row in pipeline.rows("products")}


@pytest.mark.parametrize("error", [BadRequest, Transient])
def test_a_count_that_fails_in_one_store_does_not_stop_the_others(two_stores, monkeypatch, error):
    """The error of one store's count stopped the source for all stores."""
    refuse_counts(monkeypatch, GERMANY, error=error)
    failed = read(two_stores)
    assert not failed.success
    assert "not now" in failed.error
    assert stores_of(two_stores) == {INDIA}


def test_a_store_that_is_not_granted_is_named_and_the_others_are_loaded(two_stores, monkeypatch):
    refuse_counts(monkeypatch, GERMANY, error=NotGranted)
    done = read(two_stores)
    assert (done.success, done.states) == (True, {"products": "ok"})
    assert "not now" in done.reasons["products"]
    assert stores_of(two_stores) == {INDIA}


def test_a_source_that_no_store_is_granted_is_not_granted(two_stores, monkeypatch):
    refuse_counts(monkeypatch, INDIA, GERMANY, error=NotGranted)
    assert read(two_stores).states == {"products": "not_granted"}
    assert stores_of(two_stores) == set()
