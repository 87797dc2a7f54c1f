"""Amazon's roles, and which of them opens which operation and report."""

ROLES = (
    "Inventory and Order Tracking",
    "Product Listing",
    "Pricing",
    "Finance and Accounting",
    "Brand Analytics",
    "Amazon Fulfillment",
    "Selling Partner Insights",
)
OF_OPERATION = {
    "searchOrders": "Inventory and Order Tracking",
    "getOrder": "Inventory and Order Tracking",
    "searchListingsItems": "Product Listing",
    "searchCatalogItems": "Product Listing",
    "getOrderMetrics": "Pricing",
    "getMarketplaceParticipations": "Selling Partner Insights",
    "createQuery": "Brand Analytics",
    "getQueries": "Brand Analytics",
    "getQuery": "Brand Analytics",
    "cancelQuery": "Brand Analytics",
    "getDocument": "Brand Analytics",
}
"""Operations of the Reports API need the role of the report alone."""


def known(name: str) -> str:
    """A role by its name, however it is written.

    Raises:
        ValueError: If Amazon has no such role.
    """
    wanted = name.lower().replace("&", "and").replace("-", " ").split()
    for role in ROLES:
        if role.lower().split() == wanted:
            return role
    raise ValueError(f"there is no role {name!r}; Amazon's are: {', '.join(ROLES)}")
