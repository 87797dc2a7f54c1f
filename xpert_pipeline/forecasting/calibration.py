"""What earlier forecasts of the same history teach: how rates turn into units, and how far units scatter around them.

A forecast is made as of several earlier days, without what came later, and compared with what was sold then.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from xpert_pipeline.forecasting.counts import LEAST_VARIANCE, middle_levels
from xpert_pipeline.forecasting.history import Flags, Floats, History, Numbers
from xpert_pipeline.forecasting.rates import WINDOW, Rates, rates_of

HORIZON = 28
"""Days that are forecast."""
LEVELS = (0.1, 0.5, 0.9)
"""P10, P50, P90."""
FACTOR_EDGES = (2.0, 6.0)
"""Classes of SKUs that share a factor, by the units that they sell in four weeks."""
SPREAD_EDGES = (1.0, 4.0, 16.0)
"""Classes of SKUs that share a variance."""
LEAST_DAYS = 7
"""Days that a forecast needs before it."""
ORIGINS = 8
"""How many earlier days are compared, one after the other."""
LEAST_CASES = 30
"""A class with fewer comparisons takes those of all SKUs."""
GROWTH = -0.25
"""How the relative variance grows with the days of a forecast, as a power."""


@dataclass(frozen=True)
class Calibration:
    """What turns rates into a distribution, for each class of SKUs.

    Attributes:
        days: Days of the earlier forecasts; 0 if the history is too short for any.
        centres: The middle of each class: the logarithm of its rate.
        factors: Units sold for each unit of `Rates.lasting`.
        variances: Relative variances of the units over so many days.
        levels: For each class, the levels of the distribution that hold P10, P50 and P90.
    """

    days: int
    centres: Floats
    factors: Floats
    variances: Floats
    levels: Floats

    def means(self, rates: Rates) -> Floats:
        """Return the expected units a day of each SKU that sells."""
        return rates.lasting * np.interp(np.log(rates.seen), self.centres, self.factors)

    def spread(self, rates: Rates, days: int) -> tuple[Floats, Floats]:
        """Return the relative variance over some days and the levels of P10, P50 and P90, for each SKU."""
        place = classes_of(rates.seen, SPREAD_EDGES)
        grown = (days / max(self.days, 1)) ** GROWTH
        return np.maximum(self.variances[place] * grown, LEAST_VARIANCE), self.levels[place]


def classes_of(seen: Floats, edges: Sequence[float]) -> Numbers:
    """Return the class of each SKU."""
    return np.digitize(seen * WINDOW, edges).astype(np.int64)


def level_of(units: Floats) -> float:
    """Return the units of a usual day of the account: the median of the last four weeks, robust against a sale."""
    return float(max(np.median(units[:, -WINDOW:].sum(axis=0)), 1e-9))


def calibrate(history: History) -> Calibration:
    """Compare forecasts of earlier days with what was sold."""
    days = min(HORIZON, max(LEAST_DAYS, int(0.4 * history.days)))
    last = history.days - days
    cases = [_Case.of(history, origin, days) for origin in range(max(LEAST_DAYS, last - ORIGINS), last + 1)]
    if not sum(len(case.sold) for case in cases):
        return _untaught()
    seen, lasting, sold, share = (
        np.concatenate([getattr(case, name) for case in cases]) for name in _Case.__dataclass_fields__
    )
    kinds = classes_of(seen, FACTOR_EDGES)
    classes = [own for own in (kinds == kind for kind in np.unique(kinds)) if own.sum() >= LEAST_CASES]
    classes = classes or [np.ones_like(kinds, dtype=np.bool_)]
    factors = np.array([(sold / share)[own].sum() / lasting[own].sum() for own in classes])
    centres = np.array([np.log(seen[own]).mean() for own in classes])
    means = lasting * np.interp(np.log(seen), centres, factors)
    kinds = classes_of(seen, SPREAD_EDGES)
    classes = _choices(kinds, SPREAD_EDGES)
    variances = np.array([_variance(sold[own], means[own]) for own in classes])
    reached = middle_levels(sold, means, variances[kinds])
    levels = np.array([np.quantile(reached[own], LEVELS) for own in classes])
    return Calibration(days, centres, factors, variances, levels)


@dataclass(frozen=True)
class _Case:
    """One earlier day: for each SKU its rate, the forecast, the units sold, and the account's change."""

    seen: Floats
    lasting: Floats
    sold: Floats
    share: Floats

    @classmethod
    def of(cls, history: History, origin: int, days: int) -> "_Case":
        before = history.until(origin)
        rates = rates_of(before)
        future = history.units[:, origin : origin + days]
        counts = history.counts[rates.alive, origin : origin + days].sum(axis=1)
        own, change = counts > 0, future.sum() / days / level_of(before.units)
        return cls(
            rates.seen[own],
            (rates.lasting * counts)[own],
            future[rates.alive].sum(axis=1)[own],
            np.full(own.sum(), max(change, 1e-9)),
        )


def _variance(sold: Floats, means: Floats) -> float:
    """Return the relative variance beyond that of Poisson counts, by moments."""
    beyond = ((sold - means) ** 2 - means).sum() / max((means**2).sum(), 1e-12)
    return float(min(max(beyond, LEAST_VARIANCE), 50.0))


def _choices(kinds: Numbers, edges: Sequence[float]) -> list[Flags]:
    """Return the comparisons that each class learns from."""
    choices = [kinds == kind for kind in range(len(edges) + 1)]
    return [choice if choice.sum() >= LEAST_CASES else np.ones_like(choice) for choice in choices]


def _untaught() -> Calibration:
    """Return what holds before any forecast can be compared: units as seen, scattered widely."""
    kinds = len(SPREAD_EDGES) + 1
    return Calibration(0, np.zeros(1), np.ones(1), np.ones(kinds), np.tile(LEVELS, (kinds, 1)))
