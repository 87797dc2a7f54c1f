"""How fast each SKU sells: few sales of a SKU say little, so its rate leans on its style, and this on its category."""

from dataclasses import dataclass

import numpy as np

from xpert_pipeline.forecasting.history import Floats, History, Numbers

WINDOW = 28
"""Days that the rates are taken from."""
ALIVE = 56
"""A SKU that sold nothing in so many days has no forecast. Nor has one that was out of stock in the whole window."""
LEAST_UNITS = 0.5
"""Units of the window if all SKUs sold only before it."""
OWN_DAYS, STYLE_DAYS, CATEGORY_DAYS = 3.0, 10.0, 50.0
"""How many days of the level above count as much as days of the SKU, the style, the category themselves."""
LASTING = 0.6
"""How much of a SKU's distance from the others lasts for four weeks, if its history is too short to tell: a power."""


@dataclass(frozen=True)
class Rates:
    """The rates at the end of a history.

    Attributes:
        alive: The places of the SKUs that have a forecast; the other arrays have one number for each.
        seen: Units a day, as sold, leaning on the style.
        lasting: Units a day to expect over four weeks, up to a factor.
    """

    alive: Numbers
    seen: Floats
    lasting: Floats


def rates_of(history: History, power: float = LASTING) -> Rates:
    """Return the rates of the SKUs that still sell.

    Args:
        history: The history, at the end of which the rates are taken.
        power: How much of a SKU's distance from its style and from the average lasts.
    """
    sells = history.units[:, -ALIVE:].sum(axis=1) > 0
    alive = np.flatnonzero(sells & history.counts[:, -WINDOW:].any(axis=1))
    counts = history.counts[alive, -WINDOW:]
    units = (history.units[alive, -WINDOW:] * counts).sum(axis=1)
    days = counts.sum(axis=1).astype(np.float64)
    average = np.full(len(alive), max(units.sum(), LEAST_UNITS) / max(days.sum(), 1.0))
    category = _leaning(history.categories[alive], units, days, average, CATEGORY_DAYS)
    style = _leaning(history.styles[alive], units, days, category, STYLE_DAYS)
    own = (units + OWN_DAYS * style) / (days + OWN_DAYS)
    lasting = own**power * (style * average) ** ((1 - power) / 2)
    return Rates(alive, own, lasting)


def _leaning(groups: Numbers, units: Floats, days: Floats, above: Floats, lean: float) -> Floats:
    """Return for each SKU the rate of its group, with some days of the level above."""
    totals = [np.bincount(groups, weights=values, minlength=1)[groups] for values in (units, days)]
    rate: Floats = (totals[0] + lean * above) / (totals[1] + lean)
    return rate
