"""Finds the days and spans that a source must request: days that no load covers, restated days, and changes.

A window covers one or several marketplaces: marketplaces with the same open days share a request.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from math import ceil
from typing import Literal

from xpert_pipeline.postgres.coverage import (
    covered_days,
    days_read,
    first_load_started,
    first_loaded_day,
    followed_until,
)
from xpert_pipeline.postgres.ledger import LoadWindow
from xpert_pipeline.sources.run import Market, SellerRun
from xpert_pipeline.wording import day_words, moment_in_zone

TWO_YEARS = timedelta(days=730)
"""How far back Amazon keeps daily figures."""
READ_RECENTLY = timedelta(hours=6)
"""Amazon updates daily figures once a day, so restated days that were read within this time are not read again."""
LOOK_BACK = 60
"""How many days back a live run looks for days that were last read while Amazon still restated them."""
REPAIRED_DAYS = 30
"""How many days back a live run retries days that no load covers: they failed, or Amazon had no data yet."""

Kind = Literal["created", "updated"]


@dataclass(frozen=True)
class DayWindow:
    """Consecutive local days, and the marketplaces in which they are open."""

    days: tuple[date, ...]
    markets: tuple[Market, ...]

    @property
    def first(self) -> date:
        """The first day."""
        return self.days[0]

    @property
    def last(self) -> date:
        """The last day."""
        return self.days[-1]

    @property
    def marketplace_ids(self) -> tuple[str, ...]:
        """Ids of the marketplaces."""
        return tuple(market.id for market in self.markets)

    def load_windows(self, kind: Literal["created", "partial"], markets: Sequence[Market]) -> dict[str, LoadWindow]:
        """The windows for the ledger: in each marketplace, its first local day to its last one, both included."""
        return {market.id: LoadWindow(kind, *market.bounds(self.first, self.last)) for market in markets}

    def bounds(self) -> tuple[datetime, datetime]:
        """The earliest start and the latest end over all marketplaces, in UTC."""
        bounds = [market.bounds(self.first, self.last) for market in self.markets]
        return (
            min(start for start, _ in bounds).astimezone(UTC),
            max(end for _, end in bounds).astimezone(UTC),
        )


@dataclass(frozen=True)
class Span:
    """A half-open interval of creation or update times, in some marketplaces."""

    kind: Kind
    start: datetime
    end: datetime
    markets: tuple[Market, ...]

    def __str__(self) -> str:
        return f"{self.kind} {self.start:%Y-%m-%d %H:%M} to {self.end:%Y-%m-%d %H:%M} UTC"

    @property
    def in_words(self) -> str:
        """The span for people: its days, or the start of its changes; in local time of its first marketplace."""
        if self.kind == "created":
            return day_words(*self.local_days)
        return f"changes since {moment_in_zone(self.start, self.markets[0].zone)}"

    @property
    def days(self) -> float:
        """Length in days."""
        return (self.end - self.start) / timedelta(days=1)

    @property
    def marketplace_ids(self) -> tuple[str, ...]:
        """Ids of the marketplaces."""
        return tuple(market.id for market in self.markets)

    @property
    def local_days(self) -> tuple[date, date]:
        """First and last local day of the span; with several time zones, days that all marketplaces have."""
        end = self.end - timedelta(microseconds=1)
        first = max(self.start.astimezone(market.zone).date() for market in self.markets)
        return first, max(first, min(end.astimezone(market.zone).date() for market in self.markets))


def day_windows(
    open_days: Mapping[Market, Collection[date]], longest: int = 30, *, together: bool = True, exact: bool = False
) -> list[DayWindow]:
    """Group open days into windows of at most `longest` consecutive days, newest first.

    Days that need several windows are shared evenly among as few as possible. If the last window had only what is
    left, such as one day of a month and a day, it would often have no data, which Amazon answers like a refusal.

    Args:
        open_days: Open days by marketplace.
        longest: Maximum number of days in a window.
        together: Whether one request may cover several marketplaces; if not, each one has its own windows.
        exact: Whether `longest` days are so many times 24 hours. Local days of several time zones, or around a change
            of the clock, take longer than that.
    """
    if not together:
        return sorted(
            (
                window
                for market, days in open_days.items()
                for window in day_windows({market: days}, longest, exact=exact)
            ),
            key=lambda window: window.first,
            reverse=True,
        )
    markets_of: dict[date, tuple[Market, ...]] = {}
    for market, days in open_days.items():
        for day in days:
            markets_of[day] = (*markets_of.get(day, ()), market)
    runs: list[DayWindow] = []
    for day in sorted(markets_of, reverse=True):
        last = runs[-1] if runs else None
        if last is not None and last.first - day == timedelta(days=1) and last.markets == markets_of[day]:
            runs[-1] = DayWindow((day, *last.days), last.markets)
        else:
            runs.append(DayWindow((day,), markets_of[day]))
    return [window for run in runs for window in _shared_evenly(run, longest, exact=exact)]


def _shared_evenly(run: DayWindow, longest: int, *, exact: bool) -> list[DayWindow]:
    """Cut consecutive days into as few windows as possible, newest first; their lengths differ by a day at most."""
    count = len(run.days)
    for pieces in range(ceil(count / longest), count):
        edges = [count * place // pieces for place in range(pieces + 1)]
        windows = [DayWindow(run.days[start:end], run.markets) for start, end in pairwise(edges)]
        if all(_fits(window, longest, exact=exact) for window in windows):
            return windows[::-1]
    return [DayWindow((day,), run.markets) for day in reversed(run.days)]


def _fits(window: DayWindow, longest: int, *, exact: bool) -> bool:
    start, end = window.bounds()
    return len(window.days) <= longest and not (exact and end - start > timedelta(days=longest))


def stream_position(run: SellerRun, market: Market, table: str, overlap: timedelta) -> datetime | None:
    """Where to continue the change stream: at its watermark, or `overlap` before the first load began.

    Returns:
        None before the first load.
    """
    mark = followed_until(run.pool, market.scope, table)
    if mark is None and (began := first_load_started(run.pool, market.scope, table)):
        mark = began - overlap
    return mark


@dataclass(frozen=True)
class Restatement:
    """How long Amazon keeps and restates daily figures.

    Attributes:
        restated: How long Amazon restates a day.
        oldest: How far back Amazon keeps days.
        anchors: Other tables whose first loaded day also counts as the beginning of the seller's history.
    """

    restated: timedelta
    oldest: timedelta
    anchors: tuple[str, ...] = ()


def restated_open_days(run: SellerRun, market: Market, table: str, rule: Restatement) -> list[date]:
    """Return the past days to read, for a source whose days Amazon restates for a while.

    These are the run's days that no load covers. A live run adds days that Amazon still restates, days that were last
    read while Amazon still restated them, and recent days that no load covers, from the first loaded day on.

    Args:
        run: The seller's run.
        market: The marketplace.
        table: The table whose loads count.
        rule: The source's restatement rule.
    """
    oldest, restatement = market.today - rule.oldest, rule.restated
    requested = [day for day in market.days if oldest <= day < market.today]
    recent = _recent_days(market, oldest) if market.is_live else []
    days = sorted({*requested, *recent})
    if not days:
        return []
    covered = covered_days(run.pool, market.scope, table, days)
    open_days = {day for day in requested if run.refetch or day not in covered}
    open_days |= _restated_now(run, market, table, recent, restatement)
    open_days |= _not_settled(run, market, table, days, covered, restatement)
    open_days |= _left_out(run, market, (table, *rule.anchors), recent, covered)
    return sorted(open_days)


def _recent_days(market: Market, oldest: date) -> list[date]:
    days = (market.today - timedelta(days=n) for n in range(LOOK_BACK, 0, -1))
    return [day for day in days if day >= oldest]


def _restated_now(
    run: SellerRun, market: Market, table: str, recent: Sequence[date], restatement: timedelta
) -> set[date]:
    """Recent days that Amazon still restates, without those read within READ_RECENTLY."""
    restated = [day for day in recent if day >= market.today - restatement]
    if not restated:
        return set()
    return set(restated) - days_read(run.pool, market.scope, table, restated, since=datetime.now(UTC) - READ_RECENTLY)


def _not_settled(
    run: SellerRun, market: Market, table: str, days: Sequence[date], covered: set[date], restatement: timedelta
) -> set[date]:
    """Covered days that Amazon no longer restates, but that were last read while it still did."""
    settled = days_read(run.pool, market.scope, table, list(days), age=restatement)
    return {day for day in covered - settled if day < market.today - restatement}


def _left_out(
    run: SellerRun, market: Market, tables: Sequence[str], recent: Sequence[date], covered: set[date]
) -> set[date]:
    """Recent days that no load covers, starting with the first day ever loaded."""
    first = first_loaded_day(run.pool, market.scope, tables) or market.today
    return {day for day in recent[-REPAIRED_DAYS:] if day >= first} - covered


def groups_of(marks: Sequence[tuple[Market, datetime]], within: timedelta) -> dict[datetime, tuple[Market, ...]]:
    """Group marketplaces by the position of their change stream; each group shares its requests.

    Args:
        marks: Each marketplace with its position.
        within: Positions at most this far apart form a group, which is read from the earliest one.

    Returns:
        The earliest position of each group with its marketplaces, in the order of `marks`.
    """
    groups: dict[datetime, list[int]] = {}
    for place in sorted(range(len(marks)), key=lambda n: marks[n][1]):
        mark = marks[place][1]
        first = next((start for start in groups if mark - start <= within), mark)
        groups.setdefault(first, []).append(place)
    return {first: tuple(marks[place][0] for place in sorted(places)) for first, places in groups.items()}
