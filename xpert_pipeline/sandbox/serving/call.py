"""One call that passed the gate: who calls, with what, and what of the sandbox may be used to answer."""

from dataclasses import dataclass
from typing import Any

from starlette.datastructures import QueryParams

from xpert_pipeline.sandbox.serving.state import State
from xpert_pipeline.sandbox.world.records import World


@dataclass(frozen=True, slots=True)
class Call:
    """A call to be answered.

    Attributes:
        operation: Amazon's name of it.
        world: The caller's.
        state: The sandbox's.
        query: Query parameters.
        path: Path parameters.
        body: Parsed JSON of a POST, else None.
        now: The time of the request.
    """

    operation: str
    world: World
    state: State
    query: QueryParams
    path: dict[str, str]
    body: Any
    now: float

    @property
    def seller_id(self) -> str:
        """The caller."""
        return self.world.seller_id

    def faults(self, place: str) -> list[str]:
        """Names of the faults that strike this call at some place."""
        return self.state.faults.due(place, self.operation, self.seller_id)
