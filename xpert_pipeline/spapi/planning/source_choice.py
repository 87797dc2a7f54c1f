"""Chooses between pages and XML reports for a span of orders, and explains the choice.

`planner` predicts how long each source takes.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from xpert_pipeline.wording import counted, duration_words

Source = Literal["pages", "report"]
PLAIN: Mapping[Source, str] = {"pages": "paging", "report": "bulk report"}


@dataclass(frozen=True, slots=True)
class ExpectedRecords:
    """How many records we expect, and how we know.

    Attributes:
        count: Number of records.
        known: Where the count comes from; None for a guess.
        noun: What to call a record.
        lacks: What a better guess would need.
    """

    count: float
    known: str | None
    noun: str = "order"
    lacks: str = ""

    @property
    def guess(self) -> str:
        """Says that the count is a guess, and what is missing."""
        return f"a guess: {self.lacks}" if self.lacks else "a guess"

    def __str__(self) -> str:
        return f"{counted(self.count, self.noun)} ({self.known or self.guess})"


@dataclass(frozen=True, slots=True)
class Prediction:
    """The predicted cost of one source: seconds, and calls by operation."""

    seconds: float
    calls: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class SourcePlan:
    """The chosen source and the facts behind the choice.

    Attributes:
        source: The chosen source.
        predictions: The predicted cost of each source.
        expected: The orders in the span.
        days: Length of the span.
        made: How we know the time that Amazon takes for a report.
        forced_by: A reason for the choice other than the predictions; empty if there is none.
        operation: The operation that returns the pages.
        purpose: What the records are read for, if not to load them for the first time or to follow their changes.
    """

    source: Source
    predictions: Mapping[Source, Prediction]
    expected: ExpectedRecords
    days: float
    made: str
    forced_by: str = ""
    operation: str = "searchOrders"
    purpose: str = ""

    @property
    def why(self) -> str:
        """The reason in a sentence."""
        return reason_of([self])

    @property
    def plain(self) -> str:
        """The choice in plain words."""
        return plain_of([self])

    @property
    def seconds(self) -> float:
        """Predicted seconds of the chosen source."""
        return self.predictions[self.source].seconds

    @property
    def calls(self) -> Mapping[str, int]:
        """Predicted calls of the chosen source."""
        return self.predictions[self.source].calls

    def forced(self, source: Source, reason: str) -> "SourcePlan":
        """Return the plan with another source, chosen for a reason other than time."""
        return replace(self, source=source, forced_by=reason)

    @property
    def rule(self) -> tuple[str | None, ...]:
        """Equal for plans that chose the same source for the same reason, whatever their figures."""
        return self.source, self.expected.known, self.expected.lacks, self.made, self.forced_by, self.purpose

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
    """Choose the quicker source; if both are equal, choose pages, which have more columns."""
    pages, report = predictions["pages"], predictions.get("report")
    source: Source = "pages" if report is None or pages.seconds <= report.seconds else "report"
    return SourcePlan(source, predictions, expected, days, how_known(generation_seconds), operation=operation)


def how_known(generation_seconds: float | None) -> str:
    """Describe how we know the time that Amazon takes for a report or query: from earlier ones, or by a guess."""
    return f"made in {generation_seconds:.0f} s as before" if generation_seconds else "generation time is a guess"


def reason_of(plans: Sequence[SourcePlan]) -> str:
    """Explain the choice of plans with the same rule for consecutive spans; of several plans, give the longest time."""
    first = plans[0]
    for_each, up_to = (" for each span", "up to ") if len(plans) > 1 else ("", "")
    longest = {name: max(plan.predictions[name].seconds for plan in plans) for name in first.predictions}
    texts = {name: f"{up_to}{seconds:.0f} s" for name, seconds in longest.items()}
    if first.forced_by:
        return f"{first.source}{for_each} although predicted to take {texts[first.source]}: {first.forced_by}"
    expected = replace(first.expected, count=sum(plan.expected.count for plan in plans))
    span = _length(sum(plan.days for plan in plans))
    pages = f"{expected} in {span}: {first.operation} pages{for_each} are predicted to take {texts['pages']}"
    if "report" not in texts:
        return pages
    choice = "pages" if first.source == "pages" else "the report"
    return f"{pages}, XML reports {texts['report']} ({first.made}), so {choice}"


def plain_of(plans: Sequence[SourcePlan]) -> str:
    """Describe plans with the same rule in plain words; `reason_of` has the facts behind the choice.

    For example "about 3,503 orders, by bulk report (~22 s; paging would take ~48 min)".
    """
    first, each = plans[0], ""
    way, other = PLAIN[first.source], PLAIN["pages" if first.source == "report" else "report"]
    if len(plans) > 1:
        way, each = f"{len(plans)} bulk reports" if first.source == "report" else way, " each"
    longest = {PLAIN[name]: max(plan.predictions[name].seconds for plan in plans) for name in first.predictions}
    times = [f"~{duration_words(longest[PLAIN[first.source]])}{each}"]
    if other in longest:
        times.append(f"{'a ' * (other == PLAIN['report'])}{other} would take ~{duration_words(longest[other])}{each}")
    if first.forced_by:
        times.append(first.forced_by)
    count = sum(plan.expected.count for plan in plans)
    guess = "" if first.expected.known else f" ({first.expected.guess})"
    purpose = f"{first.purpose}, " if first.purpose else ""
    return f"{purpose}about {counted(round(count), first.expected.noun)}{guess}, by {way} ({'; '.join(times)})"


def _length(days: float) -> str:
    """Describe a length of time in words."""
    return counted(days, "day", decimals=1) if days >= 1 else counted(math.ceil(days * 24 * 60), "minute")
