"""Marketplaces by the names that people write: ids, country codes, lists of both."""

import pytest

from xpert_pipeline.marketplace_names import MarketplaceNameUnknown, MarketplacesRefused, find_marketplaces

INDIA, BRITAIN, GERMANY = "A21TJRUUN4KGV", "A1F83G8C2ARO7P", "A1PA6795UKMFR9"


@pytest.mark.parametrize(
    ("names", "ids"),
    [
        (["IN"], [INDIA]),
        (["in,gb"], [INDIA, BRITAIN]),
        (["GB", "IN"], [BRITAIN, INDIA]),
        (["UK"], [BRITAIN]),
        ([f" {GERMANY} , IN,", "de"], [GERMANY, INDIA]),
        ([INDIA.lower()], [INDIA]),
        ([], []),
        ([" , "], []),
    ],
)
def test_names_are_found_in_their_order_and_each_once(names, ids):
    assert [marketplace.id for marketplace in find_marketplaces(names)] == ids


@pytest.mark.parametrize("name", ["XX", "INDIA", "Amazon.in", "A21TJRUUN4KG"])
def test_an_unknown_name_is_refused_with_all_that_are_known(name):
    with pytest.raises(MarketplaceNameUnknown, match=r"IN \(A21TJRUUN4KGV\)") as refused:
        find_marketplaces(["IN", name])
    assert repr(name) in str(refused.value)


def test_several_regions_are_refused_with_what_to_do():
    with pytest.raises(MarketplacesRefused, match=r"several regions: IN \(eu\), US \(na\), JP \(fe\)") as refused:
        find_marketplaces(["IN,US", "JP"])
    assert "as a separate seller" in str(refused.value)
