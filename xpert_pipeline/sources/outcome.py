"""The outcome of a run for one table: the states and reasons that Dagster, the command line and `fact_stream` show.

The counts come from the ledger. This module adds what counts cannot say, such as "Amazon keeps no history of it".
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

State = Literal[
    "ok",
    "up_to_date",
    "empty",
    "skipped",
    "incomplete",
    "not_granted",
    "no_history",
    "not_available_in_marketplace",
]
BEST_LAST = (
    "not_available_in_marketplace",
    "not_granted",
    "no_history",
    "empty",
    "up_to_date",
    "skipped",
    "ok",
    "incomplete",
)
WITHOUT_ACCESS = ("not_granted", "not_available_in_marketplace")
"""States of a table that Amazon does not give to the seller: it holds nothing, and was not loaded."""


def overall(states: Iterable[str]) -> str:
    """One state for several partitions or marketplaces: incomplete if only some were loaded, else the best one."""
    seen = set(states)
    if seen >= {"skipped", "ok"}:
        return "incomplete"
    return max(seen, key=BEST_LAST.index)


@dataclass
class TableOutcome:
    """What happened to one table of one seller in a run, by marketplace.

    Attributes:
        refused: Marketplaces for which Amazon does not grant access; "*" means all of them.
        unavailable: Marketplaces in which Amazon does not offer the source.
        no_history_before: First day with data, for sources that have only the current state.
        keeps_days: Whether the table keeps earlier days that were loaded in their time.
        lacking: Days that were skipped, or whose data is not complete yet.
        short: Marketplaces and days for which Amazon sent less than it counted.
        why_empty: Why Amazon has no records, by marketplace, if it says so.
        read_whole: Marketplaces whose records of all days are known, and are some. A day without any is then up to
            date, not empty.
        is_continued: Whether a run that begins now would go on with what this one skipped.
        reasons: Reasons and what to do, in order and without duplicates.
    """

    refused: set[str] = field(default_factory=set)
    unavailable: set[str] = field(default_factory=set)
    no_history_before: dict[str, date] = field(default_factory=dict)
    keeps_days: bool = False
    lacking: dict[str, set[date]] = field(default_factory=dict)
    short: set[tuple[str, date]] = field(default_factory=set)
    why_empty: dict[str, str] = field(default_factory=dict)
    read_whole: set[str] = field(default_factory=set)
    is_continued: bool = False
    reasons: list[str] = field(default_factory=list)

    def no_history(self, marketplace_id: str, before: date, *, keeps_days: bool = False) -> None:
        """Record that Amazon keeps no history: days before this one can never be loaded.

        Args:
            marketplace_id: The marketplace.
            before: The first day that can be loaded.
            keeps_days: Whether the table keeps the days that earlier runs loaded in their time.
        """
        self.no_history_before[marketplace_id] = before
        self.keeps_days = keeps_days

    def skip(self, marketplace_id: str, days: Iterable[date], reason: str, *, continues: bool = False) -> None:
        """Leave days to a later run.

        Args:
            marketplace_id: The marketplace.
            days: The days.
            reason: Why, and what to do.
            continues: Whether a run that begins now would go on with them; if not, something else must happen first.
        """
        self.is_continued = self.is_continued or continues
        self.lacking.setdefault(marketplace_id, set()).update(days)
        self.explain(reason)

    def mark_incomplete(self, marketplace_id: str, days: Iterable[date]) -> None:
        """Record that Amazon sent less than it counted, so that the days are incomplete even if no row arrived."""
        self.short.update((marketplace_id, day) for day in days)

    def not_granted(self, reason: str, marketplace_id: str = "*") -> None:
        """Record that Amazon denies access: the application lacks the role, or the seller did not authorize it."""
        self.refused.add(marketplace_id)
        self.explain(reason)

    def not_available(self, marketplace_id: str, reason: str) -> None:
        """Record that Amazon does not offer the source in a marketplace."""
        self.unavailable.add(marketplace_id)
        self.explain(reason)

    def explain(self, reason: str) -> None:
        """Add a reason, once."""
        if reason and reason not in self.reasons:
            self.reasons.append(reason)

    @property
    def reason(self) -> str | None:
        """All reasons in one line."""
        return "; ".join(self.reasons) or None

    def state(self, marketplace_id: str, day: date, counts: Mapping[str, int], rows: int = 0) -> State:
        """The state of one marketplace's day.

        Args:
            marketplace_id: The marketplace.
            day: A day of the run.
            counts: The ledger's counts for that day in this run.
            rows: Rows that the table has for that day.
        """
        if marketplace_id in self.unavailable:
            return "not_available_in_marketplace"
        if self.refused & {marketplace_id, "*"}:
            return "not_granted"
        first = self.no_history_before.get(marketplace_id)
        if first is not None and day < first and not (rows and self.keeps_days):
            return "no_history"
        has_changed = any(counts.values())
        if day in self.lacking.get(marketplace_id, ()):
            return "incomplete" if has_changed or (marketplace_id, day) in self.short else "skipped"
        if has_changed:
            return "ok"
        return "up_to_date" if rows or marketplace_id in self.read_whole else "empty"
