"""The result of a sync as a table for people."""

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table as Grid

from xpert_pipeline.cli.run_result import TableResult
from xpert_pipeline.cli.terminal import grid_width
from xpert_pipeline.spapi.marketplaces import by_id
from xpert_pipeline.wording import day_words

LEAST_IMPORTANT = ("seconds", "waited s", "calls", "unchanged", "deleted", "rejected", "read")
"""Columns of a verbose table that a narrow terminal leaves out, in this order."""
FEW = 5
"""More sellers than this are added up, one line per table."""
LEFT = ("table", "store", "state", "sellers")
DONE = ("ok", "up_to_date", "empty", "not_available_in_marketplace")


def show(console: Console, results: Mapping[str, Sequence[TableResult]], *, verbose: bool = False) -> None:
    """Print what each table received.

    Args:
        console: Where to print.
        results: The results of each seller.
        verbose: Print every figure of every seller.
    """
    if len(results) > FEW and not verbose:
        _print(console, _summed([result for of_seller in results.values() for result in of_seller]))
        return
    for number, (seller, of_seller) in enumerate(results.items()):
        if len(results) > 1:
            console.print(("\n" if number else "") + seller, style="bold", soft_wrap=True)
        _print(console, _every_figure(console, of_seller) if verbose else _columns(of_seller))


def _print(console: Console, columns: Mapping[str, Sequence[str]]) -> None:
    grid = Grid(box=None, pad_edge=False, header_style="bold")
    for name in columns:
        grid.add_column(name, justify="left" if name in LEFT else "right", no_wrap=True)
    for row in zip(*columns.values(), strict=True):
        grid.add_row(*row)
    console.print(grid)


def _columns(results: Sequence[TableResult]) -> dict[str, list[str]]:
    """At most six columns; the store is named only where there are several."""
    columns = {"table": [result.table for result in results]}
    if any(result.marketplace for result in results):
        columns["store"] = [by_id(result.marketplace).country if result.marketplace else "" for result in results]
    columns["state"] = [in_words(result.state) for result in results]
    columns["new"] = [_count(result, "inserted") for result in results]
    columns["changed"] = [_count(result, "updated") for result in results]
    columns["newest day"] = [day_words(result.newest) if result.newest else "" for result in results]
    return columns


def _every_figure(console: Console, results: Sequence[TableResult]) -> dict[str, list[str]]:
    """All figures that fit the console."""
    columns = _columns(results)
    newest = columns.pop("newest day")
    columns["read"] = [_count(result, "fetched") for result in results]
    for name in ("unchanged", "deleted", "rejected"):
        columns[name] = [_count(result, name) for result in results]
    columns["newest day"] = newest
    columns["calls"] = [_count(result, "calls") for result in results]
    columns["waited s"] = [f"{result.waited_seconds:.1f}" for result in results]
    columns["seconds"] = [f"{result.seconds:.1f}" for result in results]
    for name in LEAST_IMPORTANT:
        if grid_width(columns) <= console.width:
            break
        del columns[name]
    return columns


def _summed(results: Sequence[TableResult]) -> dict[str, list[str]]:
    """One line per table over all sellers."""
    by_table: dict[str, list[TableResult]] = {}
    for result in results:
        by_table.setdefault(result.table, []).append(result)
    groups = list(by_table.values())
    return {
        "table": list(by_table),
        "complete": [f"{sum(result.state in DONE for result in group)} of {len(group)}" for group in groups],
        "new": [f"{sum(result.inserted for result in group):,}" for group in groups],
        "changed": [f"{sum(result.updated for result in group):,}" for group in groups],
    }


def _count(result: TableResult, name: str) -> str:
    return f"{getattr(result, name):,}"


def in_words(state: str) -> str:
    """Return a state for people: "up to date" for up_to_date."""
    return "not offered" if state == "not_available_in_marketplace" else state.replace("_", " ")
