"""Types of command-line options that accept only what makes sense; click's own types accept nan and the year 1."""

import math
from datetime import datetime
from typing import Any

import click

FIRST_DAY, LAST_DAY = datetime(2000, 1, 1), datetime(2999, 12, 31)  # noqa: DTZ001  a day has no zone

MOST_SHOWN = 10**9


class Whole(click.IntRange):
    """A whole number within bounds; the message says so in plain words."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number."""
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            bounds = f" from {self.min:,} to {self.max:,}" if None not in (self.min, self.max) else ""
            self.fail(f"{value!r} is not a whole number{bounds}", param, ctx)

    def _describe_range(self) -> str:
        """The bounds for a help text; none where they are only those of the machine."""
        if self.min is None or self.max is None or self.max > MOST_SHOWN:
            return ""
        return f"{self.min} to {self.max}"


class Day(click.DateTime):
    """A day from 2000 to 2999, as YYYY-MM-DD."""

    def __init__(self) -> None:
        super().__init__(formats=["%Y-%m-%d"])

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the day as a datetime without a zone."""
        try:
            day = super().convert(value, param, ctx)
        except click.BadParameter:
            self.fail(f"{value!r} is not a day: write it as YYYY-MM-DD, such as 2026-11-30", param, ctx)
        if not FIRST_DAY <= day <= LAST_DAY:
            self.fail(f"{value} is not between {FIRST_DAY:%F} and {LAST_DAY:%F}", param, ctx)
        return day


class Finite(click.FloatRange):
    """A number within bounds; nan and inf are none."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number."""
        if not math.isfinite(click.FLOAT.convert(value, param, ctx)):
            self.fail(f"{value} is not a number", param, ctx)
        return super().convert(value, param, ctx)

    def _describe_range(self) -> str:
        """The bounds for a help text."""
        return super()._describe_range() if None in (self.min, self.max) else f"{self.min} to {self.max}"


DAY = Day()
PORT = Whole(0, 65_535)
SEED = Whole(-(2**63), 2**63 - 1)
