"""An API operation as its domain declares it, and a call of it that has passed the gate."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import QueryParams

from xpert_pipeline.sandbox.serving.fault_kinds import PAGE
from xpert_pipeline.sandbox.serving.paging import Page, Paging, open_page
from xpert_pipeline.sandbox.serving.state import State
from xpert_pipeline.sandbox.serving.usage_plans import Plan
from xpert_pipeline.sandbox.world.records import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation.

    Attributes:
        name: Amazon's name.
        method: HTTP method.
        path: Path with its parameters in braces.
        answer: Makes the answer's body; a text is JSON already. None if there is nothing to tell, which is answered
            by 204.
        plan: Amazon's usage plan.
        roles: Any one of these roles is enough to call it; without roles, every seller may call it.
        status: Status of a successful answer.
        heavy: Whether a thread answers, so that other calls need not wait.
        paging: How it returns pages; None if it has no pages.
        fault_places: Further places where faults can strike it, besides those of every call and every page.
    """

    name: str
    method: str
    path: str
    answer: Callable[["Call"], dict[str, Any] | list[Any] | str | None]
    plan: Plan
    roles: tuple[str, ...] = ()
    status: int = 200
    heavy: bool = False
    paging: Paging | None = None
    fault_places: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """A call to answer.

    Attributes:
        operation: What is called.
        world: The caller's world.
        state: The sandbox's state.
        query: Query parameters.
        path: Path parameters.
        body: Parsed JSON of a POST, else None.
        now: Time of the request, in seconds since 1970.
    """

    operation: Operation
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

    def faults(self, *places: str) -> list[str]:
        """Return the names of the faults that strike this call at these places, which the operation must declare."""
        return [name for place in places for name in self.state.faults.due(place, self.operation.name, self.seller_id)]

    def page(self, *, memory: Any = None) -> Page:
        """Return the page that this call asks for. The operation must declare its paging.

        Args:
            memory: Any JSON value that the first page fixes for all further pages.

        Raises:
            ApiError: 400 for an invalid token, or a page size out of bounds.
        """
        assert self.operation.paging is not None
        return open_page(
            self.operation.paging,
            self.state.page_tokens,
            self.query,
            self.seller_id,
            memory=memory,
            faults=lambda: self.faults(PAGE),
        )
