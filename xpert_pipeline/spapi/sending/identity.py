"""For whom requests are sent, and where to."""

from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Identity:
    """For whom requests are sent, and where to."""

    app: str
    seller: str
    region: str
    endpoint: str
    priority: int

    @property
    def is_at_amazons_sandbox(self) -> bool:
        """Whether requests go to Amazon's own sandbox, such as sandbox.sellingpartnerapi-eu.amazon.com."""
        return (urlsplit(self.endpoint).hostname or "").startswith("sandbox.")
