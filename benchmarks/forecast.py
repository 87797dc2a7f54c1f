"""Measures the forecasts of demand against the textbook's, on the orders of a file.

As of several days, the origins, every method forecasts the units of the next 28 days from what was sold until then. A
SKU counts if it sold at least 20 units until the origin. WAPE is the sum of all |forecast - sold| over the sum of all
units sold, over all origins and SKUs together.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

import click
import numpy as np

from benchmarks.forecast_baselines import HORIZON, JUDGED, OWN, Baseline, Floats, judged
from benchmarks.harness import Figure, Goal, Outcome, peak_memory, publish, ratio, say
from xpert_pipeline.forecasting.backtest import backtest
from xpert_pipeline.forecasting.forecast import forecast
from xpert_pipeline.forecasting.history import History, make_history
from xpert_pipeline.forecasting.method import MODEL
from xpert_pipeline.sandbox.world.orders_csv import NotAnOrderReportError, read_day, read_lines

LEAST_UNITS = 20
FIRST_ORIGIN = 28
EVERY = 7
COVERAGE = 0.8
GOALS = {
    "wape_vs_best": Goal("<=", 0.9),
    "coverage_off": Goal("<=", 0.05),
    "seconds_all_skus": Goal("<=", 60),
    "peak_mb": Goal("<=", 1024),
}


@dataclass
class Errors:
    """What a method forecast at each origin, and what was sold."""

    forecasts: list[Floats] = field(default_factory=list)
    sold: list[Floats] = field(default_factory=list)

    def add(self, forecasts: Floats, sold: Floats) -> None:
        """Add an origin."""
        self.forecasts.append(forecasts)
        self.sold.append(sold)

    @property
    def wape(self) -> float:
        """Sum of the absolute errors over the units sold, over all origins."""
        off = sum(float(np.abs(made - own).sum()) for made, own in zip(self.forecasts, self.sold, strict=True))
        return off / max(sum(float(own.sum()) for own in self.sold), 1)

    @property
    def biases(self) -> list[float]:
        """Sum of the errors over the units sold, by origin."""
        return [
            float((made - own).sum() / max(own.sum(), 1)) for made, own in zip(self.forecasts, self.sold, strict=True)
        ]


@click.command()
@click.option(
    "--orders-csv",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    help="All-orders report of Seller Central: .csv, also as .gz or .xz.",
)
@click.option(
    "--train-until",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Last origin; default: 28 days before the end of the file.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def main(orders_csv: Path, train_until: datetime | None, as_json: bool) -> None:
    """Measure the forecasts on the orders of a file."""
    try:
        history = read_history(orders_csv)
    except NotAnOrderReportError as error:
        raise click.ClickException(str(error)) from error
    last = train_until.date() if train_until else history.last_day - timedelta(days=HORIZON)
    origins = origins_until(history, last)
    if not origins:
        first = history.first_day + timedelta(days=FIRST_ORIGIN - 1)
        raise click.ClickException(
            f"No origin is possible: the file has orders from {history.first_day} to {history.last_day}, an origin "
            f"needs {FIRST_ORIGIN} days before it (from {first} on) and {HORIZON} days after it."
        )
    if last > (end := history.first_day + timedelta(days=origins[-1] - 1)):
        say(f"The last origin is {end}: later ones have no {HORIZON} days after them in the file")
    publish(measure(history, origins), as_json=as_json)


def read_history(path: Path) -> History:
    """Read a file: units sold on Amazon by SKU and day, without cancelled lines.

    Raises:
        NotAnOrderReportError: The file cannot be used.
    """
    units: dict[tuple[str, date], int] = {}
    facts: dict[str, tuple[str, str]] = {}
    days: dict[str, date] = {}
    for place, line in read_lines(path):
        if line.status.strip() == "Cancelled" or line.channel.strip().startswith("Non-Amazon"):
            continue
        at = f"{path}, line {place}"
        if line.date not in days:
            days[line.date] = read_day(line.date, at)
        key = line.sku, days[line.date]
        units[key] = units.get(key, 0) + _quantity(line.quantity, at)
        facts[line.sku] = line.style, line.category
    if not units:
        raise NotAnOrderReportError(f"{path} contains no orders of Amazon")
    first, last = min(days.values()), max(days.values())
    skus = sorted(facts)
    places = {sku: place for place, sku in enumerate(skus)}
    table = np.zeros((len(skus), (last - first).days + 1))
    for (sku, day), quantity in units.items():
        table[places[sku], (day - first).days] = quantity
    return make_history(
        skus=skus,
        first_day=first,
        units=table,
        styles=[facts[sku][0] or sku for sku in skus],
        categories=[facts[sku][1] for sku in skus],
    )


def origins_until(history: History, last: date) -> list[int]:
    """Return the numbers of days before each origin: from 28 on every 7 days, and the last day asked for."""
    end = min((last - history.first_day).days + 1, history.days - HORIZON)
    if end < FIRST_ORIGIN:
        return []
    return sorted({*range(FIRST_ORIGIN, end + 1, EVERY), end})


def measure(history: History, origins: Sequence[int]) -> Outcome:
    """Forecast as of each origin with every method."""
    ours, middles, inside, daily = Errors(), Errors(), list[float](), list[float]()
    figures: dict[str, Figure] = {}
    start = time.perf_counter()
    whole = forecast(history)
    for day in range(HORIZON):
        whole.quantiles(slice(day, day + 1))
        whole.quantiles(slice(0, day + 1))
    backtest(history)
    seconds = time.perf_counter() - start
    for origin in origins:
        before = history.until(origin)
        chosen = np.flatnonzero(before.units.sum(axis=1) >= LEAST_UNITS)
        sold = history.units[chosen, origin : origin + HORIZON]
        say(f"origin {before.last_day}: {len(chosen)} SKUs with at least {LEAST_UNITS} units")
        means, quantiles, days = _forecasts(before)
        totals = sold.sum(axis=1)
        ours.add(means[chosen], totals)
        middles.add(quantiles[chosen, 1], totals)
        inside += ((totals >= quantiles[chosen, 0]) & (totals <= quantiles[chosen, 2])).tolist()
        within = (sold >= days[chosen, :, 0]) & (sold <= days[chosen, :, 2])
        daily += within.ravel().tolist()
        figures |= {f"skus_{before.last_day}": len(chosen), f"units_{before.last_day}": int(totals.sum())}
    peak = peak_memory()
    baselines: dict[str, Baseline] = {**OWN, **judged()}
    judgements = {name: _judge(name, method, history, origins) for name, method in baselines.items()}
    best = min(judgements, key=lambda name: judgements[name].wape)
    coverage = float(np.mean(inside))
    figures = {
        "wape": round(ours.wape, 4),
        "best_baseline": best,
        "wape_vs_best": ratio(ours.wape, max(judgements[best].wape, 1e-6)),
        "wape_of_p50": round(middles.wape, 4),
        "coverage_p10_p90": round(coverage, 4),
        "coverage_off": round(abs(coverage - COVERAGE), 4),
        "coverage_of_days": round(float(np.mean(daily)), 4),
        "seconds_all_skus": round(seconds, 3),
        "peak_mb": round(peak / 2**20),
        "all_skus": len(history.skus),
        **figures,
        **_biases(history, origins, {"ours": ours, **judgements}),
        **{f"wape_{name}": round(errors.wape, 4) for name, errors in judgements.items()},
    }
    return Outcome("forecast", figures, GOALS, _notes([name for name in JUDGED if name not in baselines]))


def _forecasts(before: History) -> tuple[Floats, Floats, Floats]:
    """Return for every SKU the mean and the quantiles of the total, and the quantiles of each day."""
    made = forecast(before)
    means, quantiles = np.zeros(len(before.skus)), np.zeros((len(before.skus), 3))
    days = np.zeros((len(before.skus), HORIZON, 3))
    means[made.alive] = made.means.sum(axis=1)
    quantiles[made.alive] = made.quantiles(slice(0, HORIZON))
    for day in range(HORIZON):
        days[made.alive, day] = made.quantiles(slice(day, day + 1))
    return means, quantiles, days


def _judge(name: str, method: Baseline, history: History, origins: Sequence[int]) -> Errors:
    say(f"baseline {name}")
    errors = Errors()
    for origin in origins:
        before = history.units[:, :origin]
        chosen = before.sum(axis=1) >= LEAST_UNITS
        errors.add(method(before[chosen]), history.units[chosen, origin : origin + HORIZON].sum(axis=1))
    return errors


def _biases(history: History, origins: Sequence[int], errors: Mapping[str, Errors]) -> dict[str, Figure]:
    days = [history.until(origin).last_day for origin in origins]
    return {
        f"bias_{name}_{day}": round(bias, 4)
        for name, own in errors.items()
        for day, bias in zip(days, own.biases, strict=True)
    }


def _quantity(value: str, at: str) -> int:
    try:
        return int(float(value or 0))
    except ValueError as error:
        raise NotAnOrderReportError(f"{at}: {value!r} is not a quantity") from error


def _notes(missing: Sequence[str]) -> list[str]:
    notes = [
        f"ours is {MODEL}; wape, bias: of its mean, which adds up over SKUs and days",
        f"wape_vs_best: our WAPE / that of the best baseline; a SKU counts with {LEAST_UNITS} units until the origin",
        "coverage: share of the 28-day totals, or days, of these SKUs between P10 and P90; a perfect one is 0.8",
        "seconds_all_skus: forecast of all SKUs as of the last day, all quantiles and the backtest",
    ]
    if missing:
        notes.append(
            f"Left out: {', '.join(missing)}. They need statsforecast; install requirements-judge.lock to measure them"
        )
    return notes


if __name__ == "__main__":
    main()
