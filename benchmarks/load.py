"""Compares loading a report with bare COPY + INSERT ... ON CONFLICT of prepared tuples in the same run.

Every way loads into its own database on one embedded server, and twice: first into empty tables, then the same rows
again. Each way runs in its own process, whose largest memory is a figure too.
"""

import json
import subprocess
import sys
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click
import psycopg
from psycopg.sql import SQL, Identifier

from benchmarks.branches import branches_of
from benchmarks.harness import Figure, Goal, Outcome, alternate, median, publish, ratio, say, workspace
from benchmarks.report_files import write_listings, write_orders
from xpert_pipeline.assets.registry import SOURCES
from xpert_pipeline.postgres.embedded import EmbeddedServer, start_embedded
from xpert_pipeline.postgres.migrations import migrate

TEMPLATE = "benchmark_template"
ORDERS = ("xml", "bare", "rows")
LISTINGS = ("flat", "flat_bare", "flat_rows")
WAYS = (*ORDERS, *LISTINGS)
MEASURED = ("orders", "products")
"""Sources whose documents `report_files` can write."""
BASE = {"xml": "bare", "rows": "bare", "flat": "flat_bare", "flat_rows": "flat_bare"}
GOALS = {
    "xml_first_vs_bare": Goal(">=", 0.3),
    "xml_again_vs_bare": Goal(">=", 0.3),
    "rows_first_vs_bare": Goal(">=", 0.65),
    "rows_again_vs_bare": Goal(">=", 1.5),
    "flat_first_vs_bare": Goal(">=", 0.65),
    "flat_again_vs_bare": Goal(">=", 1.5),
    "again_changed_rows": Goal("==", 0),
    "rss_ratio": Goal("<=", 1.1),
    "peak_mb": Goal("<=", 300),
}
Numbers = dict[str, float]


@dataclass(frozen=True)
class Bench:
    """A server with a migrated template database, and a folder."""

    server: EmbeddedServer
    folder: Path

    def run(self, way: str, report: Path) -> Numbers:
        """Run one way in its own process and database."""
        name = f"benchmark_{uuid.uuid4().hex}"
        with psycopg.connect(self.server.admin_dsn, autocommit=True) as admin:
            admin.execute(SQL("create database {} template {}").format(Identifier(name), Identifier(TEMPLATE)))
        addresses = (self.server.dsn("xpert_pipeline", name), self.server.dsn("postgres", name))
        command = [sys.executable, "-m", "benchmarks.load_ways", way, *addresses, str(report)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        with psycopg.connect(self.server.admin_dsn, autocommit=True) as admin:
            admin.execute(SQL("drop database {} with (force)").format(Identifier(name)))
        if done.returncode:
            raise click.ClickException(f"{way} failed: {done.stderr.strip()[-2000:]}")
        numbers: Numbers = json.loads(done.stdout)
        say(f"  {way}: {numbers['first']:.2f} s first, {numbers['again']:.2f} s again, {numbers['peak'] / 1e6:.0f} MB")
        return numbers


@click.command()
@click.option("--rows", "--sizes", "sizes", type=click.IntRange(min=1), multiple=True, default=(10_000, 40_000),
              show_default=True, help="Order lines (and listings) in a report; repeatable.")  # fmt: skip
@click.option("--rounds", type=click.IntRange(min=1), default=3, show_default=True, help="Rounds of the largest size.")
@click.option("--way", "ways", type=click.Choice([way for way in WAYS if way in BASE]), multiple=True,
              help="Only this way; repeatable.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def main(sizes: tuple[int, ...], rounds: int, ways: tuple[str, ...], *, as_json: bool) -> None:
    """Measure loading against bare statements."""
    chosen = [way for way in WAYS if not ways or way in ways or way in {BASE[name] for name in ways}]
    results: dict[int, dict[str, list[Numbers]]] = {}
    with _bench() as bench:
        for size in sorted(set(sizes)):
            results[size] = _measure(bench, size, chosen, rounds if size == max(sizes) else 1)
    publish(outcome(results), as_json=as_json)


def outcome(results: dict[int, dict[str, list[Numbers]]]) -> Outcome:
    """The figures of all sizes: ratios at the largest, memory over all.

    Args:
        results: Numbers of each round, by size and way.
    """
    smallest, largest = min(results), max(results)
    figures: dict[str, Figure] = {
        "rows": largest,
        "rounds": max(map(len, results[largest].values())),
        "documents_not_measured": ", ".join(not_measured()) or "none",
    }
    for way, base in BASE.items():
        if way in results[largest]:
            figures |= _ratios(way, base, results[largest])
    project = [way for way in BASE if way in results[largest]]
    figures["again_changed_rows"] = sum(
        int(numbers["again_changed"]) for ways in results.values() for way in project for numbers in ways[way]
    )
    reader = next(way for way in ("xml", "flat", *project) if way in project)
    figures["peak_mb"] = round(median(results[largest][reader], "peak") / 1e6, 1)
    if smallest < largest:
        figures["rss_ratio"] = ratio(
            median(results[largest][reader], "peak"), median(results[smallest][reader], "peak")
        )
        figures["rss_ratio_of_rows"] = round(largest / smallest, 2)
    for size, ways in results.items():
        for way in project:
            figures[f"{way}_peak_mb_at_{size}"] = round(median(ways[way], "peak") / 1e6, 1)
            for moment in ("first", "again"):
                figures[f"{way}_{moment}_vs_bare_at_{size}"] = ratio(
                    median(ways[BASE[way]], moment), median(ways[way], moment)
                )
    goals = {name: goal for name, goal in GOALS.items() if name in figures}
    notes = (
        "x_first_vs_bare = seconds of the bare statements / seconds of way x, medians; again = the report once more",
        "xml, flat: from the report file; rows: from validated rows by load(); bare: from tuples in memory",
        "documents_not_measured: sources of the pipeline with reports or queries that none of the ways loads",
    )
    return Outcome("load", figures, goals, notes)


def not_measured() -> list[str]:
    """Sources that load documents, but that no way here loads."""
    return [branch.name for branch in branches_of(SOURCES) if branch.reads_documents and branch.name not in MEASURED]


def _ratios(way: str, base: str, rounds: dict[str, list[Numbers]]) -> dict[str, Figure]:
    figures: dict[str, Figure] = {}
    for time in ("first", "again"):
        figures[f"{way}_{time}_vs_bare"] = ratio(median(rounds[base], time), median(rounds[way], time))
    figures[f"{way}_first_seconds"] = round(median(rounds[way], "first"), 2)
    figures[f"{base}_first_seconds"] = round(median(rounds[base], "first"), 2)
    return figures


def _measure(bench: Bench, size: int, ways: Sequence[str], rounds: int) -> dict[str, list[Numbers]]:
    say(f"{size:,} rows")
    orders, listings = bench.folder / "orders.xml", bench.folder / "listings.tsv"
    write_orders(orders, size)
    write_listings(listings, size)
    reports = {way: orders if way in ORDERS else listings for way in ways}
    return alternate(rounds, **{way: partial(bench.run, way, report) for way, report in reports.items()})


@contextmanager
def _bench() -> Iterator[Bench]:
    with workspace() as folder:
        server = start_embedded(folder / "data")
        try:
            with psycopg.connect(server.admin_dsn, autocommit=True) as admin:
                admin.execute(SQL("create database {}").format(Identifier(TEMPLATE)))
            migrate(server.dsn("postgres", TEMPLATE))
            yield Bench(server, folder)
        finally:
            server.stop()


if __name__ == "__main__":
    main()
