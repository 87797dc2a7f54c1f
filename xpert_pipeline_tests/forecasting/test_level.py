"""What all SKUs together are expected to sell: as much as lately, unless new SKUs take a part of it."""

from datetime import date

import numpy as np
import pytest

from xpert_pipeline.forecasting.forecast import forecast
from xpert_pipeline.forecasting.history import make_history

AHEAD = 28
WEEK = np.array([1.0, 1.0, 1.0, 1.0, 1.0, 1.2, 1.6])


def steady_shop(days, skus=200, units_a_day=150, seed=1):
    """A shop whose SKUs keep their own rates, some fast and most slow; it sells more on weekends."""
    rng = np.random.default_rng(seed)
    rates = rng.pareto(1.3, skus) + 0.05
    weekdays = WEEK[np.arange(days + AHEAD) % 7] / WEEK.mean()
    units = rng.poisson(np.outer(rates * units_a_day / rates.sum(), weekdays)).astype(float)
    return [f"S{place // 4}-{place}" for place in range(skus)], units


@pytest.mark.parametrize(("days", "off"), [(20, 0.12), (29, 0.08), (60, 0.08), (90, 0.08)])
def test_a_steady_shop_is_expected_to_sell_what_it_sold_however_short_its_history(days, off):
    """With a month of history, the forecast was a fifth too low: shrunk rates sum up to less than what was sold."""
    skus, units = steady_shop(days)
    made = forecast(make_history(skus=skus, first_day=date(2026, 1, 5), units=units[:, :days]))
    assert made.means.sum() == pytest.approx(units[:, days:].sum(), rel=off)


def test_new_skus_take_a_part_of_what_the_account_sells():
    """Each week, ten new SKUs share what all sell: those of today will sell less in four weeks than today."""
    skus, units = steady_shop(90, units_a_day=600)
    starts = np.arange(200) // 10 * 5
    units[np.arange(90 + AHEAD)[None, :] < starts[:, None]] = 0
    units *= 600 / np.maximum(units.sum(axis=0), 1)
    made = forecast(make_history(skus=skus, first_day=date(2026, 1, 5), units=np.round(units[:, :90])))
    assert made.calibration.kept < 0.95
    assert made.means.sum() / AHEAD == pytest.approx(made.calibration.kept * made.rates.seen.sum(), rel=0.001)
