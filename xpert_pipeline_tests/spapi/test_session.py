"""A client serves all marketplaces of one region, and no request goes out for a marketplace that nobody named."""

import pytest

from xpert_pipeline.spapi.library import Library
from xpert_pipeline.spapi.marketplaces import by_id
from xpert_pipeline.spapi.quota.quota import LocalQuota
from xpert_pipeline.spapi.sending.credentials import Credentials
from xpert_pipeline.spapi.session import SellerApi

INDIA, UAE, GERMANY = (by_id(name) for name in ("A21TJRUUN4KGV", "A2VIGQ35RCS4UG", "A1PA6795UKMFR9"))
JAPAN = by_id("A1VC38T7YXB528")


def client(*marketplaces):
    return SellerApi(Credentials("app", "secret", "token", "A1"), marketplaces, LocalQuota())


def test_a_client_keeps_its_marketplaces_in_order_and_uses_their_region():
    with client(INDIA, UAE, GERMANY) as api:
        assert api.marketplaces == (INDIA, UAE, GERMANY)
        assert (api.region, api.endpoint) == ("eu", "https://sellingpartnerapi-eu.amazon.com")


def test_marketplaces_of_several_regions_are_refused():
    with pytest.raises(ValueError, match="are in regions eu, fe: use one client for each region"):
        client(INDIA, JAPAN)


def test_no_marketplace_is_refused():
    with pytest.raises(ValueError, match="at least one marketplace"):
        client()


@pytest.mark.parametrize(
    ("operation", "params"),
    [
        ("createReport", {"reportType": "GET_X"}),
        ("getInventorySummaries", {"details": True}),
    ],
)
def test_a_request_that_forgets_its_marketplace_is_refused_and_gets_no_default(operation, params):
    with pytest.raises(ValueError, match=f"{operation} needs a marketplace"):
        Library("eu").prepare(operation, **params)


def test_parameters_that_the_library_adds_are_not_sent():
    assert Library("eu").prepare("getReports", reportTypes=["GET_X"]).params == {"reportTypes": "GET_X"}
    assert Library("eu").prepare("getReport", "7").params == {}


def test_an_operation_that_is_not_listed_says_where_to_add_it():
    with pytest.raises(LookupError, match=r"getEverything is unknown: add it to OPERATIONS in .*spapi/library\.py"):
        Library("eu").prepare("getEverything")
