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
    """How many records are expected, and how that is known.

    Attributes:
        count: Records.
        known: Where the count comes from; None for a guess.
        noun: What a record is.
    """

    count: float
    known: str | None
    noun: str = "order"

    def __str__(self) -> str:
        return f"{counted(self.count, self.noun)} ({self.known or 'a guess'})"


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
        operation: Amazon's operation of the pages.
    """

    source: Source
    predictions: Mapping[Source, Prediction]
    expected: ExpectedRecords
    days: float
    made: str
    forced_by: str = ""
    operation: str = "searchOrders"

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
    operation: str = "searchOrders",
) -> SourcePlan:
    """Choose the quicker source; if both are equal, pages, which carry more columns."""
    pages, report = predictions["pages"], predictions.get("report")
    source: Source = "pages" if report is None or pages.seconds <= report.seconds else "report"
    return SourcePlan(source, predictions, expected, days, how_known(generation_seconds), operation=operation)


def how_known(generation_seconds: float | None) -> str:
    """Describe how the time that Amazon takes for a report or query is known: from earlier ones, or not at all."""
    return f"made in {generation_seconds:.0f} s as before" if generation_seconds else "time of generation guessed"


def reason_of(plans: Sequence[SourcePlan]) -> str:
    """Why plans of consecutive spans with the same rule chose as they did; several plans show their longest seconds."""
    first = plans[0]
    of_each, up_to = (" of each", "up to ") if len(plans) > 1 else ("", "")
    longest = {name: max(plan.predictions[name].seconds for plan in plans) for name in first.predictions}
    texts = {name: f"{up_to}{seconds:.0f} s" for name, seconds in longest.items()}
    if first.forced_by:
        return f"{first.source}{of_each} although predicted to take {texts[first.source]}: {first.forced_by}"
    expected = replace(first.expected, count=sum(plan.expected.count for plan in plans))
    span = _length(sum(plan.days for plan in plans))
    pages = f"{expected} in {span}: {first.operation} pages{of_each} are predicted to take {texts['pages']}"
    if "report" not in texts:
        return pages
    choice = "pages" if first.source == "pages" else "the report"
    return f"{pages}, XML reports {texts['report']} ({first.made}), so {choice}"


def _length(days: float) -> str:
    """Describe a length of time in words."""
    return counted(days, "day", decimals=1) if days >= 1 else counted(math.ceil(days * 24 * 60), "minute")
