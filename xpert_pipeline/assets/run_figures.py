"""What an asset's run has asked of Amazon and waited for: metadata whose names begin with `run_`.

Loads share the same figures out in the ledger; what belongs to none of them stands here, so that nothing is lost.
"""

from dataclasses import dataclass, field

import dagster as dg

from xpert_pipeline.spapi.sending.listener import Spent
from xpert_pipeline.spapi.session import SellerApi


@dataclass
class RunFigures:
    """Spent by the clients of an asset's run, of all its sellers.

    Attributes:
        total: All of it.
        outside: The part that no load has in its `waits`, such as the calls of a load that failed.
    """

    total: Spent = field(default_factory=Spent)
    outside: Spent = field(default_factory=Spent)

    def add(self, api: SellerApi) -> None:
        """Count a client that has done its work."""
        self.total += api.spent()
        self.outside += api.bill()

    def metadata(self) -> dict[str, dg.JsonMetadataValue]:
        """For materializations, where they repeat for every partition of the run; and for failures."""
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
