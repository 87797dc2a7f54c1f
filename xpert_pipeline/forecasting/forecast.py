"""Forecasts of a marketplace's daily demand by SKU: means that add up, and P10, P50, P90 of any span of days."""

from dataclasses import dataclass

import numpy as np

from xpert_pipeline.forecasting.calibration import HORIZON, LEVELS, MOST_VARIANCE, Calibration, calibrate, level_of
from xpert_pipeline.forecasting.counts import LEAST_VARIANCE, quantiles
from xpert_pipeline.forecasting.history import Floats, History, Numbers
from xpert_pipeline.forecasting.rates import Rates, rates_of

WEEKDAY_DAYS = 56
"""Days that the weekday indices are taken from."""
WEEKDAY_WEEKS = 4.0
"""A weekday's index leans on 1 as if it had been usual in so many weeks more."""
DECIMALS = 4
"""Means are rounded before they are added, so that they still add up when they are written."""


@dataclass(frozen=True)
class Forecast:
    """The forecast of the days after a history, for the SKUs that still sell.

    The mean of several days is the sum of their means, and the mean of several SKUs is the sum of theirs. Quantiles do
    not add up: the P90 of a week is less than the sum of seven P90, because not all days are good ones. So each span
    has quantiles of its own.

    Attributes:
        alive: The places of these SKUs in the history.
        means: Expected units by SKU (in the order of `alive`) and day.
        rates: The rates of the SKUs.
        calibration: How rates turn into units.
        account_variance: Relative variance of the units of all SKUs together.
    """

    alive: Numbers
    means: Floats
    rates: Rates
    calibration: Calibration
    account_variance: float

    def quantiles(self, days: slice) -> Floats:
        """Return P10, P50 and P90 of the units of some days together, for each SKU."""
        means = self.means[:, days]
        variances, levels = self.calibration.spread(self.rates, means.shape[1])
        total = means.sum(axis=1)
        return np.stack([quantiles(levels[:, place], total, variances) for place in range(len(LEVELS))], axis=1)

    def account_quantiles(self, days: slice) -> Floats:
        """Return P10, P50 and P90 of the units of some days of all SKUs together."""
        total = np.full(len(LEVELS), self.means[:, days].sum())
        return quantiles(np.array(LEVELS), total, np.full(len(LEVELS), self.account_variance))

    def demand(self, days: int, level: float) -> Floats:
        """Return for each SKU the units of the next days that demand stays within with a probability of `level`."""
        horizon = self.means.shape[1]
        beyond = self.means.mean(axis=1) * max(days - horizon, 0)
        variances, levels = self.calibration.spread(self.rates, days)
        own = np.array([np.interp(level, (0.0, *LEVELS, 1.0), (0.0, *row, 1.0)) for row in levels])
        return quantiles(own.reshape(len(levels)), self.means[:, :days].sum(axis=1) + beyond, variances)


def forecast(history: History, horizon: int = HORIZON) -> Forecast:
    """Forecast the days after a history. The same history always gives the same forecast."""
    calibration = calibrate(history)
    rates = rates_of(history, calibration.power)
    weekdays = weekday_indices(history)
    shape = weekdays[(history.last_day.weekday() + 1 + np.arange(horizon)) % 7]
    means = np.round(calibration.means(rates)[:, None] * (shape / shape.mean()), DECIMALS)
    return Forecast(rates.alive, means, rates, calibration, _account_variance(history))


def weekday_indices(history: History) -> Floats:
    """Return how much more than usual the account sells on each day of the week, Monday first; their mean is 1."""
    totals = history.units[:, -WEEKDAY_DAYS:].sum(axis=0)
    if len(totals) < 2 * 7:
        return np.ones(7)
    around = np.convolve(totals, np.ones(7) / 7, mode="valid")
    places = (history.last_day.weekday() - len(totals) + 1 + np.arange(len(totals)))[3:-3] % 7
    usual = around > 0
    ratios = totals[3:-3][usual] / around[usual]
    sums = np.bincount(places[usual], weights=ratios, minlength=7)
    indices = (sums + WEEKDAY_WEEKS) / (np.bincount(places[usual], minlength=7) + WEEKDAY_WEEKS)
    return np.asarray(indices / indices.mean(), dtype=np.float64)


def _account_variance(history: History) -> float:
    """Return how far the units of all SKUs were from their usual level in earlier spans: the mean square."""
    days, totals = min(HORIZON, history.days // 2), history.units.sum(axis=0)
    changes = [
        totals[origin : origin + days].mean() / level_of(history.units[:, :origin]) - 1
        for origin in range(days, history.days - days + 1)
        if days
    ]
    return min(max(float(np.mean(np.square(changes))) if changes else 1.0, LEAST_VARIANCE), MOST_VARIANCE)
