"""What earlier forecasts of the same history teach: how rates turn into units, and how far units scatter around them.

A forecast is made as of several earlier days, without what came later, and compared with what was sold then.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from xpert_pipeline.forecasting.counts import LEAST_VARIANCE, middle_levels
from xpert_pipeline.forecasting.history import Flags, Floats, History, Numbers
from xpert_pipeline.forecasting.rates import LASTING, WINDOW, Rates, rates_of

HORIZON = 28
"""Days that are forecast."""
LEVELS = (0.1, 0.5, 0.9)
"""P10, P50, P90."""
FACTOR_EDGES = (2.0, 6.0)
"""Classes of SKUs that share a factor, by the units that they sell in four weeks."""
SPREAD_EDGES = (1.0, 4.0, 16.0)
"""Classes of SKUs that share a variance."""
POWERS = (0.7, 0.8, 0.9, 1.0)
"""What may last instead of the usual power."""
BETTER = 0.98
"""Another power must make the error at least so much smaller."""
LEAST_DAYS = 7
"""Days that a forecast needs before it."""
ORIGINS = 8
"""How many earlier days are compared, one after the other."""
MOST_VARIANCE = 10.0
MOST_CHANGE = 4.0
"""A change of the account by more than this says nothing about its SKUs."""
DOUBT = 10.0
"""A factor leans on 1, and a variance on 1, as if so many units more had been forecast so: few sales mean little."""
LEAST_CASES = 30
"""A class with fewer comparisons takes those of all SKUs; levels lean on the nominal ones as if on so many more."""
TINY = 1e-9
GROWTH = -0.2
"""How the relative variance grows with the days of a forecast, as a power."""


@dataclass(frozen=True)
class Calibration:
    """What turns rates into a distribution, for each class of SKUs.

    Attributes:
        days: Days of the earlier forecasts; 0 if the history is too short for any.
        power: How much of the distances between SKUs lasts; see `rates_of`.
        error: Sum of the absolute errors of the earlier forecasts.
        centres: The middle of each class: the logarithm of its rate.
        factors: Units sold for each unit of `Rates.lasting`, between the classes; `kept` decides the total.
        kept: Part of the account's units that SKUs had which sold before; the rest is of new SKUs.
        variances: Relative variances of the units over so many days.
        levels: For each class, the levels of the distribution that hold P10, P50 and P90.
    """

    days: int
    power: float
    error: float
    centres: Floats
    factors: Floats
    kept: float
    variances: Floats
    levels: Floats

    def means(self, rates: Rates) -> Floats:
        """Return the expected units a day of each SKU that sells.

        Together they sell as fast as seen, less the part that new SKUs take over.
        """
        shares = rates.lasting * np.interp(np.log(rates.seen), self.centres, self.factors)
        return np.asarray(shares * (self.kept * rates.seen.sum() / max(shares.sum(), TINY)), dtype=np.float64)

    def spread(self, rates: Rates, days: int) -> tuple[Floats, Floats]:
        """Return the relative variance over some days and the levels of P10, P50 and P90, for each SKU."""
        place = classes_of(rates.seen, SPREAD_EDGES)
        grown = (days / max(self.days, 1)) ** GROWTH
        return np.maximum(self.variances[place] * grown, LEAST_VARIANCE), self.levels[place]


def classes_of(seen: Floats, edges: Sequence[float]) -> Numbers:
    """Return the class of each SKU."""
    return np.digitize(seen * WINDOW, edges).astype(np.int64)


def level_of(units: Floats) -> float:
    """Return the units of a usual day of the account: the median of the last four weeks, robust against a sale.

    An account that sells on few days only has the mean, because its median would be 0.
    """
    totals = units[:, -WINDOW:].sum(axis=0)
    middle, mean = float(np.median(totals)), float(totals.mean())
    return max(middle if middle >= mean / 2 else mean, 1e-9)


def calibrate(history: History) -> Calibration:
    """Compare forecasts of earlier days with what was sold.

    If the history is long enough for forecasts of four weeks, it also shows how much of the SKUs' distances lasts.
    """
    days = min(HORIZON, max(LEAST_DAYS, int(0.4 * history.days)))
    usual = _calibrated(history, days, LASTING)
    if days < HORIZON:
        return usual
    best = min((_calibrated(history, days, power) for power in POWERS), key=lambda made: made.error)
    return best if best.error < BETTER * usual.error else usual


def _calibrated(history: History, days: int, power: float) -> Calibration:
    last = history.days - days
    cases = [_Case.of(history, origin, days, power) for origin in range(max(LEAST_DAYS, last - ORIGINS), last + 1)]
    if not sum(len(case.sold) for case in cases):
        return _untaught()
    seen, lasting, days_known, sold, share = (
        np.concatenate([getattr(case, name) for case in cases])
        for name in ("seen", "lasting", "days_known", "sold", "share")
    )
    lasting = lasting * days_known
    kinds = classes_of(seen, FACTOR_EDGES)
    classes = [own for own in (kinds == kind for kind in np.unique(kinds)) if own.sum() >= LEAST_CASES]
    classes = classes or [np.ones_like(kinds, dtype=np.bool_)]
    factors = np.array([_factor((sold / share)[own], lasting[own]) for own in classes])
    centres = np.array([np.log(seen[own]).mean() for own in classes])
    kept = (sum(float(case.sold.sum()) for case in cases) + DOUBT) / (
        sum(case.all_sold for case in cases if len(case.sold)) + DOUBT
    )
    means = lasting * np.interp(np.log(seen), centres, factors)
    error = float(np.abs(sold / share - means).sum())
    origins = np.repeat(np.arange(len(cases)), [len(case.sold) for case in cases])
    as_seen, as_shared = (np.bincount(origins, weights=units) for units in (seen * days_known, means))
    means = means * (kept * as_seen / np.maximum(as_shared, TINY))[origins]
    kinds = classes_of(seen, SPREAD_EDGES)
    classes = _choices(kinds, SPREAD_EDGES)
    variances = np.array([_variance(sold[own], means[own]) for own in classes])
    reached = middle_levels(sold, means, variances[kinds])
    levels = np.array([_levels(reached[own]) for own in classes])
    return Calibration(days, power, error, centres, factors, kept, variances, levels)


@dataclass(frozen=True)
class _Case:
    """One earlier day: for each SKU its rates, and days that count, units sold and the account's change since."""

    seen: Floats
    lasting: Floats
    days_known: Floats
    sold: Floats
    share: Floats
    all_sold: float
    """Units of all SKUs, also of those that had not sold before."""

    @classmethod
    def of(cls, history: History, origin: int, days: int, power: float) -> "_Case":
        before = history.until(origin)
        rates = rates_of(before, power)
        future = history.units[:, origin : origin + days]
        counts = history.counts[rates.alive, origin : origin + days].sum(axis=1)
        own, change = counts > 0, future.sum() / days / level_of(before.units)
        return cls(
            rates.seen[own],
            rates.lasting[own],
            counts[own].astype(np.float64),
            future[rates.alive].sum(axis=1)[own],
            np.full(own.sum(), min(max(change, 1 / MOST_CHANGE), MOST_CHANGE)),
            float(future.sum()),
        )


def _factor(sold: Floats, lasting: Floats) -> float:
    return float((sold.sum() + DOUBT) / (lasting.sum() + DOUBT))


def _variance(sold: Floats, means: Floats) -> float:
    """Return the relative variance beyond that of Poisson counts, by moments."""
    beyond = (((sold - means) ** 2 - means).sum() + DOUBT) / ((means**2).sum() + DOUBT)
    return float(min(max(beyond, LEAST_VARIANCE), MOST_VARIANCE))


def _levels(reached: Floats) -> Floats:
    """Return the levels that held the quantiles, leaning on the nominal ones if there are few comparisons."""
    found = np.quantile(reached, LEVELS) * len(reached)
    return np.asarray((found + LEAST_CASES * np.array(LEVELS)) / (len(reached) + LEAST_CASES), dtype=np.float64)


def _choices(kinds: Numbers, edges: Sequence[float]) -> list[Flags]:
    """Return the comparisons that each class learns from."""
    choices = [kinds == kind for kind in range(len(edges) + 1)]
    return [choice if choice.sum() >= LEAST_CASES else np.ones_like(choice) for choice in choices]


def _untaught() -> Calibration:
    """Return what holds before any forecast can be compared: units as seen, scattered widely."""
    kinds = len(SPREAD_EDGES) + 1
    return Calibration(0, LASTING, 0.0, np.zeros(1), np.ones(1), 1.0, np.ones(kinds), np.tile(LEVELS, (kinds, 1)))
