"""FBA Inventory API v1: getInventorySummaries."""

from typing import Any

from starlette.datastructures import QueryParams

from xpert_pipeline.sandbox.inventory.faults import NOT_ENROLLED, READING, faulty_lines
from xpert_pipeline.sandbox.inventory.payload import summary_payload
from xpert_pipeline.sandbox.serving import parameters
from xpert_pipeline.sandbox.serving.errors import invalid
from xpert_pipeline.sandbox.serving.operation import Call
from xpert_pipeline.sandbox.world.holdings import Inbound
from xpert_pipeline.sandbox.world.movements import StockLine
from xpert_pipeline.sandbox.world.stock import stock_of

MOST_SKUS = 50
OLDEST_SECONDS = 549 * 86_400
"""18 months: how far back `startDateTime` may reach."""


def get_inventory_summaries(call: Call) -> dict[str, Any]:
    """Return one page of the stock in one store, by SKU and condition."""
    query = call.query
    marketplace_id = _marketplace(query)
    details = parameters.choice(query, "details", ("true", "false"), "false") == "true"
    faults = call.faults(READING) if parameters.text(query, "nextToken") is None else []
    stock = stock_of(call.world, marketplace_id, call.now)
    if not stock.lines or NOT_ENROLLED in faults:
        raise invalid("The seller has no listing that is fulfilled by Amazon in this marketplace.")
    page = call.page(memory=faults)
    lines = faulty_lines(_matching(stock.lines, query, call.now), page.memory)
    inbound = Inbound(stock)
    summaries = [summary_payload(inbound.holding(line), details=details) for line in page.cut(lines)]
    granularity = {"granularityType": "Marketplace", "granularityId": marketplace_id}
    answer = {"payload": {"granularity": granularity, "inventorySummaries": summaries}}
    return answer | page.pagination(len(lines))


def _marketplace(query: QueryParams) -> str:
    if parameters.text(query, "granularityType") != "Marketplace":
        raise invalid("granularityType: is required and must be Marketplace.")
    (marketplace_id,) = parameters.marketplaces(query, required=True, most=1)
    if parameters.text(query, "granularityId") != marketplace_id:
        raise invalid("granularityId: is required and must be the marketplace in marketplaceIds.")
    return marketplace_id


def _matching(lines: list[StockLine], query: QueryParams, now: float) -> list[StockLine]:
    """Return the lines that pass the filters; a filter overrides the ones after it, as Amazon documents."""
    since = parameters.moment(query, "startDateTime")
    if since is not None:
        if since < now - OLDEST_SECONDS:
            raise invalid("startDateTime: must be no earlier than 18 months before the request.")
        return [line for line in lines if line.touched > since]
    skus = parameters.values(query, "sellerSkus", most=MOST_SKUS)
    if not skus and (sku := parameters.text(query, "sellerSku")):
        skus = [sku]
    return [line for line in lines if line.sku in skus] if skus else lines
