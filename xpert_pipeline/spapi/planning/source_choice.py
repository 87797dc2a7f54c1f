"""The choice between two sources for a span of orders, pages or XML reports, and its reason in words.

`planner` predicts what each source takes.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from xpert_pipeline.wording import counted

Source = Literal["pages", "report"]


@dataclass(frozen=True, slots=True)
class ExpectedRecords:
    """How many records are expected.

    Attributes:
        count: The number of orders.
        known: How the number is known; None for a guess.
    """

    count: float
    known: str | None

    def __str__(self) -> str:
        return f"{counted(self.count, 'order')} ({self.known or 'a guess'})"


@dataclass(frozen=True, slots=True)
class Prediction:
    """What one source is predicted to take: seconds, and calls by operation."""

    seconds: float
    calls: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class SourcePlan:
    """The chosen source and the facts behind the choice.

    Attributes:
        source: The chosen source.
        predictions: What each source is predicted to take.
        expected: The orders in the span.
        days: Length of the span.
        made: How the time that Amazon takes for a report is known.
        forced_by: A reason for the choice other than the predictions; empty without one.
    """

    source: Source
    predictions: Mapping[Source, Prediction]
    expected: ExpectedRecords
    days: float
    made: str
    forced_by: str = ""

    @property
    def why(self) -> str:
        """The reason in a sentence."""
        return reason_of([self])

    @property
    def seconds(self) -> float:
        """Predicted seconds of the chosen source."""
        return self.predictions[self.source].seconds

    @property
    def calls(self) -> Mapping[str, int]:
        """Predicted calls of the chosen source."""
        return self.predictions[self.source].calls

    def forced(self, source: Source, reason: str) -> "SourcePlan":
        """Return the same predictions with another source, chosen for a reason other than seconds."""
        return replace(self, source=source, forced_by=reason)

    @property
    def rule(self) -> tuple[str | None, ...]:
        """Equal for plans that chose the same source for the same reason, whatever their figures."""
        return self.source, self.expected.known, self.made, self.forced_by

    def as_dict(self) -> dict[str, Any]:
        """Return a JSON-able form for the ledger."""
        return {
            "source": self.source,
            "seconds": round(self.seconds, 1),
            "predicted": {source: round(prediction.seconds, 1) for source, prediction in self.predictions.items()},
            "expected": round(self.expected.count),
            "why": self.why,
        }


def choose(
    predictions: Mapping[Source, Prediction],
    expected: ExpectedRecords,
    days: float,
    *,
    generation_seconds: float | None = None,
) -> SourcePlan:
    """Choose the quicker source; if they are equal, pages, because they have more columns."""
    pages, report = predictions["pages"].seconds, predictions["report"].seconds
    source: Source = "pages" if pages <= report else "report"
    return SourcePlan(source, predictions, expected, days, how_known(generation_seconds))


def how_known(generation_seconds: float | None) -> str:
    """Describe how the time that Amazon takes for a report or query is known: from earlier ones, or not at all."""
    return f"made in {generation_seconds:.0f} s as before" if generation_seconds else "time of generation guessed"


def reason_of(plans: Sequence[SourcePlan]) -> str:
    """Explain the choice of consecutive spans' plans with the same rule.

    The text gives the orders and days of all spans together, and the seconds of the longest.
    """
    first = plans[0]
    pages, report = (_longest(plans, source) for source in ("pages", "report"))
    each = " of each" if len(plans) > 1 else ""
    if first.forced_by:
        longest = _longest(plans, first.source)
        return f"{first.source}{each} although predicted to take {longest}: {first.forced_by}"
    expected = replace(first.expected, count=sum(plan.expected.count for plan in plans))
    days = _length(sum(plan.days for plan in plans))
    choice = "pages" if first.source == "pages" else "the report"
    return (
        f"{expected} in {days}: searchOrders pages{each} are predicted to take {pages}, "
        f"XML reports {report} ({first.made}), so {choice}"
    )


def _longest(plans: Sequence[SourcePlan], source: Source) -> str:
    """Describe the predicted seconds of one source in the longest of some plans."""
    seconds = f"{max(plan.predictions[source].seconds for plan in plans):.0f} s"
    return f"up to {seconds}" if len(plans) > 1 else seconds


def _length(days: float) -> str:
    """Describe a length of time in words."""
    return counted(days, "day", decimals=1) if days >= 1 else counted(math.ceil(days * 24 * 60), "minute")
