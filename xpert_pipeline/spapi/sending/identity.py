"""Who sends requests, for which seller, and to which endpoint."""

from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Identity:
    """Who sends requests, for which seller, and to which endpoint.

    Attributes:
        app: The application's client id.
        seller: Amazon's id of the seller.
        region: na, eu or fe.
        endpoint: The API's address.
        priority: 0 for live work, 1 for a backfill.
    """

    app: str
    seller: str
    region: str
    endpoint: str
    priority: int

    @property
    def is_at_amazons_sandbox(self) -> bool:
        """Whether the endpoint is Amazon's own sandbox, such as sandbox.sellingpartnerapi-eu.amazon.com."""
        return (urlsplit(self.endpoint).hostname or "").startswith("sandbox.")
