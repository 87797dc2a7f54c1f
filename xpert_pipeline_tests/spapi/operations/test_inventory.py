"""getInventorySummaries: exactly the parameters that Amazon's model names, for one marketplace."""

from xpert_pipeline.spapi.operations.inventory import INVENTORY_SUMMARIES
from xpert_pipeline_tests.spapi.scripted import Reply

PATH = "/fba/inventory/v1/summaries"
GERMANY = "A1PA6795UKMFR9"


def test_the_request_has_the_parameters_of_the_marketplace_and_no_others(amazon, api):
    """The library adds `MarketplaceIds` and others of its own, and fills in a default marketplace."""
    records = [{"sellerSku": "a", "fnSku": "X0", "condition": "NewItem", "totalQuantity": 3}]
    amazon.on("GET", PATH, Reply(200, {"payload": {"granularity": {}, "inventorySummaries": records}}))
    (page,) = INVENTORY_SUMMARIES.pages(
        api, details=True, granularityType="Marketplace", granularityId=GERMANY, marketplaceIds=GERMANY
    )
    assert page.records == records
    (call,) = amazon.calls(PATH)
    assert call.query == {
        "details": ["true"],
        "granularityType": ["Marketplace"],
        "granularityId": [GERMANY],
        "marketplaceIds": [GERMANY],
    }
