"""What a run did to one table, and why: the states and reasons that Dagster, the command line and `fact_stream` show.

Counts come from the ledger; here stands what counts cannot say, such as "Amazon keeps no history of it".
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

State = Literal["ok", "empty", "skipped", "incomplete", "not_granted", "no_history"]
BEST_LAST = ("not_granted", "no_history", "empty", "skipped", "ok", "incomplete")


def overall(states: Iterable[str]) -> str:
    """One state for several partitions or marketplaces: the best of them, or incomplete if only some have rows."""
    seen = set(states)
    if seen >= {"skipped", "ok"}:
        return "incomplete"
    return max(seen, key=BEST_LAST.index)


@dataclass
class TableOutcome:
    """What happened to one table of one seller in a run, by marketplace.

    Attributes:
        refused: Marketplaces for which Amazon did not grant the source; "*" stands for all of them.
        no_history_before: First day of which the source has data, for sources that keep only the present.
        lacking: Days whose turn did not come, or whose data is not complete yet.
        reasons: Why, and what to do; each once, in order.
    """

    refused: set[str] = field(default_factory=set)
    no_history_before: dict[str, date] = field(default_factory=dict)
    lacking: dict[str, set[date]] = field(default_factory=dict)
    reasons: list[str] = field(default_factory=list)

    def no_history(self, marketplace_id: str, before: date) -> None:
        """Amazon keeps no history: days before this one can never be loaded."""
        self.no_history_before[marketplace_id] = before

    def skip(self, marketplace_id: str, days: Iterable[date], reason: str) -> None:
        """Leave days to a later run."""
        self.lacking.setdefault(marketplace_id, set()).update(days)
        self.explain(reason)

    def not_granted(self, reason: str, marketplace_id: str = "*") -> None:
        """Amazon refuses the source, because the application has no role for it or the seller did not authorize it."""
        self.refused.add(marketplace_id)
        self.explain(reason)

    def explain(self, reason: str) -> None:
        """Add a reason, once."""
        if reason and reason not in self.reasons:
            self.reasons.append(reason)

    @property
    def reason(self) -> str | None:
        """All reasons in one line."""
        return "; ".join(self.reasons) or None

    def state(self, marketplace_id: str, day: date, counts: Mapping[str, int]) -> State:
        """The state of one marketplace's day.

        Args:
            marketplace_id: The marketplace.
            day: A day of the run.
            counts: What the ledger counted for that day in this run.
        """
        if self.refused & {marketplace_id, "*"}:
            return "not_granted"
        first = self.no_history_before.get(marketplace_id)
        if first is not None and day < first:
            return "no_history"
        has_rows = any(counts.values())
        if day in self.lacking.get(marketplace_id, ()):
            return "incomplete" if has_rows else "skipped"
        return "ok" if has_rows else "empty"
