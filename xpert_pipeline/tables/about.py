"""Describes a table as a whole: where it comes from, how fresh it is, and what changes later."""

from dataclasses import dataclass


@dataclass(frozen=True)
class About:
    """Facts about a table, for Dagster's UI and `docs/tables.md`.

    Attributes:
        grain: What one row is, such as "a listing in its current state".
        source: Where the rows come from.
        freshness: How soon a change at Amazon reaches the table.
        restatement: Which rows change later, and for how long.
        example: One query to start from.
    """

    grain: str
    source: str
    freshness: str
    restatement: str
    example: str

    @property
    def text(self) -> str:
        """The description in Dagster's UI."""
        return f"One row is {self.grain}. Source: {self.source}. {self.freshness} {self.restatement}"
