"""Amazon's roles. Which role opens what is declared with the operations and reports."""

from collections.abc import Collection

ROLES = (
    "Inventory and Order Tracking",
    "Product Listing",
    "Pricing",
    "Finance and Accounting",
    "Brand Analytics",
    "Amazon Fulfillment",
    "Selling Partner Insights",
)


def is_denied(roles: Collection[str], denied: Collection[str]) -> bool:
    """Whether a seller who has not granted some roles is denied what any one of `roles` opens."""
    return bool(roles) and all(role in denied for role in roles)


def known_role(name: str) -> str:
    """The role with a name, however it is written.

    Raises:
        ValueError: Amazon has no such role.
    """
    words = name.lower().replace("&", "and").replace("-", " ").split()
    for role in ROLES:
        if role.lower().split() == words:
            return role
    raise ValueError(f"there is no role {name!r}; Amazon's roles are: {', '.join(ROLES)}")
