"""Decides which old rows of the ledger can be joined, and into which rows; pure functions.

These rows stay as they are: the first load, the newest snapshots, and the newest row with each entry of `details`,
because the pipeline reads them. Of the others,

- windows of changes that touch each other become one window;
- windows of creation dates become windows of settled days, by source, because `lacking_rows` asks what a source has
  read. A day is settled if it was read so late that Amazon does not change it any more. A row with other days goes only
  if rows that began later cover these days;
- derivations become one row, and old snapshots and partial readings one partial reading, which covers nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

COMPACTED, SEVERAL = "compacted", "several"
SUMS = ("fetched", "inserted", "updated", "unchanged", "deleted", "rejected", "calls", "waited_seconds")
Interval = tuple[datetime, datetime]


@dataclass(frozen=True)
class LedgerRow:
    """A row of `loads`; `details` are the names of its details."""

    load_id: UUID
    table_name: str
    marketplace_id: str
    window_kind: str
    window_start: datetime
    window_end: datetime
    source: str
    started_at: datetime
    finished_at: datetime
    newest_day: date | None = None
    fetched: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    deleted: int = 0
    rejected: int = 0
    calls: int = 0
    waited_seconds: float = 0.0
    details: list[str] = field(default_factory=list)

    @property
    def window(self) -> Interval:
        """The window that the load requested."""
        return self.window_start, self.window_end


@dataclass(frozen=True)
class Joined:
    """Rows that go, and the rows that stand for them."""

    gone: list[LedgerRow]
    rows: list[LedgerRow]


def join_old(rows: Sequence[LedgerRow], before: datetime, settled_after: timedelta, zone: ZoneInfo) -> Joined | None:
    """Join the old rows of one table in one marketplace; None if that would not make them fewer.

    Args:
        rows: All rows of the table in the marketplace.
        before: Rows that finished at this time or later stay as they are.
        settled_after: The age from which a day is final; 0 if Amazon does not restate days.
        zone: The marketplace's time zone.
    """
    needed = _needed(rows)
    old = [row for row in rows if row.finished_at < before and row.load_id not in needed]
    by_kind: dict[tuple[str, str], list[LedgerRow]] = {}
    for row in old:
        kind = "partial" if row.window_kind == "snapshot" else row.window_kind
        by_kind.setdefault((kind, row.source if kind == "created" else SEVERAL), []).append(row)
    gone: list[LedgerRow] = []
    joined: list[LedgerRow] = []
    for (kind, source), group in by_kind.items():
        if kind == "created":
            windows, group = _settled(group, rows, settled_after, zone)  # noqa: PLW2901  rows that stay are left out
        elif kind == "updated":
            windows = union(row.window for row in group)
        else:
            windows = [(min(row.window_start for row in group), max(row.window_end for row in group))]
        if group:
            gone += group
            joined += _rows_of(kind if windows else "partial", source, windows, group)
    return Joined(gone, joined) if len(joined) < len(gone) else None


def union(intervals: Iterable[Interval]) -> list[Interval]:
    """Join intervals that overlap or touch; ascending."""
    result: list[Interval] = []
    for start, end in sorted(intervals):
        if result and start <= result[-1][1]:
            result[-1] = result[-1][0], max(end, result[-1][1])
        else:
            result.append((start, end))
    return result


def _needed(rows: Sequence[LedgerRow]) -> set[UUID]:
    """Rows that the pipeline reads one by one."""
    needed = {min(rows, key=lambda row: row.started_at).load_id}
    newest: dict[str, LedgerRow] = {}
    for row in rows:
        names = [name for name in row.details if name != COMPACTED]
        for name in [*names, *(["snapshot"] if row.window_kind == "snapshot" else [])]:
            if name not in newest or row.finished_at >= newest[name].finished_at:
                newest[name] = row
    snapshots = [row for row in rows if row.window_kind == "snapshot"]
    latest = max(snapshots, key=lambda row: row.window_start, default=None)  # the stream of changes continues from it
    return needed | {row.load_id for row in newest.values()} | ({latest.load_id} if latest else set())


def _settled(
    old: Sequence[LedgerRow], rows: Sequence[LedgerRow], settled_after: timedelta, zone: ZoneInfo
) -> tuple[list[Interval], list[LedgerRow]]:
    """Return the windows of settled days, and the rows that these and later rows make needless."""
    ends = [(row, min(row.window_end, _end_of_day(row.started_at - settled_after, zone))) for row in old]
    windows = union((row.window_start, end) for row, end in ends if row.window_start < end)
    others = [row for row in rows if row.window_kind == "created"]
    needless = [
        row
        for row in old
        if _is_covered(row.window, [*windows, *(o.window for o in others if o.started_at > row.started_at)])
    ]
    return windows, needless


def _end_of_day(moment: datetime, zone: ZoneInfo) -> datetime:
    return datetime.combine(moment.astimezone(zone).date() + timedelta(days=1), time(), zone)


def _is_covered(window: Interval, by: Iterable[Interval]) -> bool:
    start, end = window
    return start == end or any(first <= start and end <= last for first, last in union(by))


def _rows_of(kind: str, source: str, windows: Sequence[Interval], group: Sequence[LedgerRow]) -> list[LedgerRow]:
    """Rows for these windows; the last one has the sums of the group."""
    first = group[0]
    about = replace(
        first,
        window_kind=kind,
        source=source,
        started_at=max(row.started_at for row in group),
        finished_at=max(row.finished_at for row in group),
        newest_day=max((row.newest_day for row in group if row.newest_day), default=None),
        details=[COMPACTED],
    )
    spans = list(windows) or [(min(row.window_start for row in group), max(row.window_end for row in group))]
    nothing = dict.fromkeys(SUMS, 0)
    sums = {name: sum(getattr(row, name) for row in group) for name in SUMS}
    return [
        replace(about, window_start=start, window_end=end, **(sums if number == len(spans) else nothing))
        for number, (start, end) in enumerate(spans, start=1)
    ]
