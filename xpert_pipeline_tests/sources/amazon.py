"""A scripted Amazon for whole runs of the pipeline: readings of stock that no well-behaved server shows."""

from types import SimpleNamespace

from xpert_pipeline.assets.inventory import fba_inventory
from xpert_pipeline.spapi.operations.inventory import INVENTORY_SUMMARIES
from xpert_pipeline_tests.spapi.scripted import TOKEN, Reply, refusal

SUMMARIES = "/fba/inventory/v1/summaries"
SELLER = "A1TESTSELLER"
UNLIMITED = {"x-amzn-RateLimit-Limit": "1000"}


def summary(number, **fields):
    """Stock of one SKU; its total is its number."""
    return {
        "asin": f"B0{number:08d}",
        "fnSku": f"FN-{number:03d}",
        "sellerSku": f"SKU-{number:03d}",
        "condition": "NewItem",
        "inventoryDetails": {"fulfillableQuantity": number},
        "lastUpdatedTime": "2026-11-01T10:00:00Z",
        "productName": f"Book {number}",
        "totalQuantity": number,
        **fields,
    }


def summaries(count, **fields):
    return [summary(number, **fields) for number in range(1, count + 1)]


def page(records, token=None):
    pagination = {"pagination": {"nextToken": token}} if token else {}
    return Reply(200, {"payload": {"inventorySummaries": records}, **pagination}, UNLIMITED)


EXPIRED = refusal(400, "InvalidInput", "Next token is invalid or expired", **UNLIMITED)


class ScriptedSandbox:
    """A scripted server in the place of a sandbox: the parts that `Pipeline` reads."""

    def __init__(self, amazon):
        self.endpoint, self.token_url = amazon.url, amazon.url + TOKEN
        self.state = SimpleNamespace(worlds={SELLER: None})


class Inventory:
    """A seller whose stock at Amazon is scripted."""

    def __init__(self, pipeline, amazon, monkeypatch):
        self.pipeline, self.amazon, self._monkeypatch = pipeline, amazon, monkeypatch
        pipeline.serve(ScriptedSandbox(amazon), onboard=False)
        pipeline.add_seller(SELLER, "Atzr|scripted")

    def serves(self, records):
        """All readings from now on find these records, on one page."""
        self.amazon.on("GET", SUMMARIES, page(records))

    def serves_pages(self, *pages, read_ahead):
        """The next answers: (records, token), or "expired"; so many pages are read ahead of the collector."""
        self._monkeypatch.setitem(vars(INVENTORY_SUMMARIES), "read_ahead", read_ahead)
        self.amazon.on("GET", SUMMARIES, *(EXPIRED if item == "expired" else page(*item) for item in pages))

    def read(self):
        return self.pipeline.run(tables=[fba_inventory.FBA_INVENTORY.name], days=[self.pipeline.today])
