"""The forecasts in numpy equal those that the sandbox makes step by step in plain Python, on any history."""

from datetime import date, timedelta

import numpy as np
import pytest

from xpert_pipeline.forecasting.calibration import calibrate
from xpert_pipeline.forecasting.counts import quantiles
from xpert_pipeline.forecasting.forecast import forecast, weekday_indices
from xpert_pipeline.forecasting.history import make_history
from xpert_pipeline.forecasting.rates import rates_of
from xpert_pipeline.sandbox.inventory.forecast_model import Demand, make, quantile, spread_of
from xpert_pipeline.sandbox.inventory.forecast_model import rates_of as plain_rates
from xpert_pipeline.sandbox.inventory.forecast_model import weekday_indices as plain_indices

LEVELS = (0.1, 0.5, 0.9)
SPANS = (slice(0, 1), slice(3, 4), slice(7, 14), slice(0, 28))


def any_history(seed, skus, days):
    """SKUs of a few styles whose rates differ much, some of which come late, end early, or were out of stock."""
    rng = np.random.default_rng(seed)
    rates = rng.lognormal(-2, 1.5, skus)
    units = rng.poisson(rates[:, None] * rng.gamma(2, 0.5, (skus, days))).astype(float)
    for sku in range(0, skus, 5):
        units[sku, : rng.integers(days)] = 0
    for sku in range(1, skus, 7):
        units[sku, rng.integers(days) :] = 0
    units[3] = 0
    lacking = (rng.random((skus, days)) < 0.1) | (np.arange(skus) % 11 == 4)[:, None]
    return make_history(
        skus=[f"S{sku % (skus // 4)}-{sku}" for sku in range(skus)],
        first_day=date(2024, 2, 29) - timedelta(days=days // 2),
        units=units,
        out_of_stock=lacking,
        categories=[str(sku % 3) for sku in range(skus)],
    )


@pytest.mark.parametrize(("seed", "skus", "days"), [(1, 60, 90), (2, 40, 33), (3, 12, 15), (4, 25, 61)])
def test_both_ways_forecast_the_same(seed, skus, days):
    history = any_history(seed, skus, days)
    plain = [
        Demand([int(each) for each in units], counts.tolist(), str(style), str(category))
        for units, counts, style, category in zip(
            history.units, history.counts, history.styles, history.categories, strict=True
        )
    ]
    rates, expected = rates_of(history, 0.7), plain_rates(plain, 0.7)
    assert rates.alive.tolist() == list(expected)
    assert rates.seen == pytest.approx([rate.seen for rate in expected.values()])
    assert rates.lasting == pytest.approx([rate.lasting for rate in expected.values()])
    calibration, spread = calibrate(history), spread_of(plain)
    assert (calibration.days, calibration.power) == (spread.days, spread.power)
    assert pytest.approx(np.array(spread.factors)) == np.array([calibration.centres, calibration.factors]).T
    assert calibration.kept == pytest.approx(spread.kept)
    assert calibration.variances == pytest.approx([variance for variance, _ in spread.classes])
    assert calibration.levels == pytest.approx(np.array([levels for _, levels in spread.classes]))
    weekday = history.first_day.weekday()
    assert weekday_indices(history) == pytest.approx(plain_indices(plain, weekday))
    made, told = forecast(history), make(plain, weekday)
    assert made.means == pytest.approx(np.array(list(told.means.values())))
    for span in SPANS:
        points = [told.points(place, span.start, span.stop) for place in told.means]
        assert made.quantiles(span).tolist() == points
        assert made.account_quantiles(span).tolist() == told.account_points(span.start, span.stop)
    for days_ahead in (14, 40):
        assert made.demand(days_ahead, 0.95).tolist() == [told.demand(place, days_ahead, 0.95) for place in told.means]


@pytest.mark.parametrize(
    ("mean", "variance"), [(4_999.5, 0.02), (5_000.5, 0.02), (14_000, 0.027), (30_000, 0.3), (9_000, 4)]
)
def test_a_quantile_of_a_large_mean_is_exact_too(mean, variance):
    """Means above 5,000 were scaled down: P10 of 14,000 real units in ten days was 8 units too low, and P90 6 too high."""
    found = quantiles(np.array(LEVELS), np.full(3, mean), np.full(3, variance))
    assert found.tolist() == [quantile(level, mean, variance) for level in LEVELS]


def test_a_huge_mean_has_quantiles_in_proportion_to_those_of_a_large_one():
    large, huge = (quantiles(np.array(LEVELS), np.full(3, mean), np.full(3, 0.1)) for mean in (1e5, 1e7))
    assert huge / 100 == pytest.approx(large, rel=1e-3)
