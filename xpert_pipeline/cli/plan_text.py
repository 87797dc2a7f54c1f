"""How `xpert plan` reads: a plan for people, in which windows that are alike share a row."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from rich.console import Console
from rich.table import Table as Grid

from xpert_pipeline.sources.plan import RunPlan, StreamPlan, days_text, duration_text
from xpert_pipeline.spapi.planning.source_choice import reason_of
from xpert_pipeline.wording import counted


def show(plan: RunPlan) -> None:
    """Print one seller's plan: a row and a reason for each kind of window, then the totals."""
    console = Console(width=160 if not Console().is_terminal else None, highlight=False)
    console.print(f"seller {plan.seller}")
    rows = grouped(plan.streams)
    if rows:
        console.print(_grid(rows))
    for each in rows:
        console.print(f"  {each.table}, {each.window}: {each.why}.", soft_wrap=True)
    for table, count in plan.complete.items():
        if count:
            days = counted(count, "day")
            console.print(f"  {table}: {days} already complete (use --refetch to download again).")
    calls = ", ".join(f"{count:,} {name}" for name, count in sorted(plan.calls.items()) if count)
    console.print(f"  calls: {calls or 'none'}")
    finish = finish_of(plan).astimezone()
    console.print(f"  about {duration_text(plan.seconds)}: started now, it would be finished at {finish:%F %T %Z}\n")


def finish_of(plan: RunPlan) -> datetime:
    """When it would be done, started now."""
    return datetime.now(UTC) + timedelta(seconds=plan.seconds)


def grouped(streams: Sequence[StreamPlan]) -> list[StreamPlan]:
    """Consecutive windows of orders with the same source for the same reason as one; nothing else is touched."""
    groups: list[list[StreamPlan]] = []
    for stream in streams:
        if groups and _are_alike(groups[-1][-1], stream):
            groups[-1].append(stream)
        else:
            groups.append([stream])
    return [_together(group) for group in groups]


def _are_alike(one: StreamPlan, other: StreamPlan) -> bool:
    return bool(one.created and other.created and one.choice and other.choice and one.choice.rule == other.choice.rule)


def _together(group: Sequence[StreamPlan]) -> StreamPlan:
    """One row: calls are added up, and it is ready when the last of them is."""
    spans = [each.created for each in group if each.created]
    if len(group) == 1 or not spans:
        return group[0]
    calls: Counter[str] = Counter()
    for each in group:
        calls.update(each.calls)
    count = sum((last - first).days + 1 for first, last in spans)
    days = days_text(min(first for first, _ in spans), max(last for _, last in spans), count)
    return replace(
        group[0],
        window=f"created {days}, {len(group)} windows",
        seconds=max(each.seconds for each in group),
        calls=calls,
        why=reason_of([each.choice for each in group if each.choice]),
    )


def _grid(rows: Sequence[StreamPlan]) -> Grid:
    grid = Grid(box=None, pad_edge=False, header_style="bold")
    for name in ("table", "window", "source", "calls", "ready after"):
        grid.add_column(name, justify="right" if name in ("calls", "ready after") else "left")
    for each in rows:
        grid.add_row(each.table, each.window, each.source, f"{sum(each.calls.values()):,}", duration_text(each.seconds))
    return grid
