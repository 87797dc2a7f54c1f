"""A source that Amazon offers only in some marketplaces: nothing is asked for in the others, and no row is invented."""

import time
from dataclasses import replace

import pytest

from xpert_pipeline.assets.finance import economics_daily
from xpert_pipeline.postgres.sellers import SellerBook
from xpert_pipeline.sources.freshness import freshness_of
from xpert_pipeline_tests.faults.conftest import DAGSTERS_OWN
from xpert_pipeline_tests.sources.conftest import GERMANY, INDIA

pytestmark = [pytest.mark.filterwarnings(DAGSTERS_OWN), pytest.mark.timeout(120)]
IN_GERMANY = replace(economics_daily.SOURCE, marketplaces=frozenset({GERMANY}))


@pytest.fixture
def shop(empty_pipeline, make_sandbox):
    """A seller with a store in each of the two countries; only Germany has the table."""
    empty_pipeline.sources = (IN_GERMANY,)
    empty_pipeline.serve(make_sandbox(marketplaces=(INDIA, GERMANY), days=4, skus=6, orders_per_day=4), onboard=False)
    return empty_pipeline


def asked_for(shop):
    queries = shop.sandbox.state.queries.of(shop.sellers[0], time.time())
    return {marketplace for query in queries for marketplace in query.question.arguments["marketplaceIds"]}


def test_only_the_stores_that_have_it_are_asked_for_and_filled(shop):
    shop.add_seller(shop.sellers[0], "Atzr|sandbox-1", marketplaces=(INDIA, GERMANY))
    done = shop.run()
    assert done.success
    assert asked_for(shop) == {GERMANY}
    assert {row["marketplace_id"] for row in shop.rows("economics_daily")} == {GERMANY}
    assert {load["marketplace_id"] for load in shop.rows("loads")} == {GERMANY}
    assert done.states == {"economics_daily": "ok"}
    assert done.reasons == {"economics_daily": "Amazon does not offer economics_daily on Amazon.in"}


def test_a_seller_without_such_a_store_is_asked_nothing_and_is_well(shop, pool):
    shop.add_seller(shop.sellers[0], "Atzr|sandbox-1", marketplaces=(INDIA,))
    done = shop.run()
    assert done.success
    assert (asked_for(shop), shop.rows("economics_daily"), shop.rows("loads")) == (set(), [], [])
    assert done.states == {"economics_daily": "not_available_in_marketplace"}
    fresh = freshness_of(pool, SellerBook(pool).all(), IN_GERMANY, IN_GERMANY.table)
    assert (fresh.passed, fresh.description) == (True, "Amazon does not offer it in the seller's marketplaces")
