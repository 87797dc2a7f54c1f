"""What every source can do, whatever its kind: fill its tables, plan, be probed, and describe itself.

A source is declared once, in `assets/<domain>/<table>.py`. Dagster's assets, `xpert plan`, `xpert doctor`, the daily
range, the delta job and the docs read the declaration.
"""

import dataclasses
import sys
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

import dagster as dg

from xpert_pipeline.sources.plan import StreamPlan
from xpert_pipeline.sources.run import Market, SellerRun
from xpert_pipeline.spapi.planning.planner import BucketLevels
from xpert_pipeline.spapi.session import SellerApi
from xpert_pipeline.tables.contract import Table

FRAMEWORK = Path(__file__).parent
DATACLASSES = (Path("<string>"), Path(dataclasses.__file__))
"""Where dataclasses run: their `__init__` is made from a text, and `replace` calls it."""


class Later:
    """A source's `prepare` returns LATER to be prepared again after each step: it needs another step's rows first."""


LATER = Later()


@dataclass(frozen=True)
class Probe:
    """What a cheap call to a source answered.

    Attributes:
        what: What was counted or asked for, in words.
        count: How many there are; None where the call shows only that the source is granted.
        if_none: What a count of 0 means.
    """

    what: str
    count: int | None = None
    if_none: str = ""


@dataclass(frozen=True, kw_only=True)
class Source(ABC):
    """One source and the tables it fills.

    Attributes:
        group: Dagster's asset group.
        roles: Amazon's roles, any of which opens the source; empty only for derived tables.
        after: Tables that must be loaded before.
        checks: Checks that only these tables have.
        declared_at: File and line of the declaration, for error messages.
    """

    group: str
    roles: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    checks: tuple[dg.AssetChecksDefinition, ...] = ()
    declared_at: str = field(init=False, default="", compare=False)

    rank: ClassVar[int] = 0
    """Sources prepare in ascending rank and load in descending rank: Amazon works longest for the first ones."""
    prepares: ClassVar[bool] = True
    """Whether the source asks Amazon for something at the start of a run."""

    def __post_init__(self) -> None:
        """Remember where the source was declared."""
        object.__setattr__(self, "declared_at", _place_of_declaration())

    @property
    @abstractmethod
    def tables(self) -> tuple[Table, ...]:
        """The tables that the source fills, a table before those whose sets belong to its rows."""

    @property
    def step(self) -> str:
        """Name of the source's step in Dagster."""
        return self.tables[0].name

    @property
    def operations(self) -> tuple[str, ...]:
        """Amazon's operations that the source calls; each needs a usage plan."""
        return ()

    @property
    def is_refetchable(self) -> bool:
        """Whether the source skips what is complete, unless it is told to fetch it again."""
        return True

    @property
    def is_followed(self) -> bool:
        """Whether the delta job follows the source's changes between two daily syncs."""
        return False

    @property
    def sets_daily_range(self) -> bool:
        """Whether a daily sync begins at the source's first incomplete day; other sources look back by themselves."""
        return False

    @property
    def is_derived(self) -> bool:
        """Whether the tables are computed from other tables."""
        return False

    @abstractmethod
    def prepare(self, run: SellerRun) -> Any:
        """Plan what the run needs and request reports; return what `sync` needs, or LATER."""

    @abstractmethod
    def sync(self, run: SellerRun, prepared: Any) -> None:
        """Fetch and load what the run needs."""

    @abstractmethod
    def plan(self, run: SellerRun, levels: BucketLevels) -> Sequence[StreamPlan]:
        """Predict what `sync` would do now, and spend the tokens in `levels`. Nothing is requested or loaded."""

    def unfilled(self) -> Mapping[Table, Sequence[str]]:
        """Columns that nothing fills, by table; a mistake in the declaration."""
        return {}

    def complete_days(self, run: SellerRun) -> Mapping[str, int]:
        """Days of the run that need no request, by table."""
        return {}

    def probe(self, api: SellerApi, market: Market, now: datetime) -> Probe | None:
        """Ask with one call whether Amazon grants the source; None where another source's probe answers it.

        Raises:
            SpApiError: What Amazon answered.
        """
        return None


def _place_of_declaration() -> str:
    """File and line of the innermost caller outside the framework and the dataclasses module."""
    frame = sys._getframe(1)  # noqa: SLF001  the only way to name the line to mend
    while frame.f_back is not None:
        path = Path(frame.f_code.co_filename)
        if FRAMEWORK not in path.parents and path not in DATACLASSES:
            return f"{path}:{frame.f_lineno}"
        frame = frame.f_back
    return "unknown"
