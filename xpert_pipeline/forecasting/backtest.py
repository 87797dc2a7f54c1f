"""How good forecasts would have been: made as of earlier weeks, without what came later, and compared by week."""

from dataclasses import dataclass

import numpy as np

from xpert_pipeline.forecasting.forecast import Forecast, forecast
from xpert_pipeline.forecasting.history import Floats, History

WEEK = 7
ORIGINS = 4
"""How many earlier weeks are tried."""
LEAST_DAYS = 14
"""Days that a forecast of the backtest needs before it."""


@dataclass(frozen=True)
class Backtest:
    """Figures of each SKU of a history, and at the end of all SKUs together; NaN if there is nothing to compare with.

    Attributes:
        weeks: How many weeks were compared. A week counts once for each earlier forecast of it.
        wape: Sum of |P50 - units| over the sum of units.
        mase: Mean of |P50 - units| over the mean change of units from week to week.
        bias: Sum of mean - units over the sum of units.
        coverage: Share of the weeks whose units were between P10 and P90.
    """

    weeks: Floats
    wape: Floats
    mase: Floats
    bias: Floats
    coverage: Floats


def backtest(history: History) -> Backtest:
    """Forecast the last weeks of a history as of the weeks before."""
    weeks, errors, biases, sold, inside = (np.zeros(len(history.skus) + 1) for _ in range(5))
    for back in range(1, ORIGINS + 1):
        origin = history.days - WEEK * back
        if origin < LEAST_DAYS:
            break
        before = history.until(origin)
        known = _with_account(before.units).sum(axis=1) > 0
        made = forecast(before, WEEK * back)
        for week in range(back):
            span = slice(origin + WEEK * week, origin + WEEK * (week + 1))
            units = _with_account(history.units[:, span]).sum(axis=1)
            mean, low, middle, high = _of_days(made, len(history.skus), slice(WEEK * week, WEEK * (week + 1)))
            weeks += known
            errors += np.abs(middle - units) * known
            biases += (mean - units) * known
            sold += units * known
            inside += ((units >= low) & (units <= high)) * known
    some = np.where(weeks > 0, weeks, np.nan)
    units = np.where(sold > 0, sold, np.nan)
    return Backtest(weeks, errors / units, errors / some / _usual_change(history), biases / units, inside / some)


def _with_account(units: Floats) -> Floats:
    """Return the units with a further row: those of all SKUs together."""
    return np.concatenate([units, units.sum(axis=0, keepdims=True)])


def _of_days(made: Forecast, skus: int, days: slice) -> Floats:
    """Return mean, P10, P50 and P90 of some days for every SKU and the account; a SKU without a forecast has 0."""
    values = np.zeros((4, skus + 1))
    values[0, made.alive] = made.means[:, days].sum(axis=1)
    values[1:, made.alive] = made.quantiles(days).T
    values[0, -1] = values[0].sum()
    values[1:, -1] = made.account_quantiles(days)
    return values


def _usual_change(history: History) -> Floats:
    """Return the mean change of units from one week to the next; NaN if there is none."""
    whole = history.days // WEEK
    units = _with_account(history.units)
    if whole < 2:
        return np.full(len(units), np.nan)
    weeks = units[:, history.days - whole * WEEK :].reshape(len(units), whole, WEEK).sum(axis=2)
    change = np.abs(np.diff(weeks, axis=1)).mean(axis=1)
    return np.where(change > 0, change, np.nan)
