"""The interface of every source: fill tables, plan a sync, probe Amazon, and describe itself.

A source is declared once, in `assets/<domain>/<table>.py`. Dagster's assets, `xpert plan`, `xpert doctor`, the daily
range, the delta job and the docs read the declaration.
"""

import dataclasses
import sys
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum
from pathlib import Path
from typing import Any, ClassVar, Self

import dagster as dg

from xpert_pipeline.postgres.pool import Pool
from xpert_pipeline.postgres.sellers import Seller
from xpert_pipeline.sources.day_figures import DayFigure
from xpert_pipeline.sources.pictures import Picture
from xpert_pipeline.sources.plan import StreamPlan
from xpert_pipeline.sources.run import Market, SellerRun
from xpert_pipeline.spapi.planning.planner import BucketLevels
from xpert_pipeline.spapi.session import SellerApi
from xpert_pipeline.tables.contract import Table

FRAMEWORK = Path(__file__).parent
DATACLASSES = (Path("<string>"), Path(dataclasses.__file__))
"""Stack frames of dataclasses: their generated `__init__` has the file name "<string>", and `replace` calls it."""


class Pace(IntEnum):
    """When a run loads a source, if nothing that it comes after decides otherwise: higher numbers come first.

    Reports and queries are requested at the start of a run all the same, whatever the pace of their source.
    """

    FIRST = 2
    """What a seller looks at first: orders, sales, listings, stock, money."""
    NEXT = 1
    LAST = 0
    """Slow history, and what takes many calls: traffic by day, the stock ledger, searches and customers by week, the
    offers of others, estimates and reviews by product."""


class Later:
    """`prepare` returns LATER if it needs rows from another step; it is called again after each step."""


LATER = Later()
RANKS = 10
"""More than the highest rank of a source."""


@dataclass(frozen=True)
class Probe:
    """The result of one cheap call to a source.

    Attributes:
        what: Describes what was counted or requested.
        count: Number of records; None if the call only shows that Amazon grants access.
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
        roles: Amazon roles; any one of them grants access. Empty only for derived tables.
        after: Tables that must be loaded before this source.
        marketplaces: Ids of the marketplaces in which Amazon offers the source; None for all of them. Nothing is asked
            for in the others, and no row is invented: their state is `not_available_in_marketplace`.
        pace: When a run loads it.
        checks: Asset checks specific to these tables.
        figures: Figures that each day of these tables shows in Dagster, beside its rows.
        pictures: Pictures that the newest day of these tables shows in Dagster.
        declared_at: File and line of the declaration, for error messages.
    """

    group: str
    roles: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    marketplaces: frozenset[str] | None = None
    pace: Pace = Pace.NEXT
    checks: tuple[dg.AssetChecksDefinition, ...] = ()
    figures: tuple[DayFigure, ...] = ()
    pictures: tuple[Picture, ...] = ()
    declared_at: str = field(init=False, default="", compare=False)

    rank: ClassVar[int] = 0
    """Sources prepare in ascending rank, and those of one pace load in descending rank: Amazon needs most time for the
    lowest ranks. Look-ups are last, as they ask for one product after the other."""
    prepares: ClassVar[bool] = True
    """Whether the source sends requests to Amazon at the start of a run."""

    def __post_init__(self) -> None:
        """Remember where the source was declared."""
        object.__setattr__(self, "declared_at", _place_of_declaration())

    @property
    @abstractmethod
    def tables(self) -> tuple[Table, ...]:
        """The tables that the source fills; a parent table comes before its child tables."""

    def is_offered_in(self, marketplace_id: str) -> bool:
        """Whether Amazon offers the source in a marketplace."""
        return self.marketplaces is None or marketplace_id in self.marketplaces

    @property
    def priority(self) -> int:
        """Dagster starts the steps that are ready in descending priority."""
        return self.pace * RANKS + self.rank

    @property
    def step(self) -> str:
        """Name of the source's step in Dagster."""
        return self.tables[0].name

    @property
    def operations(self) -> tuple[str, ...]:
        """Amazon's operations that the source calls; each needs a usage plan."""
        return ()

    @property
    def origins(self) -> tuple[str, ...]:
        """Amazon's names of what fills the tables: operations, report types or datasets."""
        return self.operations

    @property
    def is_refetchable(self) -> bool:
        """Whether the source skips complete days unless the run refetches them."""
        return True

    @property
    def is_followed(self) -> bool:
        """Whether the delta job follows the source's changes between two daily syncs."""
        return False

    @property
    def sets_daily_range(self) -> bool:
        """Whether a daily sync starts at this source's first incomplete day; other sources choose their own days."""
        return False

    @property
    def settled_after(self) -> timedelta:
        """The age from which Amazon does not change a day any more; 0 if it does not restate days."""
        return timedelta(0)

    @property
    def fresh_for(self) -> timedelta:
        """How long after its last load a table counts as fresh; a daily sync may be late."""
        return timedelta(hours=36)

    def last_answers(self, pool: Pool, seller: Seller, table: Table) -> Mapping[str, datetime] | None:
        """When Amazon last answered, by marketplace, if the ledger's complete loads do not tell; else None."""
        return None

    def configured(self, settings: Mapping[str, Any]) -> Self:
        """Return the source with the settings that it has parameters for; most have none."""
        return self

    @property
    def is_derived(self) -> bool:
        """Whether the tables are computed from other tables."""
        return False

    @abstractmethod
    def prepare(self, run: SellerRun) -> Any:
        """Plan the run and request reports; return the input for `sync`, or LATER."""

    @abstractmethod
    def sync(self, run: SellerRun, prepared: Any) -> None:
        """Fetch and load the run's data."""

    @abstractmethod
    def plan(self, run: SellerRun, levels: BucketLevels) -> Sequence[StreamPlan]:
        """Predict what `sync` would do now, and deduct its calls from `levels`; load nothing."""

    def news(self, run: SellerRun) -> str | None:
        """Ask Amazon with one page for changes of a followed source; return what a run would find, None if nothing.

        Raises:
            SpApiError: The question failed.
        """
        return None

    def unfilled(self) -> Mapping[Table, Sequence[str]]:
        """Columns that nothing fills, by table. Each one is a mistake in the declaration."""
        return {}

    def complete_days(self, run: SellerRun) -> Mapping[str, int]:
        """Days of the run that need no request, by table."""
        return {}

    def probe(self, api: SellerApi, market: Market, now: datetime) -> Probe | None:
        """Check with one call whether Amazon grants access; return None if there is no suitable call.

        Raises:
            SpApiError: The call failed.
        """
        return None


def _place_of_declaration() -> str:
    """File and line of the module's statement that makes the source, also if a function beside it builds the source.

    A source that no module makes, such as one of a test, has the place of the innermost caller outside the framework.
    """
    frame = sys._getframe(1)  # noqa: SLF001  the only way to find the line of the declaration
    built_at, folder = "", Path()
    while frame.f_back is not None:
        path = Path(frame.f_code.co_filename)
        is_outside = FRAMEWORK not in path.parents and path not in DATACLASSES
        if built_at and path.parent != folder:
            break
        if is_outside and frame.f_code.co_name == "<module>":
            return f"{path}:{frame.f_lineno}"
        if is_outside and not built_at:
            built_at, folder = f"{path}:{frame.f_lineno}", path.parent
        frame = frame.f_back
    return built_at or "unknown"
