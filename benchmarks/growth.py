"""Measures how time and memory grow with the data of a seller and with the number of sellers.

Runs the users' command (`xpert up --no-ui`) without limits on worlds of growing size, and fits a power: time ~ size **
exponent, by least squares in logarithms. Exponent 1 is linear. The fixed cost of a run (its start, Dagster's events)
lowers the exponent. A few sellers are synced in the command's own process, more of them by processes of Dagster that
the command starts; only sizes of the second kind are fitted.

`seller_runs` reads the result of each seller's run.
"""

import math
from collections.abc import Mapping, Sequence
from functools import partial

import click

from benchmarks.command import database, xpert
from benchmarks.harness import Figure, Goal, Outcome, alternate, median, publish, say, workspace
from benchmarks.seller_runs import figures_of, read_runs
from xpert_pipeline.cli.errors import TABLE_FAILED
from xpert_pipeline.cli.many import MANY

GOALS = {
    "data_time_exponent": Goal("<=", 1.1),
    "data_memory_exponent": Goal("<=", 0.2),
    "sellers_time_exponent": Goal("<=", 1.1),
    "sellers_memory_exponent": Goal("<=", 0.2),
}
Numbers = Mapping[str, float]
SMALLEST = {"data": 1, "sellers": MANY}
"""The smallest size that is fitted; smaller ones are synced in another way."""
OF_RUNS = (
    "sellers_ok",
    "sellers_failed",
    "longest_gap_seconds",
    "slowest_ok_seconds",
    "first_ten_peak_mb",
    "last_ten_peak_mb",
)
"""Figures of the runs of the largest number of sellers."""
ERRORS = "500-json"
"""The fault of failing sellers, from the second request on: the first request comes before the sync starts."""


@click.command()
@click.option("--times", type=click.IntRange(min=1), multiple=True, default=(1, 2, 4), show_default=True,
              help="Times --orders-per-day; repeatable.")  # fmt: skip
@click.option("--orders-per-day", type=click.IntRange(min=1), default=500, show_default=True)
@click.option("--days", type=click.IntRange(min=1), default=30, show_default=True, help="Days of the growing seller.")
@click.option("--sellers", type=click.IntRange(min=1), multiple=True, default=(1, 10), show_default=True,
              help="Numbers of tiny sellers; repeatable.")  # fmt: skip
@click.option("--failing", type=click.IntRange(min=0), default=0, show_default=True,
              help="Sync the largest number of sellers once more, while this many answer only errors.")  # fmt: skip
@click.option("--rounds", type=click.IntRange(min=1), default=1, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def main(
    times: tuple[int, ...],
    orders_per_day: int,
    days: int,
    sellers: tuple[int, ...],
    failing: int,
    rounds: int,
    *,
    as_json: bool,
) -> None:
    """Measure growth over data and over sellers."""
    most = max(sellers)
    if failing >= most:
        raise click.UsageError(f"--failing {failing}: the first of {most} sellers does not fail")
    data = {
        factor: (f"--days={days}", f"--orders-per-day={orders_per_day * factor}", "--skus=200")
        for factor in sorted({*times})
    }
    many = {
        number: ("--days=2", "--orders-per-day=5", "--skus=10", f"--sellers={number}") for number in sorted({*sellers})
    }
    results = {
        "data": _measure("times the orders", data, rounds),
        "sellers": _measure("sellers", many, rounds),
    }
    if failing:
        faults = [f"--fault={ERRORS}@{place}+1" for place in range(2, failing + 2)]
        results["failing"] = _measure(f"sellers, {failing} of them failing", {most: (*many[most], *faults)}, rounds)
    publish(outcome(results, orders_per_day * days, failing), as_json=as_json)


def outcome(results: Mapping[str, Mapping[int, Sequence[Numbers]]], orders: int, failing: int = 0) -> Outcome:
    """The figures of all sizes.

    Args:
        results: "data", "sellers" and perhaps "failing" → size → "seconds", "peak" (bytes) and `OF_RUNS` of each round.
        orders: Approximate number of orders of size 1 of "data".
        failing: Number of failing sellers.
    """
    figures: dict[str, Figure] = {"orders_at_1": orders}
    for what, sizes in results.items():
        for size, rounds in sizes.items():
            figures[f"{what}_seconds_at_{size}"] = round(median(rounds, "seconds"), 2)
            figures[f"{what}_peak_mb_at_{size}"] = round(median(rounds, "peak") / 1e6, 1)
        fitted = {size: rounds for size, rounds in sizes.items() if size >= SMALLEST.get(what, 1)}
        if len(fitted) > 1:
            for name, key in (("time", "seconds"), ("memory", "peak")):
                points = {size: median(rounds, key) for size, rounds in fitted.items()}
                figures[f"{what}_{name}_exponent"] = round(exponent(points), 3)
    most = max(results["sellers"])
    figures |= _of_runs(results.get("failing", results["sellers"])[most], "")
    if failing:
        figures |= _of_runs(results["sellers"][most], "_none_failing")
    goals = GOALS | {"sellers_ok": Goal("==", most - failing), "sellers_failed": Goal("==", failing)}
    notes = (
        "x_exponent: e of time (or memory) ~ size ** e, least squares in logarithms; memory is the largest sum of the",
        "command and its children at one time, without the database and the sandbox",
        f"sellers_x_exponent: fitted over {MANY} sellers and more; fewer are synced in the command's own process",
        f"{OF_RUNS[0]} and below: runs of {most} sellers, {failing} of them failing; none_failing: none of them",
        f"not measured: more sellers than {most}; Amazon's limits (see `bound`)",
    )
    return Outcome("growth", figures, {name: goal for name, goal in goals.items() if name in figures}, notes)


def _of_runs(rounds: Sequence[Numbers], suffix: str) -> dict[str, Figure]:
    known = [name for name in OF_RUNS if all(name in numbers for numbers in rounds)]
    return {f"{name}{suffix}": round(median(rounds, name), 2) for name in known}


def exponent(points: Mapping[int, float]) -> float:
    """The slope of log(value) over log(size).

    Raises:
        ValueError: Fewer than two sizes.
    """
    if len(points) < 2:
        raise ValueError("a slope needs two sizes")
    sizes = [math.log(size) for size in points]
    values = [math.log(value) for value in points.values()]
    middle, level = sum(sizes) / len(sizes), sum(values) / len(values)
    rise = sum((size - middle) * (value - level) for size, value in zip(sizes, values, strict=True))
    return rise / sum((size - middle) ** 2 for size in sizes)


def _measure(what: str, worlds: Mapping[int, Sequence[str]], rounds: int) -> dict[int, list[Numbers]]:
    say(f"{', '.join(map(str, worlds))} {what}")
    results = alternate(rounds, **{str(size): partial(_sync, options) for size, options in worlds.items()})
    return {int(size): numbers for size, numbers in results.items()}


def _sync(options: Sequence[str]) -> Numbers:
    codes = (0, TABLE_FAILED) if any(word.startswith("--fault") for word in options) else (0,)
    with workspace() as folder, database(folder):
        ran = xpert(folder, "--json", "up", "--no-ui", "--rate-scale=0", *options, codes=codes)
        runs = figures_of(read_runs(xpert(folder, "db", "url").stdout.strip(), ran.peaks))
    say(f"  {ran.seconds:.1f} s, {ran.peak / 1e6:.0f} MB, {runs['sellers_failed']:g} failed: {' '.join(options)}")
    return {"seconds": ran.seconds, "peak": float(ran.peak), **runs}


if __name__ == "__main__":
    main()
