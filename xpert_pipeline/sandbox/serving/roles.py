"""Amazon's roles. Each operation and report declares the roles that may use it."""

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
    """Return whether the sellers denied all of `roles`, any one of which would be enough."""
    return bool(roles) and all(role in denied for role in roles)


def known_role(name: str) -> str:
    """Return the role with this name, ignoring case and hyphens, and reading "&" as "and".

    Raises:
        ValueError: Amazon has no such role.
    """
    words = name.lower().replace("&", "and").replace("-", " ").split()
    for role in ROLES:
        if role.lower().split() == words:
            return role
    raise ValueError(f"there is no role {name!r}; Amazon's roles are: {', '.join(ROLES)}")
