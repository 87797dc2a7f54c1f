"""The domain of listings and catalogue items."""

from xpert_pipeline.sandbox.catalog.catalog_api import MOST, search_catalog_items
from xpert_pipeline.sandbox.catalog.faults import FAULTS, SEARCH
from xpert_pipeline.sandbox.catalog.listings_api import search_listings_items
from xpert_pipeline.sandbox.catalog.reports import MERCHANT_LISTINGS
from xpert_pipeline.sandbox.catalog.truth import products
from xpert_pipeline.sandbox.domain import Domain
from xpert_pipeline.sandbox.serving.errors import bad_next_token
from xpert_pipeline.sandbox.serving.fault_kinds import TITLES
from xpert_pipeline.sandbox.serving.operation import Operation
from xpert_pipeline.sandbox.serving.paging import Paging
from xpert_pipeline.sandbox.serving.usage_plans import Plan

ROLES = ("Product Listing",)

DOMAIN = Domain(
    operations=(
        Operation(
            name="searchListingsItems",
            method="GET",
            path="/listings/2021-08-01/items/{sellerId}",
            answer=search_listings_items,
            plan=Plan(5.0, 5),
            roles=ROLES,
            paging=Paging(parameter="pageToken", refusal=bad_next_token, default=10, most=20),
            fault_places=(TITLES, SEARCH),
        ),
        Operation(
            name="searchCatalogItems",
            method="GET",
            path="/catalog/2022-04-01/items",
            answer=search_catalog_items,
            plan=Plan(2.0, 2),
            roles=ROLES,
            paging=Paging(parameter="pageToken", refusal=bad_next_token, default=10, most=MOST),
        ),
    ),
    reports=(MERCHANT_LISTINGS,),
    truth={"products": products},
    faults=FAULTS,
)
