"""What a run did: the values that a sync prints. `result` reads and prints them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any


@dataclass(frozen=True)
class TableResult:
    """What one table received for one marketplace of a seller.

    Attributes:
        seller: Amazon's id of the seller.
        table: The table.
        marketplace: Amazon's id of the marketplace; None for a seller that has only one.
        fetched: Records that arrived: inserted + updated + unchanged + rejected.
        inserted: New rows.
        updated: Changed rows.
        unchanged: Rows that were already the same.
        deleted: Deleted rows.
        rejected: Records in quarantine.
        newest: The newest business day that was ever loaded.
        calls: Requests to Amazon. Requests for several tables or marketplaces count for the first of them.
        waited_seconds: Seconds waited for quota, counted in the same way.
        seconds: Seconds from the first request to the end of the load, added up over the loads.
        state: ok, up_to_date, empty, failed, incomplete, skipped, not_granted, no_history or
            not_available_in_marketplace.
    """

    seller: str
    table: str
    marketplace: str | None
    fetched: int
    inserted: int
    updated: int
    unchanged: int
    deleted: int
    rejected: int
    newest: date | None
    calls: int
    waited_seconds: float
    seconds: float
    state: str

    def as_json(self) -> dict[str, Any]:
        """Return the entry for `--json`; `marketplace` is in it only where the seller has several."""
        entry = {**asdict(self), "newest": self.newest and self.newest.isoformat()}
        if self.marketplace is None:
            del entry["marketplace"]
        return entry


@dataclass(frozen=True)
class RunResult:
    """What the run of one seller did.

    Attributes:
        tables: Each table in each marketplace.
        errors: Why steps failed.
        notes: Why steps that did not fail could not load everything.
        seller: The seller's name with its id.
        next_sync: When the pipeline continues by itself, in words.
        lost: Tables whose role Amazon granted before and refuses now, each with the sentence about it.
        continued: The tables with which a run that begins now would go on; see `coming`.
        seconds_left: Predicted seconds until they are loaded; None if that is not known.
    """

    tables: list[TableResult]
    errors: list[str]
    notes: list[str] = field(default_factory=list)
    seller: str = ""
    next_sync: str = ""
    lost: Mapping[str, str] = field(default_factory=dict)
    continued: Sequence[str] = ()
    seconds_left: float | None = None
