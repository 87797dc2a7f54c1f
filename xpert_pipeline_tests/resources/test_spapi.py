"""The resource's client serves all of a seller's marketplaces, and refuses a seller of several regions."""

from dataclasses import replace

import pytest

from xpert_pipeline.resources.spapi import Application, SeveralRegions, connect

INDIA, GERMANY, JAPAN = "A21TJRUUN4KGV", "A1PA6795UKMFR9", "A1VC38T7YXB528"
APPLICATION = Application("app", "secret")


def test_a_client_serves_all_marketplaces_of_the_seller_the_first_one_first(pool, seller):
    both = replace(seller, marketplace_ids=(INDIA, GERMANY))
    with connect(APPLICATION, both, "Atzr|x", pool) as api:
        assert [marketplace.id for marketplace in api.marketplaces] == [INDIA, GERMANY]
        assert api.region == "eu"


def test_a_seller_of_several_regions_is_refused_with_what_to_do(pool, seller):
    scattered = replace(seller, marketplace_ids=(INDIA, JAPAN))
    with pytest.raises(SeveralRegions) as refused:
        connect(APPLICATION, scattered, "Atzr|x", pool)
    text = str(refused.value)
    assert seller.amazon_seller_id in text
    assert f"several regions: {INDIA} (eu), {JAPAN} (fe)" in text
    assert "xpert sellers add" in text
