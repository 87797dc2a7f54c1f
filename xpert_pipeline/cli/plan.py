"""`xpert plan`: what a sync or backfill of some days would request, and how long it would take."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import click
from rich.console import Console

from xpert_pipeline.assets.registry import SOURCES, TABLES
from xpert_pipeline.cli.environment import require_data_directory
from xpert_pipeline.cli.forecast import plan_of
from xpert_pipeline.cli.options import TABLE_NAMES, data_dir_option, sandbox_option, seller_option, verbose_option
from xpert_pipeline.cli.progress import announced_if_slow
from xpert_pipeline.cli.selection import chosen_days, split_tables
from xpert_pipeline.cli.terminal import fitted
from xpert_pipeline.cli.workplace import open_workplace
from xpert_pipeline.sandbox.option_types import DAY
from xpert_pipeline.sources.order import in_order_of_work
from xpert_pipeline.sources.plan import NOTHING, RunPlan, StreamPlan, days_text
from xpert_pipeline.sources.source import Pace, Source
from xpert_pipeline.spapi.errors import SpApiError
from xpert_pipeline.spapi.marketplaces import by_id
from xpert_pipeline.spapi.planning.source_choice import plain_of, reason_of
from xpert_pipeline.wording import counted, day_words, duration_words, moment_words

NAME_WIDTH = max(len(table.name) for table in TABLES)
READING = "planning {days}: reading Amazon's counts of records; nothing is loaded ..."


@click.command()
@click.option("--from", "from_day", type=DAY, required=True, metavar="DAY", help="First marketplace-local day.")
@click.option("--to", "to_day", type=DAY, required=True, metavar="DAY", help="Last marketplace-local day, included.")
@seller_option
@click.option("--select", "tables", type=TABLE_NAMES, metavar="A,B", help="Only these tables.")
@click.option("--refetch", is_flag=True, help="Plan to download complete days again.")
@verbose_option
@sandbox_option
@data_dir_option
@click.pass_context
def plan(context: click.Context, /, **options: Any) -> None:
    """Predict what a sync of these days would do.

    For each table: what would be requested from which source, with how many calls, how long it would take, and why.
    Nothing is loaded.
    """
    chosen = _sources(split_tables(options["tables"]))
    require_data_directory(options["data_dir"])
    with open_workplace(options["data_dir"], force_sandbox=options["force_sandbox"]) as place:
        settings, span = place.settings, (options["from_day"], options["to_day"])
        first, last = chosen_days(settings, settings.first_possible, span, 1)
        console = Console(stderr=True, quiet=context.obj["json"])
        plans, errors = [], []
        with announced_if_slow(console, READING.format(days=day_words(first, last))):
            for seller in place.sellers(options["sellers"]):
                days = chosen_days(settings, settings.first_possible, span, 1, seller)
                try:
                    plans.append((seller, plan_of(place, seller, chosen, *days, refetch=options["refetch"])))
                except SpApiError as error:
                    errors.append(f"seller {seller.amazon_seller_id} cannot be planned: {error}")
    if context.obj["json"]:
        click.echo(json.dumps({"plans": [_as_json(run_plan) for _, run_plan in plans]}))
    else:
        for seller, run_plan in plans:
            several = len(seller.marketplace_ids) > 1
            show(run_plan, chosen, name=seller.name, several_marketplaces=several, verbose=options["verbose"])
    for line in errors:
        click.echo(fitted(line, indent=2, err=True), err=True)
    context.exit(1 if errors else 0)


def _sources(tables: Sequence[str]) -> list[Source]:
    """The sources of these tables, or all of them, in the order in which a run loads them."""
    chosen = [source for source in SOURCES if not tables or any(table.name in tables for table in source.tables)]
    return in_order_of_work(chosen)


def _as_json(plan: RunPlan) -> dict[str, Any]:
    return {
        "seller": plan.seller,
        "days_complete": dict(plan.complete),
        "seconds": round(plan.seconds, 1),
        "finish_at": _finish_of(plan).isoformat(timespec="seconds"),
        "pace": plan.pace,
        "calls": dict(sorted(plan.calls.items())),
        "streams": [_stream_as_json(stream) for stream in plan.streams],
        "without_a_plan": dict(plan.unplanned),
    }


def _stream_as_json(stream: StreamPlan) -> dict[str, Any]:
    return {
        "table": stream.table,
        "marketplaces": list(stream.marketplaces),
        "window": stream.window,
        "source": stream.source,
        "seconds": round(stream.seconds, 1),
        "calls": dict(stream.calls),
        "predicted": {name: round(seconds, 1) for name, seconds in stream.predicted.items()},
        "why": stream.why,
    }


def show(
    plan: RunPlan,
    sources: Sequence[Source] = SOURCES,
    *,
    name: str = "",
    several_marketplaces: bool = False,
    verbose: bool = False,
) -> None:
    """Print one seller's plan: a line for each kind of window, "up to date" for complete tables, then the total.

    Args:
        plan: The plan.
        sources: The planned sources, in their order.
        name: The seller's name.
        several_marketplaces: Whether to name the marketplaces.
        verbose: Print the facts behind each line, and the calls.
    """
    click.echo(fitted(f"{name} ({plan.seller})" if name else f"seller {plan.seller}", indent=2))
    rows = grouped(plan.streams)
    for table in (table.name for source in sources for table in source.tables):
        of_table = [stream for stream in rows if stream.table == table]
        for number, stream in enumerate(of_table):
            where = f" in {_countries(stream)}" if several_marketplaces else ""
            _line("" if number else table, f"{_window(stream)}{where}: {stream.plain or stream.why}")
            if verbose:
                _line("", f"from {stream.source}: {stream.why}")
        if count := plan.complete.get(table):
            days = counted(count, "day")
            _line("" if of_table else table, f"{days} up to date" + (" (--refetch downloads them again)" * verbose))
        elif not of_table:
            _line(table, plan.unplanned.get(table, NOTHING))
    if verbose:
        calls = ", ".join(f"{count:,} {operation}" for operation, count in sorted(plan.calls.items()) if count)
        _line("calls", calls or "none")
    if not plan.streams:
        _line("in all", "nothing to request\n")
        return
    if plan.pace:
        _line("pace", plan.pace)
    if first := _first_words(plan, sources):
        _line("first", first)
    finish = _finish_of(plan).astimezone()
    when = f"{moment_words(finish)} {finish:%Z}"  # the windows above are in the marketplace's time
    _line("in all", f"~{duration_words(plan.seconds)}; started now, it would end on {when}\n")


def _first_words(plan: RunPlan, sources: Sequence[Source]) -> str:
    """When the tables are there that a seller looks at first, if the others come later."""
    early = [source for source in sources if source.pace is Pace.FIRST]
    names = {table.name for source in early for table in source.tables}
    ends = plan.ends
    first = {
        table.name: ends[table.name]
        for source in early
        if names.issuperset(source.after)
        for table in source.tables
        if table.name in ends
    }
    latest = max(first.values(), default=0.0)
    return f"~{duration_words(latest)}: {', '.join(first)}" if 0 < latest < plan.seconds else ""


def _line(name: str, text: str) -> None:
    click.echo(fitted(f"  {name:<{NAME_WIDTH}}  {text}", indent=NAME_WIDTH + 4))


def _window(stream: StreamPlan) -> str:
    """The window for people."""
    return day_words(*stream.created) if stream.created else stream.window


def _finish_of(plan: RunPlan) -> datetime:
    """When the run would end if it started now."""
    return datetime.now(UTC) + timedelta(seconds=plan.seconds)


def grouped(streams: Sequence[StreamPlan]) -> list[StreamPlan]:
    """Join consecutive windows of records by date that have the same table, marketplaces, source and reason."""
    groups: list[list[StreamPlan]] = []
    for stream in streams:
        if groups and _are_alike(groups[-1][-1], stream):
            groups[-1].append(stream)
        else:
            groups.append([stream])
    return [_joined(group) for group in groups]


def _are_alike(one: StreamPlan, other: StreamPlan) -> bool:
    if (one.table, one.marketplaces) != (other.table, other.marketplaces):
        return False
    return bool(one.created and other.created and one.choice and other.choice and one.choice.rule == other.choice.rule)


def _joined(group: Sequence[StreamPlan]) -> StreamPlan:
    """One row: calls are added up, and it is ready when the last window is."""
    spans = [stream.created for stream in group if stream.created]
    if len(group) == 1 or not spans:
        return group[0]
    calls: Counter[str] = Counter()
    for stream in group:
        calls.update(stream.calls)
    count = sum((last - first).days + 1 for first, last in spans)
    days = days_text(min(first for first, _ in spans), max(last for _, last in spans), count)
    return replace(
        group[0],
        window=f"created {days}, {len(group)} windows",
        seconds=max(stream.seconds for stream in group),
        calls=calls,
        created=(min(first for first, _ in spans), max(last for _, last in spans)),
        why=reason_of([stream.choice for stream in group if stream.choice]),
        plain=plain_of([stream.choice for stream in group if stream.choice]),
    )


def _countries(stream: StreamPlan) -> str:
    return ", ".join(by_id(marketplace_id).country for marketplace_id in stream.marketplaces)
