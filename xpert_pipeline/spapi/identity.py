"""For whom requests are sent, and where to."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Identity:
    """For whom requests are sent, and where to."""

    app: str
    seller: str
    region: str
    endpoint: str
    priority: int
