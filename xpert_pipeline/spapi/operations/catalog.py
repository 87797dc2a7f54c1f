"""Catalog Items API 2022-04-01: what Amazon's catalogue says of given ASINs."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from xpert_pipeline.spapi.operations.paging import PageGuard, next_token
from xpert_pipeline.spapi.quota.usage_plans import page
from xpert_pipeline.spapi.session import SellerApi

INCLUDED_DATA = ("summaries", "images", "classifications", "salesRanks", "dimensions", "identifiers", "relationships")
BATCH = page("searchCatalogItems")


def search_catalog_items(api: SellerApi, asins: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Yield the catalogue items of some ASINs (searchCatalogItems, 20 a call), in Amazon's shape.

    An ASIN that the marketplace's catalogue does not know yields nothing; doubles are asked for once.
    """
    wanted = iter(dict.fromkeys(asins))
    while batch := list(islice(wanted, BATCH)):
        yield from _search(api, ",".join(batch))  # one string: the library sends a list as repeated keys


def _search(api: SellerApi, identifiers: str) -> Iterator[dict[str, Any]]:
    guard = PageGuard("searchCatalogItems", api.seller_id)
    token: str | None = None
    while True:
        paging: dict[str, Any] = {"pageToken": token} if token else {}
        answer = api.call(
            "searchCatalogItems",
            expects={"items": list},
            identifiers=identifiers,
            identifiersType="ASIN",
            marketplaceIds=api.marketplace.id,
            includedData=list(INCLUDED_DATA),
            pageSize=BATCH,
            **paging,
        )
        token = next_token(answer)
        guard.check(token, (item.get("asin") for item in answer["items"]))
        yield from answer["items"]
        if token is None:
            return
