"""The unit for which loads, coverage, gaps and days are recorded: one marketplace of one seller."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class Scope:
    """One marketplace of one seller, with its own loads, coverage, gaps and days.

    Attributes:
        seller_id: The seller's row id.
        marketplace_id: Amazon's id of the marketplace.
        timezone: IANA name of the marketplace's time zone: its days begin at midnight there.
    """

    seller_id: UUID
    marketplace_id: str
    timezone: str
