"""Measures what stays in the database after a year in which nothing happens: the same as after a season.

One real sync and a second one, without news, show what a daily run leaves. Copies of these rows, shifted by a day each
and for each seller, stand for the runs of a year; after each month the pipeline prunes as its daily job does. Between
two runs the sensor asks Amazon 288 times; a test shows that a question without news keeps nothing.

Copies instead of real runs, because 100 sellers × 365 runs take days. `idle_copies` makes them.
"""

import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import dagster as dg
import psycopg

from benchmarks.command import database, xpert
from benchmarks.harness import Figure, Goal, Outcome, publish, say, workspace
from benchmarks.idle_copies import GROWING, OWN, Template, add_sellers, copy_day, read_template, sizes
from xpert_pipeline.assets.registry import SOURCES
from xpert_pipeline.cli.instance import STORAGE, storage_url
from xpert_pipeline.keep import Keep
from xpert_pipeline.postgres.pool import open_pool
from xpert_pipeline.prune_job import what_grows
from xpert_pipeline.retention import prune
from xpert_pipeline.settings import Settings

DAYS = 365
MONTH = 30
SEASON = 150
"""From this day on nothing should grow: longer than any default retention."""
TINY = ("--days=2", "--orders-per-day=3", "--skus=3", "--rate-scale=0")
Sizes = Mapping[str, Mapping[str, int]]


@click.command()
@click.option("--sellers", type=click.IntRange(min=1), multiple=True, default=(1,), show_default=True,
              help="Numbers of sellers; repeatable.")  # fmt: skip
@click.option("--own-tables", is_flag=True, help="Leave out Dagster's tables, which take most of the time.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def main(sellers: tuple[int, ...], *, own_tables: bool, as_json: bool) -> None:
    """Measure what an idle year leaves behind."""
    results = {}
    for number in sorted({*sellers}):
        with workspace() as folder, database(folder):
            results[number] = _year(folder, number, OWN if own_tables else GROWING)
    publish(outcome(results), as_json=as_json)


def outcome(results: Mapping[int, Mapping[int, Sizes]]) -> Outcome:
    """The figures of all numbers of sellers.

    Args:
        results: Number of sellers → simulated day → table → "rows" and "bytes".
    """
    figures: dict[str, Figure] = {}
    goals: dict[str, Goal] = {}
    for number, by_day in results.items():
        season = min(day for day in by_day if day >= SEASON)
        last = max(by_day)
        tables = [table for table in GROWING if table in by_day[last]]
        for table in tables:
            then, now = by_day[season][table], by_day[last][table]
            figures[f"{table}_rows_{number}_day_{season}"] = then["rows"]
            figures[f"{table}_rows_{number}_day_{last}"] = now["rows"]
            figures[f"{table}_mb_{number}"] = round(now["bytes"] / 1e6, 2)
        growth = [_ratio(by_day[last][table]["rows"], by_day[season][table]["rows"]) for table in tables]
        figures[f"most_growth_of_rows_{number}"] = round(max(growth), 3)
        total = [sum(table["bytes"] for table in by_day[day].values()) for day in (season, last)]
        figures[f"total_mb_{number}"] = round(total[1] / 1e6, 1)
        figures[f"growth_of_bytes_{number}"] = round(total[1] / total[0], 3)
        goals[f"most_growth_of_rows_{number}"] = Goal("<=", 1.1)
        goals[f"growth_of_bytes_{number}"] = Goal("<=", 1.1)
    notes = (
        f"TABLE_rows_N_day_D: rows with N sellers after D simulated days; TABLE_mb_N: MB + indexes after {DAYS} days",
        f"most_growth_of_rows_N: of the table that grew most from day {SEASON} on; growth_of_bytes_N: all together",
        "not measured: evaluations of sensors and schedules, which Dagster itself deletes after 1 or 30 days",
    )
    return Outcome("idle_year", figures, goals, notes)


def _ratio(now: int, then: int) -> float:
    return now / then if then else float(now > 0) + 1.0


def _year(folder: Path, number: int, tables: Sequence[str]) -> dict[int, Sizes]:
    xpert(folder, "--json", "up", "--no-ui", *TINY)
    before = xpert(folder, "db", "url").stdout.strip()
    with psycopg.connect(before, autocommit=True) as connection:
        mark = read_template(connection)
        xpert(folder, "--json", "up", "--no-ui", *TINY)
        template = read_template(connection, after=mark)
        say(f"{number} sellers: a run without news leaves {json.dumps(template.counts)}")
        add_sellers(connection, number)
        return _simulate(folder, connection, template, tables)


def _simulate(
    folder: Path, connection: psycopg.Connection, template: Template, tables: Sequence[str]
) -> dict[int, Sizes]:
    found: dict[int, Sizes] = {}
    dsn = connection.info.dsn
    began = datetime.now(UTC) - timedelta(days=DAYS + 2)
    with open_pool(xpert_role(dsn)) as pool, _instance(folder, dsn) as instance:
        settings = Settings.from_env({"XPERT_START_DATE": (began.date() - timedelta(days=2)).isoformat()})
        grown = what_grows(instance, pool, settings, SOURCES, None)
        for day in range(1, DAYS + 1):
            copy_day(connection, template, began + timedelta(days=day), tables)
            if day % MONTH and day != DAYS:
                continue
            start = time.perf_counter()
            prune(grown, Keep(), now=began + timedelta(days=day))
            found[day] = sizes(connection, tables)
            rows = {table: size["rows"] for table, size in found[day].items()}
            say(f"  day {day}, pruned in {time.perf_counter() - start:.1f} s: {json.dumps(rows)}")
    return found


def xpert_role(dsn: str) -> str:
    """The address of the same database as the pipeline's own role."""
    return psycopg.conninfo.make_conninfo(dsn, user="xpert_pipeline")


@contextmanager
def _instance(folder: Path, dsn: str) -> Iterator[dg.DagsterInstance]:
    os.environ[STORAGE] = storage_url(dsn)
    with dg.DagsterInstance.from_config(str(folder / "data" / "dagster")) as instance:
        yield instance


if __name__ == "__main__":
    main()
