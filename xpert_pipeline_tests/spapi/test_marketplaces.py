"""The table of marketplaces agrees with the library's, and its time zones exist."""

import pytest
from sp_api.base import Marketplaces

from xpert_pipeline.spapi.marketplaces import MARKETPLACES, UnknownMarketplaceError, by_id


def test_every_marketplace_of_the_library_is_here_with_the_same_endpoint():
    assert {theirs.marketplace_id: theirs.endpoint for theirs in Marketplaces} == {
        marketplace.id: marketplace.endpoint for marketplace in MARKETPLACES
    }


def test_india_uses_the_european_endpoint():
    india = by_id("A21TJRUUN4KGV")
    assert (india.country, india.currency, india.timezone, india.domain) == ("IN", "INR", "Asia/Kolkata", "Amazon.in")
    assert india.endpoint == "https://sellingpartnerapi-eu.amazon.com"


@pytest.mark.parametrize("marketplace", MARKETPLACES, ids=lambda each: each.country)
def test_ids_countries_and_domains_are_unique_and_time_zones_exist(marketplace):
    assert marketplace.zone.key == marketplace.timezone
    for name in ("id", "country", "domain"):
        assert [getattr(marketplace, name) for marketplace in MARKETPLACES].count(getattr(marketplace, name)) == 1


def test_an_unknown_id_is_refused_with_a_list_of_all_ids():
    with pytest.raises(UnknownMarketplaceError, match=r"'XX' is not an Amazon marketplace id.*A21TJRUUN4KGV \(IN\)"):
        by_id("XX")
