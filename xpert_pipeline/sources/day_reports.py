"""Describes each day of a step: its state, what the table holds for it, what the run loaded, and what Amazon gives."""

from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg

from xpert_pipeline.postgres.ledger import COUNTS, run_counts
from xpert_pipeline.postgres.source_coverage import Coverage
from xpert_pipeline.sources.day_figures import DayContent, read_contents, total_contents
from xpert_pipeline.sources.outcome import WITHOUT_ACCESS, overall
from xpert_pipeline.sources.pictures import pictures_of
from xpert_pipeline.sources.reporting import DayReport
from xpert_pipeline.sources.run import SellerRun
from xpert_pipeline.sources.source import Source
from xpert_pipeline.tables.contract import Table

MANY_MARKETPLACES = 2
WITHOUT_ROWS = ("no_history", *WITHOUT_ACCESS)
"""States of a day for which the table can hold nothing: the partition then has no count, not a count of 0."""


def describe_days(
    run: SellerRun, table: Table, source: Source, known: Mapping[tuple[str, str], Coverage]
) -> Iterator[DayReport]:
    """Describe each of the seller's days: its state, what the table holds for it, and what this run loaded.

    The newest day also has the coverage and the pictures, so that the table's page in Dagster shows them.
    """
    counts = run_counts(run.pool, run.seller.id, run.run_id, table.name)
    contents = read_contents(run, table, source.figures)
    outcome = run.outcome(table.name)
    nothing = dict.fromkeys(COUNTS, 0)
    for day in run.days:
        by_market = {market.id: counts.get(market.id, {}).get(day, nothing) for market in run.markets}
        held = {market.id: contents.get((market.id, day), DayContent()) for market in run.markets}
        states = {
            market: str(outcome.state(market, day, numbers, held[market].rows)) for market, numbers in by_market.items()
        }
        state = overall(states.values())
        metadata: dict[str, Any] = {"state": state}
        if full := [held[market] for market, own in states.items() if own not in WITHOUT_ROWS]:
            metadata |= total_contents(full)
        loaded = {name: sum(int(numbers[name]) for numbers in by_market.values()) for name in COUNTS}
        if any(loaded.values()):
            metadata["this_run"] = dg.JsonMetadataValue({name: number for name, number in loaded.items() if number})
        if outcome.is_continued:
            metadata["is_continued"] = True
        if outcome.reason:
            metadata["reason"] = outcome.reason
        if len(states) >= MANY_MARKETPLACES:
            metadata["states_by_marketplace"] = dg.JsonMetadataValue(states)
        if day == run.days[-1]:
            metadata |= _coverage(run, table, known) | _pictures(run, table, source)
        yield DayReport(table.name, run.who, day, state, metadata)


def _coverage(run: SellerRun, table: Table, known: Mapping[tuple[str, str], Coverage]) -> dict[str, Any]:
    """What Amazon gives of the table: a line for each marketplace, or one for a seller with one."""
    lines = []
    for market in run.markets:
        if each := known.get((table.name, market.id)):
            facts = [f"{each.state} since {each.since:%Y-%m-%d %H:%M} UTC", each.reason, each.what_to_do]
            where = f"{market.place.country}: " if len(run.markets) >= MANY_MARKETPLACES else ""
            lines.append(where + "; ".join(filter(None, facts)))
    return {"coverage": dg.TextMetadataValue("\n".join(lines))} if lines else {}


def _pictures(run: SellerRun, table: Table, source: Source) -> dict[str, Any]:
    images = pictures_of(run, table, source.pictures) if run.options.has_pictures else ""
    return {"pictures": dg.MarkdownMetadataValue(images)} if images else {}
