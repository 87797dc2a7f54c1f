"""How time and memory grow with the data of a seller and with the number of sellers.

Runs the command that users run (`xpert up --no-ui`) without limits on worlds of growing size, and fits a power:
time ~ size ** exponent, by least squares in logarithms. Exponent 1 is linear; what a run costs whatever it loads
(starting, Dagster's events) pulls it towards 0.
"""

import math
from collections.abc import Mapping, Sequence
from functools import partial

import click

from benchmarks.command import database, xpert
from benchmarks.harness import Figure, Goal, Outcome, alternate, median, publish, say, workspace

GOALS = {
    "data_time_exponent": Goal("<=", 1.1),
    "data_memory_exponent": Goal("<=", 0.2),
    "sellers_time_exponent": Goal("<=", 1.1),
    "sellers_memory_exponent": Goal("<=", 0.2),
}
Numbers = Mapping[str, float]


@click.command()
@click.option("--times", type=click.IntRange(min=1), multiple=True, default=(1, 2, 4), show_default=True,
              help="Times --orders-per-day; repeatable.")  # fmt: skip
@click.option("--orders-per-day", type=click.IntRange(min=1), default=500, show_default=True)
@click.option("--days", type=click.IntRange(min=1), default=30, show_default=True, help="Of the growing seller.")
@click.option("--sellers", type=click.IntRange(min=1), multiple=True, default=(1, 10), show_default=True,
              help="Numbers of tiny sellers; repeatable.")  # fmt: skip
@click.option("--rounds", type=click.IntRange(min=1), default=1, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def main(
    times: tuple[int, ...], orders_per_day: int, days: int, sellers: tuple[int, ...], rounds: int, *, as_json: bool
) -> None:
    """Measure growth over data and over sellers."""
    data = {
        each: (f"--days={days}", f"--orders-per-day={orders_per_day * each}", "--skus=200") for each in sorted({*times})
    }
    many = {each: ("--days=2", "--orders-per-day=5", "--skus=10", f"--sellers={each}") for each in sorted({*sellers})}
    found = {
        "data": _measure("times the orders", data, rounds),
        "sellers": _measure("sellers", many, rounds),
    }
    publish(outcome(found, orders_per_day * days), as_json=as_json)


def outcome(found: Mapping[str, Mapping[int, Sequence[Numbers]]], orders: int) -> Outcome:
    """The figures of all sizes.

    Args:
        found: "data" and "sellers" → size → "seconds" and "peak" (bytes) of each round.
        orders: About how many orders size 1 of "data" has.
    """
    figures: dict[str, Figure] = {"orders_at_1": orders}
    for what, sizes in found.items():
        for size, rounds in sizes.items():
            figures[f"{what}_seconds_at_{size}"] = round(median(rounds, "seconds"), 2)
            figures[f"{what}_peak_mb_at_{size}"] = round(median(rounds, "peak") / 1e6, 1)
        if len(sizes) > 1:
            for name, key in (("time", "seconds"), ("memory", "peak")):
                points = {size: median(rounds, key) for size, rounds in sizes.items()}
                figures[f"{what}_{name}_exponent"] = round(exponent(points), 3)
    notes = (
        "x_exponent: e of time (or memory) ~ size ** e, least squares in logarithms; memory is the most that the",
        "command and its children had at one time, without the database and the sandbox",
        f"left out unless asked for: more sellers than {max(found['sellers'])}; limits of Amazon (see `bound`)",
    )
    return Outcome("growth", figures, {name: goal for name, goal in GOALS.items() if name in figures}, notes)


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


def _measure(of: str, worlds: Mapping[int, Sequence[str]], rounds: int) -> dict[int, list[Numbers]]:
    say(f"{', '.join(map(str, worlds))} {of}")
    found = alternate(rounds, **{str(size): partial(_sync, options) for size, options in worlds.items()})
    return {int(size): numbers for size, numbers in found.items()}


def _sync(options: Sequence[str]) -> Numbers:
    with workspace() as folder, database(folder):
        ran = xpert(folder, "--json", "up", "--no-ui", "--rate-scale=0", *options)
    say(f"  {' '.join(options)}: {ran.seconds:.1f} s, {ran.peak / 1e6:.0f} MB")
    return {"seconds": ran.seconds, "peak": float(ran.peak)}


if __name__ == "__main__":
    main()
