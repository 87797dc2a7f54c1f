"""Predicts what a run would do: the windows, sources, calls and seconds of each stream.

The run itself uses the same predictions. Planning asks Amazon only for counts (order metrics, listings).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from xpert_pipeline.sources.aids import CONCERNS_EVERY_REQUEST
from xpert_pipeline.sources.run import SellerRun
from xpert_pipeline.spapi.errors import SpApiError, Transient
from xpert_pipeline.spapi.planning.pace import AMAZON, ServerPace
from xpert_pipeline.spapi.planning.planner import BucketLevels
from xpert_pipeline.spapi.planning.source_choice import SourcePlan
from xpert_pipeline.tables.contract import Table
from xpert_pipeline.wording import counted, day_span

NOTHING = "nothing to request"
STEP_SECONDS = 1.0
"""A guess: what this machine needs in a step to load, compare and compute. At Amazon's pace it hardly matters."""
NOT_OFFERED = "Amazon does not offer it in the seller's marketplaces"


@dataclass(frozen=True)
class StreamPlan:
    """One window of one stream.

    Attributes:
        table: Table that the window fills.
        marketplaces: Ids of the marketplaces that the window covers.
        window: Describes what the run would request.
        source: The chosen operation or report.
        seconds: Predicted seconds from the start of the run until the window is loaded.
        calls: Predicted calls, by operation.
        predicted: Predicted seconds for each possible source.
        why: The reason for the choice, and which part of it is a guess.
        plain: What would be loaded, how, and how long it takes, in plain words; `why` has the facts behind it.
        is_made: Whether Amazon prepares the data while the run does other things.
        created: First and last day, if the window consists of days.
        choice: The facts behind the choice between sources, if there was one.
    """

    table: str
    marketplaces: tuple[str, ...]
    window: str
    source: str
    seconds: float
    calls: Mapping[str, int]
    predicted: Mapping[str, float]
    why: str
    plain: str = ""
    is_made: bool = False
    created: tuple[date, date] | None = None
    choice: SourcePlan | None = None


@dataclass(frozen=True)
class RunPlan:
    """All streams of one seller's run.

    Attributes:
        seller: Amazon's id of the seller.
        streams: The windows of all streams.
        complete: Days that need no request, by table.
        calls: Predicted calls, by operation.
        unplanned: Tables without a plan, each with the reason in words.
        steps: The tables of each step that the run takes, in its order; by default, a step for each planned table.
        pace: What is known of the server's pace, in words; empty if the server is Amazon.
        step_seconds: What each step takes besides its requests.
    """

    seller: str
    streams: Sequence[StreamPlan]
    complete: Mapping[str, int] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    unplanned: Mapping[str, str] = field(default_factory=dict)
    steps: Sequence[Sequence[str]] = ()
    pace: str = ""
    step_seconds: float = 0.0

    @property
    def ends(self) -> dict[str, float]:
        """Predicted seconds from the start of the run until each table is loaded, in the order of the run.

        One step follows the other. Amazon prepares reports and queries from the start on, while the run reads pages.
        """
        now, ends = 0.0, dict[str, float]()
        for tables in self.steps or [(name,) for name in dict.fromkeys(stream.table for stream in self.streams)]:
            streams = [stream for stream in self.streams if stream.table in tables]
            paged = max((stream.seconds for stream in streams if not stream.is_made), default=0.0)
            made = max((stream.seconds for stream in streams if stream.is_made), default=0.0)
            now = max(now + paged, made) + self.step_seconds
            ends |= dict.fromkeys(tables, now)
        return ends

    @property
    def seconds(self) -> float:
        """Predicted seconds for the whole run."""
        return max(self.ends.values(), default=0.0)


class Plannable(Protocol):
    """The part of a source that planning needs."""

    @property
    def tables(self) -> tuple[Table, ...]:
        """The tables that it fills."""

    @property
    def after(self) -> tuple[str, ...]:
        """Tables that are loaded before it."""

    @property
    def is_derived(self) -> bool:
        """Whether it asks Amazon for nothing."""

    @property
    def marketplaces(self) -> frozenset[str] | None:
        """Marketplaces in which Amazon offers the source; None for all."""

    def plan(self, run: SellerRun, levels: BucketLevels) -> Sequence[StreamPlan]:
        """Predict what a sync would do now."""

    def complete_days(self, run: SellerRun) -> Mapping[str, int]:
        """Days of the run that need no request, by table."""


def plan_run(sources: Iterable[Plannable], run: SellerRun, pace: ServerPace = AMAZON) -> RunPlan:
    """Plan a seller's run as it would begin now.

    Args:
        sources: The sources, in the order in which the run loads them.
        run: The run.
        pace: How fast the server is.
    """
    levels = BucketLevels(run.client(), pace)
    streams: list[StreamPlan] = []
    complete: dict[str, int] = {}
    steps: list[list[str]] = []
    unplanned: dict[str, str] = {}
    for source in sources:
        own, names = run.where_offered(source.marketplaces), [table.name for table in source.tables]
        if not own.markets:
            unplanned |= dict.fromkeys(names, NOT_OFFERED)
            continue
        try:
            planned = source.plan(own, levels)
        except CONCERNS_EVERY_REQUEST:
            raise
        except SpApiError as error:
            if type(error) is Transient:  # Amazon is down: the others would fail, too
                raise
            unplanned |= dict.fromkeys(names, f"cannot be planned: {error}")
            continue
        steps.append(names)
        streams += planned
        days = source.complete_days(own)
        complete |= days
        if source.is_derived:
            unplanned[names[0]] = f"computed from {', '.join(source.after)}; asks Amazon for nothing"
        elif not planned and not any(days.values()):
            unplanned[names[0]] = NOTHING
        planned_too = {stream.table for stream in planned}
        unplanned |= {name: f"comes with {names[0]}" for name in names[1:] if name not in planned_too}
    calls: Counter[str] = Counter()
    for stream in streams:
        calls.update(stream.calls)
    return RunPlan(run.who, streams, complete, calls, unplanned, steps, pace.words, STEP_SECONDS if streams else 0.0)


def days_text(first: date, last: date, count: int | None = None) -> str:
    """Format days for people.

    Args:
        first: The first day.
        last: The last day.
        count: Number of days, if some of those in between are missing.
    """
    return f"{day_span((first, last))} ({counted(count or (last - first).days + 1, 'day')})"
