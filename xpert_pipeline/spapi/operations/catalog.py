"""Catalog Items API 2022-04-01: Amazon's catalogue data for known ASINs."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from xpert_pipeline.spapi.operations.paging import PagedOperation
from xpert_pipeline.spapi.quota.usage_plans import page
from xpert_pipeline.spapi.session import SellerApi

INCLUDED_DATA = ("summaries", "images", "classifications", "salesRanks", "dimensions", "identifiers", "relationships")
BATCH = page("searchCatalogItems")
SEARCH_CATALOG_ITEMS = PagedOperation("searchCatalogItems", "items", identity=("asin",), token="pageToken")  # noqa: S106


def search_catalog_items(api: SellerApi, marketplace_id: str, asins: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Yield the catalogue items for ASINs in one marketplace (searchCatalogItems, 20 per call), in Amazon's shape.

    ASINs that the marketplace's catalogue does not contain are skipped; a repeated ASIN is requested once.
    """
    remaining = iter(dict.fromkeys(asins))
    while batch := list(islice(remaining, BATCH)):
        yield from _search(api, marketplace_id, batch)


def _search(api: SellerApi, marketplace_id: str, asins: list[str]) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    for result in SEARCH_CATALOG_ITEMS.pages(
        api,
        identifiers=",".join(asins),  # one string: the library would send a list as repeated keys
        identifiersType="ASIN",
        marketplaceIds=marketplace_id,
        includedData=list(INCLUDED_DATA),
        pageSize=BATCH,
    ):
        if result.is_first:
            items.clear()
        items += result.records
    return items
