"""Forecasts of demand in plain Python: what a perfect pipeline would compute, told step by step.

Lists have one number for each day; the last one is the newest.
"""

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean, median

WINDOW, ALIVE, HORIZON = 28, 56, 28
POINTS = (0.1, 0.5, 0.9)
FACTOR_EDGES, SPREAD_EDGES = (2, 6), (1, 4, 16)


@dataclass(slots=True)
class Demand:
    """One SKU: units by day, whether each day counts, and its groups."""

    units: list[int]
    counts: list[bool]
    style: str
    category: str

    def until(self, day: int) -> "Demand":
        """Return the first days."""
        return Demand(self.units[:day], self.counts[:day], self.style, self.category)


@dataclass(slots=True)
class Rate:
    """How fast a SKU sells: as seen, and as it lasts."""

    seen: float
    lasting: float


@dataclass(slots=True)
class Case:
    """A SKU on an earlier day: its rate, and since then units, days that count, and the account's change and units."""

    rate: Rate
    sold: int
    known: int
    change: float
    all_sold: int


@dataclass(slots=True)
class Spread:
    """The classes of SKUs: factors by the logarithm of the rate, and variances with the levels of P10, P50, P90."""

    days: int
    power: float
    error: float
    factors: list[tuple[float, float]]
    kept: float
    classes: list[tuple[float, list[float]]]

    def means(self, rates: dict[int, Rate]) -> dict[int, float]:
        """Return the expected units a day: together as fast as seen, less the part of new SKUs."""
        shares = {sku: _shared(self.factors, rate) for sku, rate in rates.items()}
        scale = self.kept * sum(rate.seen for rate in rates.values()) / max(sum(shares.values()), 1e-9)
        return {sku: share * scale for sku, share in shares.items()}

    def of(self, rate: Rate, days: int) -> tuple[float, list[float]]:
        """Return the relative variance of so many days, and the levels."""
        variance, levels = self.classes[_class(rate, SPREAD_EDGES)]
        return max(variance * (days / max(self.days, 1)) ** -0.2, 0.02), levels


@dataclass(slots=True)
class Made:
    """A forecast: means by SKU and day, and what its quantiles need."""

    means: dict[int, list[float]]
    rates: dict[int, Rate]
    spread: Spread
    account: float

    def points(self, sku: int, start: int, stop: int) -> list[int]:
        """Return P10, P50 and P90 of some days of a SKU."""
        variance, levels = self.spread.of(self.rates[sku], stop - start)
        return [quantile(level, sum(self.means[sku][start:stop]), variance) for level in levels]

    def account_points(self, start: int, stop: int) -> list[int]:
        """Return P10, P50 and P90 of some days of all SKUs together."""
        mean = sum(sum(daily[start:stop]) for daily in self.means.values())
        return [quantile(point, mean, self.account) for point in POINTS]

    def demand(self, sku: int, days: int, point: float) -> int:
        """Return the units of so many days that are exceeded with a chance of 1 - point."""
        daily = self.means[sku]
        variance, levels = self.spread.of(self.rates[sku], days)
        level = _between(list(zip((0, *POINTS, 1), (0, *levels, 1), strict=True)), point)
        return quantile(level, sum(daily[:days]) + fmean(daily) * max(days - HORIZON, 0), variance)


def make(skus: Sequence[Demand], first_weekday: int) -> Made:
    """Forecast 28 days; `first_weekday` is that of the first day, Monday = 0."""
    spread = spread_of(skus)
    rates = rates_of(skus, spread.power)
    days = len(skus[0].units)
    index = weekday_indices(skus, first_weekday)
    shape = [index[(first_weekday + days + ahead) % 7] for ahead in range(HORIZON)]
    usual = fmean(shape)
    means = {sku: [round(mean * each / usual, 4) for each in shape] for sku, mean in spread.means(rates).items()}
    return Made(means, rates, spread, _account_variance(skus))


def rates_of(skus: Sequence[Demand], power: float) -> dict[int, Rate]:
    """Return the rates of the SKUs that sold in 56 days and were in stock in 28."""
    own = {
        place: (
            sum(units for units, counts in zip(sku.units[-WINDOW:], sku.counts[-WINDOW:], strict=True) if counts),
            sum(sku.counts[-WINDOW:]),
        )
        for place, sku in enumerate(skus)
        if sum(sku.units[-ALIVE:]) > 0 and any(sku.counts[-WINDOW:])
    }
    average = max(sum(units for units, _ in own.values()), 0.5) / max(sum(days for _, days in own.values()), 1)
    styles, categories = defaultdict[str, list[int]](lambda: [0, 0]), defaultdict[str, list[int]](lambda: [0, 0])
    for place, (units, days) in own.items():
        for group in (styles[skus[place].style], categories[skus[place].category]):
            group[0] += units
            group[1] += days
    rates = {}
    for place, (units, days) in own.items():
        sold, known = categories[skus[place].category]
        category = (sold + 50 * average) / (known + 50)
        sold, known = styles[skus[place].style]
        style = (sold + 10 * category) / (known + 10)
        seen = (units + 3 * style) / (days + 3)
        rates[place] = Rate(seen, seen**power * math.sqrt(style * average) ** (1 - power))
    return rates


def spread_of(skus: Sequence[Demand]) -> Spread:
    """Learn from forecasts as of up to nine earlier days; if these are of four weeks, also what lasts of distances."""
    days = min(HORIZON, max(7, int(0.4 * len(skus[0].units))))
    usual = _learned(skus, days, 0.6)
    others = [_learned(skus, days, power) for power in (0.7, 0.8, 0.9, 1.0)] if days == HORIZON else []
    best = min([usual, *others], key=lambda spread: spread.error)
    return best if best.error < 0.98 * usual.error else usual


def _learned(skus: Sequence[Demand], days: int, power: float) -> Spread:
    total = len(skus[0].units)
    origins = [list(_cases(skus, origin, days, power)) for origin in range(max(7, total - days - 8), total - days + 1)]
    cases = [case for origin in origins for case in origin]
    if not cases:
        return Spread(0, power, 0.0, [(0.0, 1.0)], 1.0, [(1.0, list(POINTS))] * 4)
    chosen = [[case for case in cases if _class(case.rate, FACTOR_EDGES) == kind] for kind in range(3)]
    factors = [
        (
            fmean(math.log(case.rate.seen) for case in own),
            _factor(own),
        )
        for own in ([own for own in chosen if len(own) >= 30] or [cases])
    ]
    kept = (sum(case.sold for case in cases) + 10) / (sum(own[0].all_sold for own in origins if own) + 10)
    expected: list[tuple[Case, float]] = []
    for own in origins:
        shares = [_shared(factors, case.rate) * case.known for case in own]
        scale = kept * sum(case.rate.seen * case.known for case in own) / max(sum(shares), 1e-9)
        expected += [(case, share * scale) for case, share in zip(own, shares, strict=True)]
    classes = []
    for kind in range(4):
        of_kind = [pair for pair in expected if _class(pair[0].rate, SPREAD_EDGES) == kind]
        classes.append(of_kind if len(of_kind) >= 30 else expected)
    variances = [min(max(_beyond_poisson([(one.sold, mean) for one, mean in group]), 0.02), 10.0) for group in classes]
    levels = []
    for group in classes:
        reached = sorted(middle(one.sold, mean, variances[_class(one.rate, SPREAD_EDGES)]) for one, mean in group)
        levels.append([(len(group) * _rank(reached, point) + 30 * point) / (len(group) + 30) for point in POINTS])
    error = sum(abs(case.sold / case.change - _shared(factors, case.rate) * case.known) for case in cases)
    return Spread(days, power, error, factors, kept, list(zip(variances, levels, strict=True)))


def _shared(factors: Sequence[tuple[float, float]], rate: Rate) -> float:
    return rate.lasting * _between(factors, math.log(rate.seen))


def _beyond_poisson(pairs: Sequence[tuple[int, float]]) -> float:
    beyond = sum((sold - mean) ** 2 - mean for sold, mean in pairs)
    return (beyond + 10) / (sum(mean**2 for _, mean in pairs) + 10)


def _factor(cases: Sequence[Case]) -> float:
    """Return the units sold, as if the account had not changed, for each unit of the lasting rates, and 10 of both."""
    sold = sum(case.sold / case.change for case in cases)
    return (sold + 10) / (sum(case.rate.lasting * case.known for case in cases) + 10)


def _cases(skus: Sequence[Demand], origin: int, days: int, power: float) -> Iterator[Case]:
    """Yield for each SKU what an earlier forecast is compared with."""
    account = _account(skus)
    since = account[origin : origin + days]
    change = min(max(fmean(since) / _usual(account, origin), 0.25), 4.0)
    for place, rate in rates_of([sku.until(origin) for sku in skus], power).items():
        known = sum(skus[place].counts[origin : origin + days])
        if known:
            yield Case(rate, sum(skus[place].units[origin : origin + days]), known, change, sum(since))


def weekday_indices(skus: Sequence[Demand], first_weekday: int) -> list[float]:
    """Return the index of each weekday, Monday first, against the mean of the seven days around it."""
    account = _account(skus)
    days = len(account)
    ratios: list[list[float]] = [[] for _ in range(7)]
    for day in range(max(days - ALIVE, 0) + 3, days - 3):
        if around := fmean(account[day - 3 : day + 4]):
            ratios[(first_weekday + day) % 7].append(account[day] / around)
    if min(days, ALIVE) < 14:
        return [1.0] * 7
    indices = [(sum(own) + 4) / (len(own) + 4) for own in ratios]
    return [index / fmean(indices) for index in indices]


def quantile(level: float, mean: float, variance: float) -> int:
    """Return the least count of a negative binomial distribution that reaches the level."""
    size = 1 / variance
    term = reached = math.pow(1 + variance * mean, -size)
    count = 0
    while reached < level and count < 20 * mean * (1 + variance) + 50:
        term *= variance * mean / (1 + variance * mean) * (size + count) / (count + 1)
        count += 1
        reached += term
    return count


def middle(count: int, mean: float, variance: float) -> float:
    """Return the middle of the step of the distribution function at a count."""
    size = 1 / variance
    term, below = math.pow(1 + variance * mean, -size), 0.0
    for place in range(count):
        below += term
        term *= variance * mean / (1 + variance * mean) * (size + place) / (place + 1)
    return min(below + term / 2, 1.0)


def _account(skus: Sequence[Demand]) -> list[int]:
    return [sum(day) for day in zip(*(sku.units for sku in skus), strict=True)]


def _usual(account: Sequence[int], origin: int) -> float:
    """Return the usual units of a day before the origin: the median, or the mean if most days have little."""
    before = account[max(origin - WINDOW, 0) : origin]
    middle, mean = median(before), fmean(before)
    return max(middle if middle >= mean / 2 else mean, 1e-9)


def _account_variance(skus: Sequence[Demand]) -> float:
    account = _account(skus)
    days = min(HORIZON, len(account) // 2)
    changes = [
        fmean(account[origin : origin + days]) / _usual(account, origin) - 1
        for origin in range(days, len(account) - days + 1)
    ]
    return min(max(fmean(change**2 for change in changes), 0.02), 10.0)


def _class(rate: Rate, edges: Sequence[float]) -> int:
    return sum(rate.seen * WINDOW >= edge for edge in edges)


def _between(points: Sequence[tuple[float, float]], place: float) -> float:
    """Return the value at a place of a line through points, level beyond its ends."""
    if place <= points[0][0]:
        return points[0][1]
    for (left, low), (right, high) in pairwise(points):
        if place <= right:
            return low + (high - low) * (place - left) / (right - left)
    return points[-1][1]


def _rank(ordered: Sequence[float], point: float) -> float:
    place = point * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)
