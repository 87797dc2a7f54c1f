"""The textbook's forecasts that ours must beat, and the ones of statsforecast where it is installed.

Each takes units by SKU and day, and returns the forecast of the next 28 days' total for each SKU.
"""

import warnings
from collections.abc import Callable, Mapping
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Baseline = Callable[[Floats], Floats]
HORIZON = 28
SMOOTHING = 0.1
"""The usual constant for intermittent demand (Croston 1972; Syntetos and Boylan 2005)."""
JUDGED = ("adida", "imapa", "auto_ets", "auto_theta")
"""Baselines that statsforecast computes."""


def zero(units: Floats) -> Floats:
    """Nothing is sold."""
    return np.zeros(len(units))


def moving_average(units: Floats) -> Floats:
    """The mean of the last 28 days."""
    return np.asarray(units[:, -28:].mean(axis=1) * HORIZON)


def seasonal_naive(units: Floats) -> Floats:
    """Every week is like the last one."""
    return np.asarray(units[:, -7:].sum(axis=1) * (HORIZON / 7))


def ses(units: Floats) -> Floats:
    """Simple exponential smoothing, begun with the first day."""
    level = units[:, 0]
    for day in range(1, units.shape[1]):
        level = level + SMOOTHING * (units[:, day] - level)
    return level * HORIZON


def croston_sba(units: Floats) -> Floats:
    """Croston's method with the correction of Syntetos and Boylan: sizes and intervals are smoothed apart."""
    size, interval, gap = np.zeros(len(units)), np.ones(len(units)), np.ones(len(units))
    begun = np.zeros(len(units), dtype=np.bool_)
    for day in range(units.shape[1]):
        sold = units[:, day] > 0
        weight = np.where(begun, SMOOTHING, 1.0) * sold
        size = size + weight * (units[:, day] - size)
        interval = interval + weight * (gap - interval)
        gap, begun = np.where(sold, 1.0, gap + 1), begun | sold
    return np.where(begun, (1 - SMOOTHING / 2) * size / interval, 0) * HORIZON


def tsb(units: Floats) -> Floats:
    """Teunter, Syntetos and Babai: the probability of a sale is smoothed every day, the size on days with a sale."""
    begun = units[:, 0] > 0
    size, chance = units[:, 0].copy(), begun.astype(np.float64)
    for day in range(1, units.shape[1]):
        sold = units[:, day] > 0
        size = size + np.where(begun, SMOOTHING, 1.0) * sold * (units[:, day] - size)
        chance = chance + SMOOTHING * (sold - chance)
        begun = begun | sold
    return size * chance * HORIZON


OWN: Mapping[str, Baseline] = {
    method.__name__: method for method in (moving_average, seasonal_naive, ses, croston_sba, tsb, zero)
}


def judged() -> dict[str, Baseline]:
    """Return the baselines of statsforecast; none where it is not installed."""
    if find_spec("statsforecast") is None:
        return {}
    from statsforecast import models  # type: ignore[import-not-found]  # noqa: PLC0415  optional, and slow to import

    chosen = (models.ADIDA(), models.IMAPA(), models.AutoETS(season_length=7), models.AutoTheta(season_length=7))
    return {name: _by(model) for name, model in zip(JUDGED, chosen, strict=True)}


def _by(model: object) -> Baseline:
    def total(units: Floats) -> Floats:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fits = [model.forecast(y=row, h=HORIZON)["mean"].sum() for row in units]  # type: ignore[attr-defined]
        return np.array(fits)

    return total
