"""Compares a sync under Amazon's quotas with the least time that the token buckets dictate.

Runs the users' command (`xpert up --no-ui --json`) on one invented world, without limits and with every limit at
`--rate-scale S`. The figure is the second time divided by the sum of the first one and the least time of the buckets.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import click

from benchmarks.branches import branches_of, read_loads
from benchmarks.command import database, xpert
from benchmarks.harness import Figure, Goal, Outcome, alternate, median, publish, ratio, say, workspace
from benchmarks.token_bound import WITHOUT_PLAN, Bound, lower_bound
from xpert_pipeline.assets.registry import SOURCES
from xpert_pipeline.sandbox.world.synthetic import WEEKDAYS

FORCE_PAGES = "--fault=item-id-mismatch"
"""The sandbox's report then has other item ids than the API, so the pipeline reads the orders by searchOrders."""
WORLDS: dict[str, dict[str, Any]] = {
    "default": {"days": 30, "orders_per_day": 1_000, "skus": 400},
    "large": {"days": 30, "orders_per_day": 10_000, "skus": 20_000},
    "real": {"days": 70},
}
"""Named sizes: a medium seller, a large one, and the orders of a file over all its days."""


@dataclass(frozen=True)
class Sync:
    """One run of the command, and what the sandbox and the ledger recorded about it."""

    seconds: float
    sandbox: dict[str, Any]
    reports: dict[str, list[int]]
    sources: tuple[str, ...]
    waited: float

    def bound(self, scale: float) -> Bound:
        """The least time of the buckets. Each seller has its own buckets, so the slowest seller decides."""
        calls: dict[str, Counter[str]] = {}
        for operation, by_seller in self.sandbox["calls"].items():
            for seller, by_status in by_seller.items():
                answered = sum(count for status, count in by_status.items() if status != "429")
                calls.setdefault(seller, Counter())[operation] += answered
        branches = branches_of(SOURCES)
        bounds = (lower_bound(counts, self.reports, branches, scale) for counts in calls.values())
        return max(bounds, key=lambda bound: bound.seconds)

    @property
    def span(self) -> float:
        """Seconds from Amazon's first answer to its last, without the program's start and end."""
        return float(self.sandbox["seconds"])

    def calls(self, operation: str | None = None) -> int:
        """Calls of an operation, or of all operations that have a usage plan."""
        return sum(
            sum(sum(by_status.values()) for by_status in by_seller.values())
            for name, by_seller in self.sandbox["calls"].items()
            if name == operation or (operation is None and name not in WITHOUT_PLAN)
        )


@click.command()
@click.option("--rate-scale", "scale", type=click.FloatRange(min=0, min_open=True), default=10.0, show_default=True)
@click.option("--world", "preset", type=click.Choice(list(WORLDS)), default="default", show_default=True,
              help="A seller's size; `real` needs --orders-csv.")  # fmt: skip
@click.option("--days", type=click.IntRange(min=2), help="Days of the world, instead of the preset's.")
@click.option("--orders-per-day", type=click.IntRange(min=1), help="Instead of the preset's.")
@click.option("--skus", type=click.IntRange(min=1), help="Instead of the preset's.")
@click.option("--orders-csv", type=click.Path(exists=True, dir_okay=False, resolve_path=True),
              help="Real orders instead of invented ones; 70 days by default.")  # fmt: skip
@click.option("--rounds", type=click.IntRange(min=1), help="3, or 1 for a large or real world.")
@click.option("--pages", is_flag=True, help="Force searchOrders for a day of 10,000 orders: one round, half an hour.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def main(scale: float, preset: str, rounds: int | None, *, pages: bool, as_json: bool, **sizes: Any) -> None:
    """Measure the time under quotas against the token buckets."""
    if preset == "real" and not sizes["orders_csv"]:
        raise click.UsageError("--world real needs --orders-csv")
    world = chosen_world(preset, sizes)
    if pages:
        world |= one_large_day()
    options = world_options(world) + ([FORCE_PAGES] if pages else [])
    rounds = rounds or (1 if pages or preset != "default" else 3)
    syncs = alternate(rounds, free=lambda: _sync(options, 0), limited=lambda: _sync(options, scale))
    publish(outcome(syncs["free"], syncs["limited"], scale), as_json=as_json)


def chosen_world(preset: str, sizes: dict[str, Any]) -> dict[str, Any]:
    """A named world, with some of its sizes replaced. A world from a file has no invented sizes."""
    preset = "real" if sizes.get("orders_csv") else preset
    return WORLDS[preset] | {name: value for name, value in sizes.items() if value is not None}


def one_large_day() -> dict[str, int]:
    """A world whose last day has about 10,000 orders. A sync of two days reads this day, and today, which has none."""
    return {"days": 2, "orders_per_day": round(10_000 / WEEKDAYS[_yesterday().weekday()]), "skus": 50}


def world_options(world: dict[str, Any]) -> list[str]:
    """The command line of a world with a fixed last day, so that midnight changes nothing."""
    options = [f"--{name.replace('_', '-')}={value}" for name, value in world.items() if value is not None]
    return [*options, f"--as-of={_yesterday().isoformat()}"]


def outcome(free: Sequence[Sync], limited: Sequence[Sync], scale: float) -> Outcome:
    """The figures of alternating runs without and with limits."""
    bounds = [sync.bound(scale) for sync in limited]
    rows = [
        {
            "ratio": with_limits.seconds / (bound.seconds + without.seconds),
            "span_ratio": with_limits.span / (bound.seconds + without.span),
            "free": without.seconds,
            "limited": with_limits.seconds,
            "bound": bound.seconds,
            "calls": with_limits.calls(),
            "pages": with_limits.calls("searchOrders"),
            "waited": with_limits.waited,
        }
        for without, with_limits, bound in zip(free, limited, bounds, strict=True)
    ]
    middle = sorted(bounds, key=lambda bound: bound.seconds)[len(bounds) // 2]
    figures: dict[str, Figure] = {
        "time_vs_bound": ratio(median(rows, "ratio"), 1),
        "api_span_vs_bound": ratio(median(rows, "span_ratio"), 1),
        "own_429s": sum(sync.sandbox["throttled"] for sync in limited),
        "same_sources": all(sorted(a.sources) == sorted(b.sources) for a, b in zip(free, limited, strict=True)),
        "sources": ", ".join(dict.fromkeys(source for sync in limited for source in sync.sources)),
        "rate_scale": scale,
        "rounds": len(rows),
        "seconds_without_limits": round(median(rows, "free"), 2),
        "seconds_with_limits": round(median(rows, "limited"), 2),
        "bucket_seconds": round(median(rows, "bound"), 2),
        "decided_by": middle.decided_by,
        "calls_of_it": middle.calls,
        "waited_for_quota_seconds": round(median(rows, "waited"), 2),
        "calls": int(median(rows, "calls")),
        "search_orders_calls": int(median(rows, "pages")),
    }
    goals = {"time_vs_bound": Goal("<=", 1.05), "own_429s": Goal("==", 0)}
    notes = (
        "time_vs_bound = seconds_with_limits / (bucket_seconds + seconds_without_limits), median of the rounds",
        "api_span_vs_bound = the same from Amazon's first answer to its last, without the program's start and end",
        "decided_by: the bucket, or the source with its stages, that dictates bucket_seconds; calls_of_it: its calls",
    )
    return Outcome("bound", figures, goals, notes)


def _yesterday() -> date:
    return datetime.now(ZoneInfo("Asia/Kolkata")).date() - timedelta(days=1)


def _sync(options: Sequence[str], scale: float) -> Sync:
    """Sync a world into a fresh database. The database runs already, so that its creation is not measured."""
    with workspace() as folder, database(folder):
        ran = xpert(folder, "--json", "up", "--no-ui", *options, f"--rate-scale={scale:g}")
        loads = read_loads(xpert(folder, "db", "url").stdout.strip(), SOURCES)
    waited = sum(table["waited_seconds"] for table in ran.document["tables"])
    limits = f"limits at scale {scale:g}" if scale else "without limits"
    say(f"  {limits}: {ran.seconds:.1f} s by {', '.join(dict.fromkeys(loads.sources))}")
    return Sync(ran.seconds, ran.document["sandbox"], loads.reports, loads.sources, waited)


if __name__ == "__main__":
    main()
