"""Counts the calls and waits of a step, as run-wide metadata whose names begin with `run_`.

The ledger has the same figures for each load. Calls that belong to no load, such as those of a failed load, are
reported only here.
"""

from dataclasses import dataclass, field

import dagster as dg

from xpert_pipeline.spapi.sending.listener import Spent
from xpert_pipeline.spapi.session import SellerApi


@dataclass
class RunFigures:
    """Calls and waits of a step's clients, for all sellers.

    Attributes:
        total: All calls and waits.
        outside: The part that no load recorded in its `waits`.
    """

    total: Spent = field(default_factory=Spent)
    outside: Spent = field(default_factory=Spent)

    def add(self, api: SellerApi) -> None:
        """Add the calls and waits of a client that is no longer used."""
        self.total += api.spent()
        self.outside += api.bill()

    def metadata(self) -> dict[str, dg.JsonMetadataValue]:
        """Return metadata for failures, and for materializations, where all partitions of the run share it."""
        if not self.total.waits:
            return {}
        calls = {name: spent["calls"] for name, spent in self.total.waits.items()}
        waited = {name: spent["waited_seconds"] for name, spent in self.total.waits.items()}
        outside = {"run_outside_loads": dg.JsonMetadataValue(self.outside.waits)} if self.outside.waits else {}
        return {
            "run_calls": dg.JsonMetadataValue(calls),
            "run_waited_seconds": dg.JsonMetadataValue(waited),
            **outside,
        }
